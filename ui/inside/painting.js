// Numbers as colours: blue above zero, orange below, the ground at zero.

const STEPS = 255; // shades on either side of zero
const TONES = {
  light: { zero: [233, 237, 241], above: [0, 84, 147], below: [176, 84, 0], ink: "#111" },
  dark: { zero: [37, 43, 51], above: [137, 208, 255], below: [255, 178, 92], ink: "#f2f2f2" },
};
const GAP = 1; // pixels between two pictures of a grid

/** The colours of numbers, as the page's theme has them. */
export class Ramp {
  /** @param {Element} place whose background decides */
  constructor(place) {
    this.place = place;
    this.refresh();
  }

  /** Look at the theme again; true if it has changed. */
  refresh() {
    const dark = isDark(getComputedStyle(this.place).getPropertyValue("--st-background-color"));
    if (dark === this.dark) return false;
    this.dark = dark;
    this.shades = TONES[dark ? "dark" : "light"];
    const { zero, above, below } = this.shades;
    this.colours = Array.from({ length: 2 * STEPS + 1 }, (_, at) => {
      const share = Math.abs(at - STEPS) / STEPS;
      const end = at > STEPS ? above : below;
      return zero.map((level, part) => Math.round(level + (end[part] - level) * share ** 0.75));
    });
    this.packed = Uint32Array.from(
      this.colours,
      ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0,
    );
    return true;
  }

  /** Where a number from -1 to 1 lies among the shades. */
  static step(share) {
    return STEPS + Math.round(Math.max(-1, Math.min(1, share || 0)) * STEPS);
  }

  /** @returns {number} a pixel for a number from -1 to 1 */
  shade(share) {
    return this.packed[Ramp.step(share)];
  }

  /** @returns {{background: string, color: string}} CSS for a number from -1 to 1 */
  css(share) {
    const [red, green, blue] = this.colours[Ramp.step(share)];
    const bright = 0.3 * red + 0.59 * green + 0.11 * blue > 140;
    return { background: `rgb(${red} ${green} ${blue})`, color: bright ? "#000" : "#fff" };
  }
}

/** Whether a CSS colour is a dark one. */
function isDark(colour) {
  const numbers = colour.trim().startsWith("#")
    ? colour
        .trim()
        .slice(1)
        .match(/../g)
        ?.map((two) => Number.parseInt(two, 16))
    : colour.match(/[\d.]+/g)?.map(Number);
  const [red, green, blue] = numbers ?? [255, 255, 255];
  return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
}

/**
 * How pictures of a layer are arranged.
 *
 * @typedef {object} Grid
 * @property {[number, number, number]} shape height and width of each picture, and how many
 * @property {number} block pixels on the screen's canvas along a side of each number
 * @property {number} columns pictures beside each other
 * @property {number} cellWidth pixels from one picture to the next
 * @property {number} cellHeight
 * @property {number} width pixels in all
 * @property {number} height
 */

/**
 * @param {[number, number, number]} shape height, width, channels
 * @returns {Grid}
 */
export function gridOf(shape) {
  const [rows, across, channels] = shape;
  const block = rows * across === 1 ? 4 : 1;
  const wanted = channels <= 16 && block === 1 ? 4 : channels <= 64 ? 8 : channels <= 256 ? 16 : 32;
  const columns = Math.min(wanted, channels);
  const [cellWidth, cellHeight] = [across * block + GAP, rows * block + GAP];
  const width = columns * cellWidth - GAP;
  const height = Math.ceil(channels / columns) * cellHeight - GAP;
  return { shape, block, columns, cellWidth, cellHeight, width, height };
}

/**
 * Paint all pictures of a layer.
 *
 * @param {HTMLCanvasElement} canvas which gets the grid's size
 * @param {Grid} grid
 * @param {Float32Array} values (height, width, channels), row by row
 * @param {Ramp} ramp
 * @param {number} most the number that is shown in the full colour
 * @returns {void}
 */
export function paintGrid(canvas, grid, values, ramp, most) {
  const { shape, block, columns, cellWidth, cellHeight, width, height } = grid;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const [rows, across, channels] = shape;
  const scale = most > 0 ? STEPS / most : 0;
  const { packed } = ramp;
  for (let channel = 0; channel < channels; channel++) {
    const left = (channel % columns) * cellWidth;
    const top = Math.floor(channel / columns) * cellHeight;
    for (let y = 0; y < rows * block; y++) {
      const line = (top + y) * width + left;
      const from = Math.floor(y / block) * across;
      for (let x = 0; x < across * block; x++) {
        const value = values[(from + Math.floor(x / block)) * channels + channel] * scale;
        const step = value > STEPS ? STEPS : value < -STEPS ? -STEPS : Math.round(value) || 0;
        pixels[line + x] = packed[STEPS + step];
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/**
 * The picture and the number of it that a place on the canvas belongs to.
 *
 * @param {Grid} grid
 * @param {number} x share of the canvas' width, 0 to 1
 * @param {number} y
 * @returns {?{channel: number, row: number, column: number}} null between or beyond the pictures
 */
export function placeIn(grid, x, y) {
  const { shape, block, columns, cellWidth, cellHeight, width, height } = grid;
  const [across, down] = [Math.floor(x * width), Math.floor(y * height)];
  const at = Math.floor(across / cellWidth);
  const channel = Math.floor(down / cellHeight) * columns + at;
  if (at >= columns || channel >= shape[2] || channel < 0 || at < 0) return null;
  const column = Math.min(Math.floor((across % cellWidth) / block), shape[1] - 1);
  const row = Math.min(Math.floor((down % cellHeight) / block), shape[0] - 1);
  return { channel, row, column };
}

/** The shape that a grid has on the screen, in CSS; one picture that is far too flat is higher. */
export function aspectOf({ shape, width, height }) {
  return `${width} / ${shape[2] === 1 ? Math.max(height, width / 2.25) : height}`;
}

/** The largest of the numbers' amounts. */
export function largest(values) {
  let most = 0;
  for (let at = 0; at < values.length; at++) {
    const amount = Math.abs(values[at]);
    if (amount > most) most = amount;
  }
  return most;
}

/**
 * An element with its attributes and what is in it.
 *
 * @param {string} kind name of the element, and after dots its classes
 * @param {Record<string, any>} settings properties; of those in `dataset` and `style`, each; what
 *   begins with `aria-` or is `role` is an attribute
 * @param {...(Node | string)} inner
 * @returns {HTMLElement}
 */
export function make(kind, settings = {}, ...inner) {
  const [name, ...classes] = kind.split(".");
  const element = document.createElement(name);
  element.className = classes.join(" ");
  for (const [key, value] of Object.entries(settings)) {
    if (key === "dataset" || key === "style") Object.assign(element[key], value);
    else if (key === "role" || key.startsWith("aria-")) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...inner);
  return element;
}
