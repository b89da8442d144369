// The phone's canvas and what the network makes of it: one digit at a time.

import { showKeyPen } from "../key_pen.js";
import { Answer } from "../pocket/answer.js";
import { readingWorker } from "../pocket/network.js";
import { Reader } from "../reader.js";
import { ReadingLoop } from "../reading_loop.js";
import { Sketch } from "../sketch.js";
import { inWords } from "../wording.js";

const SIDE_UNITS = 340; // of the canvas, as those of the drawing page's,
const BRUSH_UNITS = 22; // and its brush
const MOST_POINTS = 2000; // that the class takes of one digit

export class Desk {
  /**
   * @param {object} settings of the page
   * @param {import("../reader.js").NetworkSource} source of the network to begin with
   * @param {object} listener
   * @param {string} listener.script of the page, for its worker
   * @param {() => void} listener.changed there is more or less ink, or another reading
   * @param {(failed: boolean) => void} listener.network one has come, or none does
   */
  constructor(settings, source, listener) {
    this.settings = settings;
    this.listener = listener;
    this.source = source;
    this.answer = new Answer(settings);
    this.reading = null;
    this.unspoken = false;
    this.loop = new ReadingLoop(new Reader(() => readingWorker(listener.script)), {
      drawing: () => (this.empty ? null : { network: this.source.name, strokes: this.drawn }),
      read: (answer) => this.show(answer),
      failed: () => this.ready(false),
    });
    this.canvas = document.querySelector("#canvas");
    this.sketch = new Sketch(this.canvas, {
      down: () => {},
      changed: () => this.changed(),
      lifted: () => {
        this.unspoken = true;
      },
      keyPen: showKeyPen,
    });
    this.clear();
  }

  get drawn() {
    return this.sketch.drawn;
  }

  get empty() {
    return !this.sketch?.drawn.length;
  }

  /**
   * Read with a network from now on, also what is drawn already; with the last one until it is
   * there.
   *
   * @param {import("../reader.js").NetworkSource} source
   * @param {number} [threshold] the confidence below which it is not sure
   * @returns {Promise<boolean>} whether it has come; never rejects
   */
  async use(source, threshold = this.settings.confidence_threshold) {
    try {
      await this.loop.reader.start(source);
    } catch {
      if (!this.loop.ready) this.ready(false);
      return false;
    }
    this.source = source;
    this.answer.settings = { ...this.settings, confidence_threshold: threshold };
    document.querySelector("#bars").dataset.network = source.digest;
    this.ready(true);
    this.loop.request();
    return true;
  }

  ready(ready) {
    this.loop.ready = ready;
    document.querySelector("#bars").dataset.live = ready; // for whoever wants to know: tests do
    this.listener.network(!ready);
  }

  /** A new piece of paper: what was sent cannot be undone. */
  clear() {
    this.sketch.lay(SIDE_UNITS, SIDE_UNITS, BRUSH_UNITS);
  }

  changed() {
    if (this.empty) {
      this.reading = null;
      this.answer.invite("one", "");
    } else {
      this.loop.request();
    }
    this.listener.changed();
  }

  show({ form, probabilities }) {
    if (this.empty || !probabilities) return;
    this.reading = { form, probabilities };
    this.answer.showDigit(this.reading);
    this.listener.changed();
    if (this.unspoken && !this.loop.wanted && !this.sketch.stroke) {
      this.unspoken = false;
      this.answer.speak();
    }
  }

  /** @returns {?number} the digit that is read; null where the network is not sure or not there */
  get guess() {
    if (!this.reading) return null;
    const { guess } = inWords(this.reading.probabilities, this.answer.settings);
    return guess === "" ? null : Number(guess);
  }

  /** @returns {[number, number][][]} what is drawn, in whole units of the canvas */
  strokes() {
    let strokes = this.drawn.map(({ points }) => whole(points));
    while (strokes.flat().length > MOST_POINTS && strokes.some(({ length }) => length > 2)) {
      strokes = strokes.map((points) => points.filter((_, at) => at % 2 === 0 || !points[at + 1]));
    }
    return strokes;
  }
}

function whole(points) {
  const rounded = points.map((point) => point.map(Math.round));
  return rounded.filter(
    ([x, y], at) => !at || x !== rounded[at - 1][0] || y !== rounded[at - 1][1],
  );
}
