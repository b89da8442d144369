// One unit of a layer from near: its picture, one pixel of it, and how that came to be.

import { aspectOf, gridOf, largest, make, paintGrid, placeIn } from "./painting.js";
import {
  averageStory,
  contributionStory,
  convolutionStory,
  poolStory,
  stepsStory,
} from "./stories.js";
import { figure, titleOf, unitOf, wordsOf } from "./words.js";

const SIDE_OF_MAP = 240; // pixels of the screen
const ARROW_STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const EVERY = 100; // milliseconds between two times that it is drawn anew while the pen moves

/**
 * What the panel is told of the network.
 *
 * @typedef {object} Sight
 * @property {object[]} layers as network/plan.js plans them
 * @property {number} temperature
 * @property {?{form: Float32Array, layers: Float32Array[]}} reading the last one
 * @property {(index: number) => ?{kernel: Float32Array, bias: Float32Array}} weights of a layer;
 *   null until they are there, then `draw` is called
 * @property {import("./painting.js").Ramp} ramp
 */

export class UnitPanel {
  /**
   * @param {HTMLElement} element
   * @param {(index: number, unit: ?number, place: ?[number, number]) => void} choose
   */
  constructor(element, choose) {
    this.element = element;
    this.choose = choose;
    this.chosen = null;
    this.drawn = 0;
    this.timer = null;
  }

  /**
   * @param {?{index: number, unit: number, place: [number, number]}} chosen
   * @param {Sight} sight
   */
  open(chosen, sight) {
    const same = chosen && this.chosen?.index === chosen.index && this.layers === sight.layers;
    this.chosen = chosen;
    this.element.hidden = !chosen;
    if (!chosen) return;
    if (!same) this.lay(sight);
    this.layers = sight.layers;
    this.draw(sight);
  }

  /** What stays while the layer does: its name, what it does, the way from unit to unit. */
  lay({ layers }) {
    const { index } = this.chosen;
    const layer = layers[index];
    const word = unitOf(layer, layers);
    const count = layer.to[2];
    const go = (by) => {
      const unit = (this.chosen.unit + by + count) % count;
      this.choose(index, unit, this.chosen.place);
    };
    this.number = make("input", {
      type: "number",
      min: 1,
      max: count,
      "aria-label": `Which ${word}, 1 to ${count}`,
      onchange: ({ target }) => {
        const wanted = Math.round(Number(target.value));
        this.choose(index, Math.min(Math.max(wanted || 1, 1), count) - 1, this.chosen.place);
      },
    });
    if (word === "digit") {
      this.number.min = 0;
      this.number.max = 9;
      this.number.onchange = ({ target }) => {
        const wanted = Math.round(Number(target.value));
        this.choose(index, Math.min(Math.max(wanted || 0, 0), 9), this.chosen.place);
      };
      this.number.setAttribute("aria-label", "Which digit, 0 to 9");
    }
    const step = (text, by, label) =>
      make("button", { type: "button", "aria-label": label, onclick: () => go(by) }, text);
    this.picture = make("canvas", { tabIndex: 0, role: "img" });
    this.cross = make("i.cross", { hidden: true });
    this.frame = make("div.picture", {}, this.picture, this.cross);
    this.story = make("div.story");
    this.element.replaceChildren(
      make(
        "div.head",
        {},
        make("h2", {}, titleOf(layer, layers)),
        make(
          "div.stepper",
          { role: "group", "aria-label": `Which ${word}` },
          step("‹", -1, `The ${word} before`),
          make("span", {}, `${word} `, this.number, ` of ${count}`),
          step("›", 1, `The next ${word}`),
        ),
        make("button.close", { type: "button", onclick: () => this.choose(null) }, "Close"),
      ),
      make("p.plain", {}, wordsOf(layer, layers)),
      make("div.near", {}, this.frame, this.story),
    );
    this.picture.addEventListener("pointermove", (event) => this.point(event));
    this.picture.addEventListener("pointerdown", (event) => this.point(event));
    this.picture.addEventListener("keydown", (event) => this.walk(event));
  }

  point({ clientX, clientY, buttons, type, pointerType }) {
    if (type === "pointermove" && pointerType !== "mouse" && !buttons) return;
    const box = this.picture.getBoundingClientRect();
    const found =
      this.grid &&
      placeIn(this.grid, (clientX - box.left) / box.width, (clientY - box.top) / box.height);
    if (found) this.goTo([found.row, found.column]);
  }

  walk(event) {
    const step = ARROW_STEPS[event.key];
    if (!step || !this.grid) return;
    event.preventDefault();
    const [rows, columns] = this.grid.shape;
    const [row, column] = this.chosen.place;
    const inside = (value, count) => Math.min(Math.max(value, 0), count - 1);
    this.goTo([inside(row + step[0], rows), inside(column + step[1], columns)]);
  }

  goTo(place) {
    const [row, column] = this.chosen.place;
    if (place[0] === row && place[1] === column) return;
    const { index, unit } = this.chosen;
    const recurrent = this.layers[index].kind === "lstm";
    this.choose(index, recurrent ? place[1] : unit, place);
  }

  /** Draw it anew before long: there is another reading. */
  follow(sight) {
    if (!this.chosen || this.timer !== null) return;
    const rest = Math.max(0, EVERY - (performance.now() - this.drawn));
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.chosen) this.draw(sight());
    }, rest);
  }

  draw(sight) {
    this.drawn = performance.now();
    const { index, unit } = this.chosen;
    const layer = sight.layers[index];
    const last = index === sight.layers.length - 1;
    const shown = last ? unit : unit + 1;
    if (document.activeElement !== this.number) this.number.value = shown;
    this.drawPicture(layer, sight);
    const { reading } = sight;
    if (!reading) {
      this.story.replaceChildren(make("p.plain", {}, "Draw a digit to see its numbers."));
      return;
    }
    const input = index ? reading.layers[index - 1] : reading.form;
    const found = { ...sight, layer, last, input: flat(input, sight.layers[index - 1]) };
    Object.assign(found, { output: reading.layers[index], chosen: this.chosen });
    const weights = layer.columns ? sight.weights(index) : {};
    if (!weights) return;
    const tell = {
      conv: convolutionStory,
      max_pool: poolStory,
      average_pool: averageStory,
      dense: contributionStory,
      lstm: stepsStory,
    };
    this.story.replaceChildren(...tell[layer.kind](found, weights));
  }

  /** The unit's picture, where it has one: a map, or what an LSTM gave row by row. */
  drawPicture(layer, { reading, ramp }) {
    const [height, width, channels] = layer.to;
    const { index, unit, place } = this.chosen;
    const recurrent = layer.kind === "lstm";
    this.frame.hidden = height * width === 1 && !recurrent;
    this.grid = null;
    if (this.frame.hidden) return;
    const shape = recurrent ? [layer.from[0], channels, 1] : [height, width, 1];
    this.grid = gridOf(shape);
    const all = reading?.layers[index] ?? new Float32Array(height * width * channels * 28);
    const values = recurrent ? all : channelOf(all, channels, unit, height * width);
    paintGrid(this.picture, this.grid, values, ramp, largest(recurrent ? all : values));
    this.picture.style.aspectRatio = aspectOf(this.grid);
    this.picture.style.width = `${SIDE_OF_MAP / 16}rem`;
    const value = values[place[0] * shape[1] + place[1]];
    const what = recurrent ? `unit ${place[1] + 1}` : `column ${place[1] + 1}`;
    this.picture.setAttribute(
      "aria-label",
      `Row ${place[0] + 1}, ${what}: ${figure(value ?? 0)}. Arrow keys move the place.`,
    );
    this.cross.hidden = false;
    this.cross.style.left = `${(100 * place[1]) / shape[1]}%`;
    this.cross.style.top = `${(100 * place[0]) / shape[0]}%`;
    this.cross.style.width = `${100 / shape[1]}%`;
    this.cross.style.height = `${100 / shape[0]}%`;
  }
}

/** One channel of a layer's outputs. */
function channelOf(values, channels, channel, places) {
  return Float32Array.from({ length: places }, (_, at) => values[at * channels + channel]);
}

/** What an LSTM hands on is what it gave after the last row. */
function flat(values, before) {
  return before?.kind === "lstm" ? values.slice(values.length - before.units) : values;
}
