// Where the network looks: parts of the drawing covered one after the other, while it is drawn.

import { BOX, SIDE } from "../../web/drawing/form.js";
import { medianWidth } from "../../web/drawing/strokes.js";

const COARSEST = { patch: 6, stride: 4 }; // while one draws; then as the server covers it:
const FINEST = { patch: 5, stride: 2 };
const QUICK = 60; // milliseconds in which even the fine one is done while one draws
const LATER = 100; // milliseconds between two looks whether the worker is free
const PAUSE = 0.3; // share of its time to rest, so that the pen has the processor
const COLOURS = [
  [86, 180, 233],
  [230, 159, 0],
]; // for and against, on the dark canvas

export class Looking {
  /**
   * @param {HTMLCanvasElement} canvas that lies over the paper
   * @param {() => ?import("../../web/reader.js").Reader} reader of a worker of its own; null while
   *   it has something else to do
   */
  constructor(canvas, reader) {
    Object.assign(canvas, { width: SIDE, height: SIDE });
    this.canvas = canvas;
    this.reader = reader;
    this.wanted = null; // what is to be covered next
    this.busy = false;
    this.cost = Infinity; // milliseconds of a fine look
    this.looks = 0;
    this.round = 0; // tells what was on the paper from what is
  }

  /**
   * @param {?{form: Float32Array, digit: number, place: object, resting: boolean}} what an image, the
   *   digit it is read as, where it lies on the paper (`placeOnPaper`), and whether nobody draws
   */
  look(what) {
    this.wanted = what;
    if (!what) this.clear();
    else if (!this.busy) this.cover();
  }

  clear() {
    this.round++;
    this.canvas.getContext("2d").clearRect(0, 0, SIDE, SIDE);
    this.canvas.dataset.looks = 0;
    this.looks = 0;
  }

  async cover() {
    this.busy = true;
    while (this.wanted) {
      const { form, digit, place, resting } = this.wanted;
      const fine = resting || this.cost < QUICK;
      const reader = this.reader();
      if (!reader) {
        await new Promise((done) => setTimeout(done, LATER));
        continue;
      }
      this.wanted = null;
      const { round } = this;
      const began = performance.now();
      try {
        const cover = { form, digit, ...(fine ? FINEST : COARSEST) };
        const { relevance } = await reader.ask({ cover });
        const took = performance.now() - began;
        if (fine) this.cost = took;
        else if (this.cost === Infinity) this.cost = 4 * took;
        if (relevance && round === this.round) this.paint(relevance, place);
        await new Promise((done) => setTimeout(done, PAUSE * took));
      } catch {
        break; // the worker has gone; the next reading begins anew
      }
    }
    this.busy = false;
  }

  paint(relevance, { left, top, side }) {
    const most = Math.max(strongest(relevance), 1e-9);
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    relevance.forEach((value, at) => {
      const share = Math.min(1, Math.abs(value) / most);
      const colour = COLOURS[value > 0 ? 0 : 1];
      image.data.set([...colour, 215 * share ** 1.2], 4 * at);
    });
    context.putImageData(image, 0, 0);
    const { style } = this.canvas;
    style.left = `${100 * left}%`;
    style.top = `${100 * top}%`;
    style.width = `${100 * side}%`;
    style.height = `${100 * side}%`;
    this.looks++;
    this.canvas.dataset.looks = this.looks;
  }
}

/** Nearly the largest amount: one pixel alone decides nothing. */
function strongest(values) {
  const order = Array.from(values, Math.abs).sort((a, b) => b - a);
  return order[4];
}

/**
 * Where a drawing's form lies on the paper that it was drawn on.
 *
 * @param {Float32Array} form 28×28
 * @param {{points: [number, number][], width: number}[]} strokes at least one
 * @param {number} side of the paper, in the strokes' unit
 * @returns {{left: number, top: number, side: number}} of the form's square, in shares of the paper
 */
export function placeOnPaper(form, strokes, side) {
  const points = strokes.flatMap((stroke) => stroke.points);
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, bottom - top, 1);
  const width = medianWidth(strokes);
  const pen = Math.min(Math.max((BOX * width) / (extent + width), 1.6), 2.4);
  const scale = (BOX - pen) / extent; // pixels of the form for a unit of the paper
  const [x, y] = middleOf(form);
  return {
    left: ((left + right) / 2 - x / scale) / side,
    top: ((top + bottom) / 2 - y / scale) / side,
    side: SIDE / scale / side,
  };
}

/** The middle of the box round a form's ink. */
function middleOf(form) {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  form.forEach((ink, at) => {
    if (ink < 0.25) return;
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + 1);
    bottom = Math.max(bottom, y + 1);
  });
  return left < right ? [(left + right) / 2, (top + bottom) / 2] : [SIDE / 2, SIDE / 2];
}
