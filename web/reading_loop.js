// Reads while the pen moves, as often as the machine can without holding up the pen: one reading
// at a time, always of the newest drawing, and none while nobody sees the page.

import { visible } from "./visible.js";

const FASTEST = 20; // milliseconds between two readings,
const GLANCE = 10; // milliseconds between two looks whether all has been read
const REST = 0.25; // and the share of a reading's time to rest after it

export class ReadingLoop {
  /**
   * @param {import("./reader.js").Reader} reader
   * @param {object} listener
   * @param {() => ?object} listener.drawing what is to be read now (Reader.read), null if nothing
   * @param {(answer: object) => void} listener.read what was answered: see readings.js
   * @param {() => void} listener.failed the worker has broken down
   */
  constructor(reader, listener) {
    this.reader = reader;
    this.listener = listener;
    this.ready = false; // whether the worker has the network
    this.busy = false;
    this.wanted = false; // whether there is something new
    this.cost = 0; // milliseconds that a reading takes
    this.timer = null;
  }

  /** There is something new to read. */
  request() {
    this.wanted = true;
    if (!this.ready || this.busy || this.timer !== null) return;
    if (document.hidden) visible().then(() => this.wanted && this.request());
    else this.read();
  }

  /** Whether something has been drawn that is going to be read. */
  get behind() {
    return this.ready && (this.wanted || this.busy);
  }

  /** Ends once all that is drawn has been read, as far as anything reads. */
  async settled() {
    while (this.behind) await new Promise((done) => setTimeout(done, GLANCE));
  }

  dispose() {
    this.ready = false;
    clearTimeout(this.timer);
    this.reader.leave(this);
  }

  read() {
    this.wanted = false;
    const drawing = this.listener.drawing();
    if (!drawing) return;
    this.busy = true;
    this.sent = performance.now();
    this.asked = this.reader.read(this, drawing);
  }

  answered(answer) {
    if (answer.id !== this.asked) return;
    this.busy = false;
    const took = performance.now() - this.sent;
    this.cost += (took - this.cost) * (this.cost ? 0.3 : 1); // the last few, averaged
    const rest = Math.max(FASTEST - took, REST * this.cost);
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.wanted) this.request();
    }, rest);
    this.listener.read(answer);
  }

  failed() {
    this.ready = false;
    this.busy = false;
    this.listener.failed();
  }
}
