// The network as it was after each epoch, from before the first to the end.

import { gridOf, largest, make, paintGrid } from "./painting.js";

const MOST_SHOWN = 64; // of the first layer's pictures
const KEPT_WORDS =
  "After each epoch its weights were kept. Move the slider and see how it read your digit then.";
const NONE_WORDS =
  "Nothing was kept of how this network learned. Train one on the page Train and watch that.";
const PICTURES_WORDS =
  "The weights of its units as pictures: ink on blue speaks for a unit, ink on orange against it. " +
  "Before training they are noise; what you see was learned.";
const PER_EPOCH = 500; // milliseconds of the replay

/**
 * A network at one moment of its training.
 *
 * @typedef {object} Moment
 * @property {?number} epoch null: as it is now
 * @property {string} url
 */

export class Learning {
  /**
   * @param {HTMLElement} element for the slider
   * @param {HTMLElement} kernels for the first layer's pictures
   * @param {(moment: Moment) => Promise<void>} show brings it into the workers
   */
  constructor(element, kernels, show) {
    this.element = element;
    this.show = show;
    this.moments = [];
    this.at = 0;
    this.wanted = null;
    this.slider = make("input", {
      type: "range",
      min: 0,
      step: 1,
      "aria-label": "Epoch",
      oninput: () => this.go(Number(this.slider.value)),
    });
    this.label = make("output.epoch", { role: "status" });
    this.play = make("button", { type: "button", onclick: () => this.replay() }, "Replay");
    this.pictures = make("canvas", { role: "img" });
    this.kernels = kernels;
    kernels.append(
      make("div.name", { role: "heading", "aria-level": 2 }, "What the first layer looks for"),
      make("figcaption.plain", {}, PICTURES_WORDS),
      this.pictures,
    );
    this.words = make("p.plain");
    element.append(
      make("b", {}, "Watch it learn"),
      make("div.slide", {}, this.play, this.slider, this.label),
      this.words,
    );
  }

  /** @param {Moment[]} moments the last one as the network is now */
  lay(moments) {
    this.moments = moments;
    this.at = moments.length - 1;
    this.element.classList.toggle("none", !this.at);
    this.words.textContent = this.at ? KEPT_WORDS : NONE_WORDS;
    Object.assign(this.slider, { max: this.at, value: this.at });
    this.tell();
  }

  get moment() {
    return this.moments[this.at];
  }

  /** @param {number} epoch @returns {number} the place of that epoch, -1 if it was not kept */
  placeOf(epoch) {
    return this.moments.findIndex((moment) => moment.epoch === epoch);
  }

  /** Show a moment; while one is on its way only the last that was asked for follows. */
  async go(at) {
    this.slider.value = at;
    this.wanted = at;
    if (this.moving) return;
    this.moving = true;
    try {
      while (this.wanted !== null) {
        const next = this.wanted;
        this.wanted = null;
        this.at = next;
        this.tell();
        await this.show(this.moments[next]);
      }
    } catch {
      this.label.textContent = "These weights are no longer there: reload the page.";
    } finally {
      this.moving = false;
    }
  }

  tell() {
    const { epoch } = this.moment;
    const words = { null: "after training", 0: "before training" }[epoch] ?? `after epoch ${epoch}`;
    this.label.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    this.element.dataset.epoch = epoch ?? "";
  }

  async replay() {
    const round = (this.round ?? 0) + 1;
    this.round = round;
    for (let at = 0; at < this.moments.length && this.round === round; at++) {
      if (at && Number(this.slider.value) !== at - 1) return; // somebody has moved it
      const began = performance.now();
      await this.go(at);
      const rest = PER_EPOCH - (performance.now() - began);
      await new Promise((done) => setTimeout(done, Math.max(rest, 0)));
    }
  }

  /**
   * The weights of the first layer, where they are pictures: of pixels.
   *
   * @param {object} layer the first, as network/plan.js plans it
   * @param {{kernel: Float32Array}} weights
   * @param {import("./painting.js").Ramp} ramp
   */
  paint(layer, { kernel }, ramp) {
    const sizes = { dense: [28, 28], conv: layer.size };
    const size = sizes[layer.kind];
    this.kernels.hidden = !size;
    if (!size) return;
    const count = Math.min(layer.columns, MOST_SHOWN);
    const [rows, columns] = size;
    const values = new Float32Array(rows * columns * count);
    for (let place = 0; place < rows * columns; place++) {
      for (let unit = 0; unit < count; unit++) {
        values[place * count + unit] = kernel[place * layer.columns + unit];
      }
    }
    const grid = gridOf([rows, columns, count]);
    paintGrid(this.pictures, grid, values, ramp, largest(values));
    this.pictures.style.aspectRatio = `${grid.width} / ${grid.height}`;
    const words = `Weights of the first ${count} of ${layer.columns} as pictures`;
    this.pictures.setAttribute("aria-label", words);
  }
}
