// A network that can be looked into, and of which parts can be broken and made whole again.

import { unpackNetwork } from "./bytes.js";
import { Network } from "./network.js";
import { LANES } from "./wasm_matmul.js";

/**
 * What is broken of a layer.
 *
 * @typedef {object} Change
 * @property {number[]} [off] units or feature maps that give 0
 * @property {boolean} [unbiased] whether its biases are 0
 * @property {number} [noise] what is added to its weights is normally distributed; the standard
 *   deviation, as a share of that of the weights themselves
 * @property {boolean} [dropped] whether half of its outputs, chosen at random, are 0 and the others
 *   twice as large, as dropout has it while a network is trained
 * @property {number} [seed] of what is random; the same seed breaks the same
 */

export class InspectedNetwork extends Network {
  /**
   * It reads every image once, upright, whatever test-time augmentation it was made with.
   *
   * @param {ArrayBuffer} bytes of a network
   */
  constructor(bytes) {
    super(bytes, undefined, true);
    this.bytes = bytes;
    this.factors = []; // of each layer's outputs, where they are not all 1
  }

  /**
   * What every layer gave of the image that was read last.
   *
   * @returns {Float32Array[]} of each layer its outputs (height, width, channels), row by row; of an
   *   LSTM what it gave after each row of the image, (28, units)
   */
  outputs() {
    const { numbers } = this.memory;
    return this.layers.map(({ output, states, from, to }) => {
      if (states) return numbers.slice(states, states + from[0] * to[2]);
      return numbers.slice(output, output + to[0] * to[1] * to[2]);
    });
  }

  /**
   * A layer's weights as they are now, broken or not.
   *
   * @param {number} index of the layer
   * @returns {{kernel: Float32Array, bias: Float32Array}} (depth, columns), row by row, and
   *   (columns,); empty if it has none
   */
  weightsOf(index) {
    const { numbers } = this.memory;
    const { columns = 0, depth = 0, kernel, bias } = this.layers[index];
    const found = new Float32Array(depth * columns);
    for (let column = 0; column < columns; column++) {
      const inStrip = column % LANES;
      const strip = kernel + (column - inStrip) * depth + inStrip;
      for (let row = 0; row < depth; row++) {
        found[row * columns + column] = numbers[strip + row * LANES];
      }
    }
    return { kernel: found, bias: columns ? numbers.slice(bias, bias + columns) : found };
  }

  /**
   * Break it, from what it was when it was whole.
   *
   * @param {Record<number, Change>} changes by the index of the layer; none make it whole
   */
  change(changes) {
    this.placeAll(unpackNetwork(this.bytes).weights);
    this.factors = [];
    for (const [index, change] of Object.entries(changes)) this.breakLayer(Number(index), change);
  }

  breakLayer(index, { off = [], unbiased, noise, dropped, seed = 0 }) {
    const layer = this.layers[index];
    const { numbers } = this.memory;
    const random = randomNumbers(seed * 1000 + index);
    if (layer.columns && noise) {
      const { kernel, bias } = this.weightsOf(index);
      const scale = noise * deviation(kernel);
      const noisy = kernel.map((weight) => weight + scale * normal(random));
      this.place(layer, { weight: (at) => noisy[at], bias });
    }
    if (layer.columns && unbiased) numbers.fill(0, layer.bias, layer.bias + layer.columns);
    if (!off.length && !dropped) return;
    const [height, width, channels] = layer.to;
    const gone = new Set(off);
    this.factors[index] = Float32Array.from({ length: height * width * channels }, (_, at) =>
      gone.has(at % channels) ? 0 : dropped ? 2 * (random() < 0.5) : 1,
    );
  }

  forward(layer, from) {
    super.forward(layer, from);
    const { numbers } = this.memory;
    const factors = this.factors[this.layers.indexOf(layer)];
    factors?.forEach((factor, at) => {
      numbers[layer.output + at] *= factor;
    });
  }
}

/** The standard deviation of numbers. */
function deviation(values) {
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

/**
 * Numbers that look random, the same for the same seed (mulberry32, Tommy Ettinger 2017).
 *
 * @param {number} seed
 * @returns {() => number} in [0, 1)
 */
function randomNumbers(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One number of a standard normal distribution (Box, Muller 1958). */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
