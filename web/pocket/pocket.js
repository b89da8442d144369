// A page of nothing but a canvas and what the network makes of it.

import { HandKeeper } from "../hand_keeper.js";
import { showKeyPen } from "../key_pen.js";
import { Reader } from "../reader.js";
import { ReadingLoop } from "../reading_loop.js";
import { Sketch } from "../sketch.js";
import { recall, remember } from "../storage.js";
import { Answer } from "./answer.js";
import { HandPanel } from "./hand_panel.js";
import { networkOf, readingWorker } from "./network.js";
import { keepForLater } from "./offline.js";

// Units of the canvas are pixels of the one that Streamlit's page has.
const PAPER = {
  one: { width: 340, height: 340, brush: 22 },
  number: { width: 720, height: 360, brush: 20 },
};
const LYING_BARS = "(orientation: landscape) and (min-height: 600px) and (min-width: 560px)";

const part = (place) => document.querySelector(place);

export class Pocket {
  /** @param {string} script of the page, for its worker */
  constructor(script) {
    this.settings = JSON.parse(part("#settings").textContent);
    this.source = networkOf(this.settings);
    this.answer = new Answer(this.settings);
    this.mode = recall("mode") === "number" ? "number" : "one";
    this.reading = null; // of what is drawn, or of the digit that was drawn on last
    this.bare = null; // the same by the network alone
    this.unspoken = false;
    this.readings = 0; // since the pen came down
    this.loop = new ReadingLoop(new Reader(() => readingWorker(script)), {
      drawing: () => this.drawing(),
      read: (answer) => this.show(answer),
      failed: () => this.failed(),
    });
    this.sketch = new Sketch(part("#canvas"), {
      down: () => this.down(),
      changed: () => this.changed(),
      lifted: () => {
        this.unspoken = true;
      },
      keyPen: showKeyPen,
    });
    // What one person has taught the reader.
    const read = (forms) => this.loop.reader.readForms(forms);
    this.keeper = new HandKeeper(read, () => this.taught());
    this.panel = new HandPanel(this.keeper, {
      bare: () => this.bare,
      settled: () => this.settled(),
      clear: () => this.sketch.clear(),
      one: () => this.setMode("one"),
    });
  }

  begin() {
    part("#undo").addEventListener("click", () => this.sketch.undo());
    part("#clear").addEventListener("click", () => this.sketch.clear());
    for (const choice of document.querySelectorAll("[name=mode]")) {
      choice.addEventListener("change", () => this.setMode(choice.value));
    }
    part("#again").addEventListener("click", () => location.reload());
    const lying = matchMedia(LYING_BARS);
    const arrange = () => part("#bars").classList.toggle("slim", !lying.matches);
    arrange();
    lying.addEventListener("change", arrange);
    new ResizeObserver(() => this.answer.fit()).observe(part("#canvas"));
    this.setMode(this.mode);
    this.start();
    keepForLater(this.settings);
  }

  /** Get the network. One can draw meanwhile. */
  async start() {
    try {
      await this.loop.reader.start(this.source);
      this.setReady(true);
      this.loop.request();
      this.keeper.anew();
    } catch {
      this.failed();
    }
  }

  failed() {
    this.setReady(false);
    part("#problem").hidden = false;
  }

  setReady(ready) {
    this.loop.ready = ready;
    part("#bars").dataset.live = ready; // for whoever wants to know: the tests do
  }

  setMode(mode) {
    this.mode = mode;
    remember("mode", mode);
    const { width, height, brush } = PAPER[mode];
    for (const choice of document.querySelectorAll("[name=mode]")) {
      choice.checked = choice.value === mode;
    }
    part("main").style.setProperty("--ratio", width / height);
    document.body.dataset.mode = mode;
    this.sketch.lay(width, height, brush);
  }

  down() {
    this.readings = 0;
  }

  changed() {
    const empty = !this.sketch.drawn.length;
    part("#clear").disabled = empty;
    part("#undo").disabled = !this.sketch.before.length;
    if (empty) {
      this.reading = null;
      this.bare = null;
      this.panel.refresh();
      this.answer.invite(this.mode);
    } else {
      this.loop.request();
    }
  }

  drawing() {
    const strokes = this.sketch.drawn;
    if (!strokes.length) return null;
    return { network: this.source.name, strokes, number: this.mode === "number" };
  }

  show({ digits, ...one }) {
    if (!this.sketch.drawn.length || Boolean(digits) !== (this.mode === "number")) return;
    if (digits) {
      const read = digits.filter(({ probabilities }) => probabilities);
      if (!read.length) return;
      this.bare = read.reduce((last, digit) =>
        Math.max(...digit.strokes) > Math.max(...last.strokes) ? digit : last,
      );
      const adjusted = read.map((digit) => this.adjusted(digit));
      this.reading = adjusted[read.indexOf(this.bare)];
      this.answer.showNumber(adjusted, this.reading, PAPER.number);
    } else {
      if (!one.probabilities) return;
      this.bare = one;
      this.reading = this.adjusted(one);
      this.answer.showDigit(this.reading);
    }
    this.panel.refresh();
    this.readings++;
    part("#bars").dataset.readings = this.readings;
    if (this.unspoken && !this.loop.wanted && !this.sketch.stroke) {
      this.unspoken = false;
      this.answer.speak();
    }
  }

  adjusted(reading) {
    return this.keeper.hand?.adjust(reading) ?? reading;
  }

  /** The network's own reading, once it is of all that is drawn. */
  async settled() {
    await this.loop.settled();
    return this.bare;
  }

  /** The reader has learnt or forgotten something: read again. */
  taught() {
    this.panel.show();
    if (this.sketch.drawn.length) this.loop.request();
  }
}
