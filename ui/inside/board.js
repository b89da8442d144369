// The paper: a drawing on it, or a picture of a digit until somebody draws.

import { paintForm } from "../../web/picture.js";
import { Sketch } from "../../web/sketch.js";

const PAPER = 340; // units along a side, as on the drawing page
const PEN = 22; // width of the brush

export class Board {
  /**
   * @param {HTMLElement} root
   * @param {{changed: () => void}} listener
   */
  constructor(root, listener) {
    this.side = PAPER;
    this.picture = null; // 28×28 numbers, where one lies there
    this.under = root.querySelector(".paper .picture");
    this.ring = root.querySelector(".paper .pen");
    this.listener = listener;
    this.sketch = new Sketch(root.querySelector(".paper .sketch"), {
      down: () => this.takePicture(null),
      changed: () => this.changed(),
      lifted: () => this.changed(),
      keyPen: (point, down) => this.showKeyPen(point, down),
    });
    root.querySelector(".undo").addEventListener("click", () => this.sketch.undo());
    root.querySelector(".clear").addEventListener("click", () => this.clear());
    this.sketch.lay(PAPER, PAPER, PEN);
  }

  /** Whether there is nothing to be read. */
  get empty() {
    return !this.picture && !this.sketch.drawn.length;
  }

  get strokes() {
    return this.sketch.drawn;
  }

  /** Whether the pen is down. */
  get drawing() {
    return this.sketch.stroke !== null;
  }

  changed() {
    if (this.listener && this.sketch) this.listener.changed();
  }

  clear() {
    this.takePicture(null);
    this.sketch.clear();
    this.listener.changed();
  }

  /** @param {{points: [number, number][], width: number}[]} strokes in place of what is there */
  put(strokes) {
    this.takePicture(null);
    this.sketch.put(strokes);
  }

  /** @param {Float32Array} form 28×28 numbers in [0, 1]: a digit as a network is given it */
  putPicture(form) {
    this.sketch.clear();
    this.takePicture(form);
    this.listener.changed();
  }

  takePicture(form) {
    this.picture = form;
    this.under.hidden = !form;
    if (form) paintForm(this.under, form);
  }

  /** What lies there, for another page. */
  taken() {
    if (this.picture) return { image: Array.from(this.picture, (ink) => Math.round(ink * 255)) };
    return { strokes: this.strokes.map(({ points }) => points) };
  }

  showKeyPen(point, down) {
    this.ring.hidden = !point;
    if (!point) return;
    this.ring.classList.toggle("down", down);
    this.ring.style.left = `${point[0] * 100}%`;
    this.ring.style.top = `${point[1] * 100}%`;
  }
}
