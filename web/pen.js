// Follows a pen, a finger or a mouse on a canvas, by the same events that the canvas draws by.

/**
 * @typedef {object} Stroke
 * @property {[number, number][]} points x and y in pixels of the canvas, y downward
 * @property {number} width of the brush, in pixels of the canvas
 * @property {boolean} raw true: the pen's own points, and not yet a path (drawing/pencil.js)
 */

export class Pen {
  /**
   * @param {object} listener who is told of strokes
   * @param {(event: Event) => ?HTMLCanvasElement} listener.canvasOf the canvas that an event draws
   *   on, if it is one to be followed
   * @param {() => ?number} listener.down a stroke is about to begin: the width of its brush, or
   *   null if it is not to be followed
   * @param {() => void} listener.moved the stroke has another point
   * @param {(stroke: Stroke) => void} listener.up the stroke is finished
   */
  constructor(listener) {
    this.listener = listener;
    this.stroke = null; // the one under way
    this.canvas = null; // and where it is, or the last one was
    this.ends = new AbortController();
    const options = { capture: true, passive: true, signal: this.ends.signal };
    const [down, move, up] = [this.down, this.move, this.up].map((act) => act.bind(this));
    const acts = {
      ...{ mousedown: down, mousemove: move, mouseup: up },
      ...{ touchstart: down, touchmove: move, touchend: up, touchcancel: up },
    };
    for (const [kind, act] of Object.entries(acts)) document.addEventListener(kind, act, options);
  }

  dispose() {
    this.ends.abort();
  }

  down(event) {
    if (this.stroke || event.button) return;
    const canvas = this.listener.canvasOf(event);
    const width = canvas && this.listener.down();
    if (width === null) return;
    this.canvas = canvas;
    this.finger = event.changedTouches?.[0].identifier;
    this.stroke = { points: [], width, raw: true };
    this.add(event);
  }

  move(event) {
    if (this.stroke) this.add(event);
  }

  up(event) {
    if (!this.stroke || event.touches?.length || event.button) return;
    const { stroke } = this;
    this.stroke = null;
    this.listener.up(stroke);
  }

  add(event) {
    const touch = event.changedTouches?.[0];
    if (touch?.identifier !== this.finger) return;
    const { clientX, clientY } = touch ?? event;
    const box = this.canvas.getBoundingClientRect();
    const point = [
      (clientX - box.left) * (this.canvas.width / box.width),
      (clientY - box.top) * (this.canvas.height / box.height),
    ];
    const { points } = this.stroke;
    const last = points[points.length - 1];
    if (points.length > 1 && point[0] === last[0] && point[1] === last[1]) return;
    if (event.shiftKey && points.length > 1) points.pop(); // the canvas draws a straight line
    points.push(point);
    this.listener.moved();
  }
}
