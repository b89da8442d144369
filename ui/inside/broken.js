// Parts of the network broken, and what that costs on test digits.

import { SIDE } from "../../web/drawing/form.js";
import { make } from "./painting.js";
import { titleOf, unitOf } from "./words.js";

const CHUNK = 8; // digits that a worker reads without a break, so that the pen need not wait

/** Reads test digits with whatever workers there are. */
export class Grader {
  /**
   * @param {import("../../web/reader.js").Reader[]} readers
   * @param {string} url of the digits: see routes/inside.py
   */
  constructor(readers, url) {
    this.readers = readers;
    this.url = url;
    this.round = 0; // tells a grading from one before it
    this.busy = false;
  }

  /** @returns {Promise<?{images: Uint8Array, labels: Uint8Array}>} null where there are none */
  async digits() {
    this.fetched ??= fetch(this.url)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
      .then((bytes) => {
        const count = bytes.byteLength / (SIDE * SIDE + 1);
        return { labels: new Uint8Array(bytes, 0, count), images: new Uint8Array(bytes, count) };
      });
    try {
      return await this.fetched;
    } catch {
      this.fetched = null;
      return null;
    }
  }

  /**
   * How many of the test digits are read right as the network is now.
   *
   * @returns {Promise<?{right: number, count: number, seconds: number}>} null where there are no
   *   digits, or another grading has begun
   */
  async grade() {
    const round = ++this.round;
    const digits = await this.digits();
    if (!digits || round !== this.round) return null;
    const count = digits.labels.length;
    const began = performance.now();
    let [next, right] = [0, 0];
    this.busy = true;
    const work = async (reader) => {
      if (!this.known?.has(reader.worker)) {
        await reader.ask({ digits });
        this.known = (this.known ?? new WeakSet()).add(reader.worker);
      }
      while (next < count && round === this.round) {
        const first = next;
        next += CHUNK;
        const found = await reader.ask({ grade: [first, first + CHUNK] });
        right += found.right;
      }
    };
    try {
      await Promise.all(this.readers.map(work));
    } catch {
      return null; // the network was changed meanwhile
    } finally {
      if (round === this.round) this.busy = false;
    }
    if (round !== this.round) return null;
    return { right, count, seconds: (performance.now() - began) / 1000 };
  }
}

/** What is broken, layer by layer: see network/inspected.js. */
export class Broken {
  /**
   * @param {HTMLElement} element
   * @param {(changes: object) => Promise<void>} apply to the workers' networks
   * @param {Grader} grader
   */
  constructor(element, apply, grader) {
    this.element = element;
    this.apply = apply;
    this.grader = grader;
    this.changes = {};
    this.whole = {}; // what the whole network reads right, by its name
    this.tools = make("div.tools");
    this.list = make("ul.list");
    this.result = make("p.accuracy", { role: "status" });
    this.heal = make(
      "button.heal",
      { type: "button", hidden: true, onclick: () => this.reset() },
      "Put it all back",
    );
    element.append(this.tools, this.list, this.result, this.heal);
  }

  /**
   * The buttons for a layer, and for one of its outputs.
   *
   * @param {object[]} layers as network/plan.js plans them
   * @param {number} index of the layer
   * @param {?number} unit
   * @param {string} network its name
   */
  show(layers, index, unit, network) {
    Object.assign(this, { layers, index, unit, network });
    const layer = layers[index];
    const change = this.changes[index] ?? {};
    const word = unitOf(layer, layers);
    const toggle = (text, pressed, act) =>
      make(
        "button",
        { type: "button", "aria-pressed": String(Boolean(pressed)), onclick: act },
        text,
      );
    const buttons = [];
    const hidden = layer !== layers[layers.length - 1]; // without its ten outputs it is no reader
    if (hidden && unit !== null) {
      const off = change.off ?? [];
      const gone = off.includes(unit);
      const rest = gone ? off.filter((one) => one !== unit) : [...off, unit];
      buttons.push(toggle(`Switch off ${word} ${unit + 1}`, gone, () => this.set({ off: rest })));
    }
    if (layer.columns) {
      buttons.push(
        toggle("Biases to zero", change.unbiased, () => this.set({ unbiased: !change.unbiased })),
        this.noise(change),
      );
    }
    if (hidden) {
      buttons.push(
        toggle("Drop half, as dropout does", change.dropped, () =>
          this.set({ dropped: !change.dropped, seed: Math.floor(Math.random() * 1e6) }),
        ),
      );
    }
    this.tools.replaceChildren(make("h3", {}, titleOf(layer, layers)), ...buttons);
    this.tell();
  }

  noise({ noise = 0 }) {
    const percent = make("output", {}, `${Math.round(100 * noise)}%`);
    const slider = make("input", {
      type: "range",
      min: 0,
      max: 200,
      step: 10,
      value: 100 * noise,
      "aria-label": "Noise added to the weights, in percent of their spread",
      oninput: ({ target }) => percent.replaceChildren(`${target.value}%`),
      onchange: ({ target }) => this.set({ noise: target.value / 100 }),
    });
    return make("label.noise", {}, "Noise on its weights", slider, percent);
  }

  set(change) {
    const next = { seed: 1, ...this.changes[this.index], ...change };
    const any = next.off?.length || next.unbiased || next.noise || next.dropped;
    this.changes = { ...this.changes, [this.index]: next };
    if (!any) delete this.changes[this.index];
    return this.changed();
  }

  reset() {
    this.changes = {};
    return this.changed();
  }

  async changed() {
    this.show(this.layers, this.index, this.unit, this.network);
    await this.apply(this.changes);
    await this.measure();
  }

  get any() {
    return Object.keys(this.changes).length > 0;
  }

  /** Tell what is broken. */
  tell() {
    this.heal.hidden = !this.any;
    const lines = Object.entries(this.changes).map(([index, change]) => {
      const layer = this.layers[index];
      const word = unitOf(layer, this.layers);
      const parts = [];
      const { off = [], unbiased, noise, dropped } = change;
      const numbers = off.map((unit) => unit + 1).join(", ");
      if (off.length) parts.push(`${word}${off.length > 1 ? "s" : ""} ${numbers} off`);
      if (unbiased) parts.push("biases zero");
      if (noise) parts.push(`noise of ${Math.round(100 * noise)}%`);
      if (dropped) parts.push("half dropped");
      return make("li", {}, `${titleOf(layer, this.layers)}: ${parts.join(", ")}`);
    });
    this.list.replaceChildren(...lines);
  }

  /** Grade it as it is; the whole network too, the first time. */
  async measure() {
    const { network } = this;
    this.result.textContent = "Reading 1,000 test digits …";
    delete this.result.dataset.accuracy;
    const found = await this.grader.grade();
    if (!found) {
      if (!(await this.grader.digits())) this.result.textContent = "There are no test digits here.";
      return;
    }
    const { right, count, seconds } = found;
    if (!this.any) this.whole[network] = right;
    const share = (number) => `${((100 * number) / count).toFixed(1)}%`;
    const before = this.whole[network];
    const against = this.any && before !== undefined ? ` Whole, it reads ${share(before)}.` : "";
    const words = `${share(right)} of ${count.toLocaleString("en")} test digits read right.`;
    this.result.textContent = `${this.any ? "Broken" : "Whole"}: ${words}${against}`;
    this.grades = (this.grades ?? 0) + 1;
    Object.assign(this.result.dataset, { accuracy: right / count, seconds, grades: this.grades });
  }
}
