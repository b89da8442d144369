// A canvas of the page's own: strokes as they are drawn, undone, cleared.

import { followKeys } from "./pen_keys.js";
import { followPointer } from "./pointer.js";

const KEPT = 200; // drawings that can be gone back to
const SHARPEST = 2; // pixels of the screen for one of CSS, at most: more would only cost time

/**
 * @typedef {object} Stroke
 * @property {[number, number][]} points x and y in units of the canvas, y downward
 * @property {number} width of the brush, in the same
 */

export class Sketch {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {object} listener
   * @param {() => void} listener.down a stroke begins
   * @param {() => void} listener.changed there is more or less ink
   * @param {() => void} listener.lifted the pen has left the canvas, or something was undone
   * @param {(point: ?[number, number], down: boolean) => void} listener.keyPen where the pen is
   *   that keys move, as shares of width and height
   */
  constructor(canvas, listener) {
    this.canvas = canvas;
    this.listener = listener;
    this.context = canvas.getContext("2d");
    this.strokes = []; // finished; never changed, only replaced
    this.stroke = null; // the one under way
    this.before = []; // what was drawn earlier
    this.painted = 0; // points of the stroke under way that are on the screen
    this.frame = null;
    const acts = {
      down: (point) => this.down(point),
      move: (points) => this.move(points),
      up: () => this.up(),
      cancel: () => this.cancel(),
      undo: () => this.undo(),
      clear: () => this.clear(),
      shown: listener.keyPen,
    };
    this.endStroke = followPointer(canvas, acts);
    followKeys(canvas, acts);
    new ResizeObserver(() => this.fit()).observe(canvas);
  }

  /**
   * Another piece of paper, empty.
   *
   * @param {number} width in units
   * @param {number} height
   * @param {number} brush its width
   */
  lay(width, height, brush) {
    Object.assign(this, { width, height, brush, strokes: [], stroke: null, before: [] });
    this.fit();
    this.listener.changed();
  }

  /** @returns {Stroke[]} all that is on the canvas, with the stroke under way */
  get drawn() {
    return this.stroke ? [...this.strokes, this.stroke] : this.strokes;
  }

  undo() {
    this.endStroke();
    if (!this.before.length) return;
    this.strokes = this.before.pop();
    this.replaced();
  }

  /** Take all ink away; that can be undone. */
  clear() {
    this.endStroke();
    if (this.strokes.length) this.put([]);
  }

  /** @param {Stroke[]} strokes in place of what is drawn; that can be undone */
  put(strokes) {
    this.before = [...this.before.slice(-KEPT + 1), this.strokes];
    this.strokes = strokes;
    this.replaced();
  }

  replaced() {
    this.repaint();
    this.listener.changed();
    this.listener.lifted();
  }

  // The pen ------------------------------------------------------------------------------

  down(share) {
    this.stroke = { points: [this.unitsOf(share)], width: this.brush };
    this.painted = 0;
    this.listener.down();
    this.grown();
  }

  move(shares) {
    if (!this.stroke) return;
    const { points } = this.stroke;
    for (const share of shares) {
      const [x, y] = this.unitsOf(share);
      const [lastX, lastY] = points[points.length - 1];
      if (x !== lastX || y !== lastY) points.push([x, y]);
    }
    this.grown();
  }

  up() {
    if (!this.stroke) return;
    this.paintNew();
    const { stroke } = this;
    this.stroke = null;
    this.before = [...this.before.slice(-KEPT + 1), this.strokes];
    this.strokes = [...this.strokes, stroke];
    this.listener.changed();
    this.listener.lifted();
  }

  cancel() {
    this.stroke = null;
    this.repaint();
    this.listener.changed();
  }

  unitsOf([x, y]) {
    return [Math.round(x * this.width * 16) / 16, Math.round(y * this.height * 16) / 16];
  }

  // The screen ---------------------------------------------------------------------------

  grown() {
    this.listener.changed();
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paintNew();
    });
  }

  /** As many pixels as the screen has where the canvas is. */
  fit() {
    const sharp = Math.min(window.devicePixelRatio || 1, SHARPEST);
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = [box.width, box.height].map((side) => Math.round(side * sharp));
    if (!width || !height) return;
    Object.assign(this.canvas, { width, height });
    this.repaint();
  }

  repaint() {
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(canvas.width / this.width, canvas.height / this.height);
    Object.assign(context, { lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
    for (const { points, width } of this.strokes) this.line(points, width);
    this.painted = 0;
    this.paintNew();
  }

  /** What has been added to the stroke under way. */
  paintNew() {
    if (!this.stroke) return;
    const { points, width } = this.stroke;
    if (this.painted < points.length) this.line(points.slice(Math.max(this.painted - 1, 0)), width);
    this.painted = points.length;
  }

  line(points, width) {
    const { context } = this;
    const [[x, y], ...rest] = points;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x, y);
    if (!rest.length) context.lineTo(x, y);
    for (const point of rest) context.lineTo(...point);
    context.stroke();
  }
}
