// The layers at a glance: of each its outputs as a picture.

import { Bars } from "../../web/bars.js";
import { aspectOf, gridOf, largest, make, paintGrid, placeIn } from "./painting.js";
import { INPUT_WORDS, sizeOf, titleOf } from "./words.js";

const WIDTH = 176; // pixels that a picture is to have, at the usual size of type
const TYPE = 16; // pixels, the usual size of type
const FADE = 0.9; // of the largest number from one frame to the next: so colours do not flicker

/** The element of a layer, and the picture of what it gives. */
export class LayerTile {
  /**
   * @param {string} name as the model file has it
   * @param {string} title
   * @param {string} size of its outputs, in words
   * @param {[number, number, number]} shape of what is painted; null if nothing is
   * @param {?(unit: ?number, place: ?[number, number]) => void} choose somebody wants to see it
   */
  constructor(name, title, size, shape, choose) {
    this.frames = 0;
    this.most = 0;
    this.grid = shape && gridOf(shape);
    const heading = choose
      ? make("button.open", { type: "button", onclick: () => choose(null, null) }, title)
      : make("span", {}, title);
    this.element = make(
      "section.layer",
      { dataset: { layer: name, frame: 0 } },
      make("div.name", { role: "heading", "aria-level": 2 }, heading),
      make("p.size", {}, size),
    );
    if (!shape) return;
    this.canvas = make("canvas", { role: "img", "aria-label": `${title}: ${size}` });
    this.mark = make("i.mark", { hidden: true });
    this.element.append(make("div.picture", {}, this.canvas, this.mark));
    const scale = Math.max(1, Math.round((2 * WIDTH) / this.grid.width) / 2);
    this.canvas.style.setProperty("--width", `${(this.grid.width * scale) / TYPE}rem`);
    this.canvas.style.aspectRatio = aspectOf(this.grid);
    if (choose) {
      this.canvas.classList.add("pick");
      this.canvas.addEventListener("click", (event) => {
        const found = this.placeOf(event);
        if (found) choose(found.channel, [found.row, found.column]);
      });
    }
  }

  placeOf({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return placeIn(this.grid, (clientX - box.left) / box.width, (clientY - box.top) / box.height);
  }

  /**
   * @param {?Float32Array} values (height, width, channels), as the shape says; null for nothing
   * @param {import("./painting.js").Ramp} ramp
   */
  show(values, ramp) {
    const [rows, columns, channels] = this.grid.shape;
    const shown = values ?? new Float32Array(rows * columns * channels);
    this.most = Math.max(largest(shown), this.most * FADE);
    paintGrid(this.canvas, this.grid, shown, ramp, this.most);
    if (values) this.count();
  }

  count() {
    this.frames++;
    this.element.dataset.frame = this.frames;
  }

  /** Frame one of the pictures, or none. */
  choose(unit) {
    this.element.classList.toggle("chosen", unit !== null);
    if (!this.mark) return;
    this.mark.hidden = unit === null || this.grid.shape[2] === 1;
    if (this.mark.hidden) return;
    const { columns, cellWidth, cellHeight, width, height } = this.grid;
    const place = {
      left: (unit % columns) * cellWidth,
      top: Math.floor(unit / columns) * cellHeight,
    };
    this.mark.style.left = `${(100 * place.left) / width}%`;
    this.mark.style.top = `${(100 * place.top) / height}%`;
    this.mark.style.width = `${(100 * (cellWidth - 1)) / width}%`;
    this.mark.style.height = `${(100 * (cellHeight - 1)) / height}%`;
  }
}

/** The input, every layer, and at the end the ten bars. */
export class Tiles {
  /**
   * @param {HTMLElement} place
   * @param {object[]} layers as network/plan.js plans them, with their names
   * @param {(index: number, unit: ?number, place: ?[number, number]) => void} choose
   */
  constructor(place, layers, choose) {
    this.input = new LayerTile("image", "Input", "28×28 pixels", [28, 28, 1], null);
    this.input.canvas.title = INPUT_WORDS;
    this.tiles = layers.map((layer, index) => {
      const last = index === layers.length - 1;
      const [height, width, channels] = layer.to;
      const shape =
        layer.kind === "lstm" ? [layer.from[0], channels, 1] : [height, width, channels];
      const title = titleOf(layer, layers);
      const size = last ? "10 digits" : sizeOf(layer, layers);
      const pick = (unit, at) =>
        layer.kind === "lstm" && at ? choose(index, at[1], at) : choose(index, unit, at);
      return new LayerTile(layer.name, title, size, last ? null : shape, pick);
    });
    const chart = make("div.live-bars", { role: "img", "aria-label": "No digit yet" });
    this.output = this.tiles[this.tiles.length - 1];
    this.output.element.append(chart);
    this.output.element.classList.add("output");
    this.chart = chart;
    this.bars = new Bars(chart);
    place.replaceChildren(...[this.input, ...this.tiles].map(({ element }) => element));
  }

  /**
   * @param {?{form: Float32Array, layers: Float32Array[], probabilities: number[]}} reading
   * @param {import("./painting.js").Ramp} ramp
   */
  show(reading, ramp) {
    this.input.show(reading?.form ?? null, ramp);
    this.tiles.slice(0, -1).forEach((tile, index) => {
      tile.show(reading?.layers[index] ?? null, ramp);
    });
    this.bars.show(reading?.probabilities ?? null, "browser");
    if (reading) this.output.count();
  }

  choose(index, unit) {
    this.tiles.forEach((tile, at) => {
      tile.choose(at === index ? unit : null);
    });
  }
}
