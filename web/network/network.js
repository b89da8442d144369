// A network that mnist_core/networks/browser.py packed, run on 28×28 images.
//
// A library would bring far more than that: TensorFlow.js with its WebAssembly kernels is 823 kB
// (4.22, minified), ONNX Runtime's WebAssembly 14 MB (1.30).

import { SIDE } from "../drawing/form.js";
import { softmax } from "./activations.js";
import { unpackNetwork } from "./bytes.js";
import { FORWARD } from "./layers.js";
import { hasSimd, matmulMemory } from "./matmul.js";
import { planMemory } from "./plan.js";
import { rotated } from "./rotation.js";
import { LANES } from "./wasm_matmul.js";

const LEAST = 1e-30; // a probability whose logarithm is still a number

/**
 * What a network makes of an image.
 *
 * @typedef {object} Reading
 * @property {number[]} probabilities of the ten digits, with sum 1
 * @property {number[]} logits whose softmax they are: the mean logarithm of what the copies of
 *   test-time augmentation are given, divided by the temperature
 * @property {number[]} features what goes into the last layer, the mean over the copies
 */

export class Network {
  /**
   * @param {ArrayBuffer} bytes of a network
   * @param {boolean} simd whether WebAssembly multiplies; by default where the browser can
   * @param {boolean} upright whether an image is read once, as it is, whatever the network is used to
   * @throws {Error} of some kind if these are no such bytes, or the layers do not fit each other
   *   or the weights
   */
  constructor(bytes, simd = hasSimd(), upright = false) {
    const { layers, temperature, weights, ...header } = unpackNetwork(bytes);
    const angles = upright ? [0] : header.angles;
    const plan = planMemory(layers, angles.length);
    this.layers = plan.layers;
    this.input = plan.input;
    this.temperature = temperature;
    this.angles = angles;
    this.memory = { ...matmulMemory(plan.count, simd), images: angles.length };
    this.placeAll(weights);
  }

  placeAll(weights) {
    for (const layer of this.layers.filter(({ columns }) => columns)) {
      this.place(layer, weights.next(layer.depth, layer.columns));
    }
    if (!weights.finished()) throw new Error("The weights do not fit the layers.");
  }

  /** Put a layer's weights in place: the kernel in strips of LANES columns, top to bottom. */
  place(layer, { weight, bias }) {
    const { numbers } = this.memory;
    for (let column = 0; column < layer.columns; column++) {
      const inStrip = column % LANES;
      const strip = layer.kernel + (column - inStrip) * layer.depth + inStrip;
      for (let row = 0; row < layer.depth; row++) {
        numbers[strip + row * LANES] = weight(row * layer.columns + column);
      }
      numbers[layer.bias + column] = bias[column];
    }
  }

  /**
   * The forward pass of one image, with test-time augmentation if the network was made with it.
   *
   * @param {Float32Array} image 28×28 numbers in [0, 1], row by row, 1 the full ink
   * @returns {Reading}
   */
  read(image) {
    const { numbers } = this.memory;
    this.angles.forEach((angle, index) => {
      numbers.set(angle ? rotated(image, angle) : image, this.input + index * SIDE * SIDE);
    });
    let from = this.input;
    let features = from;
    for (const layer of this.layers) {
      features = from;
      this.forward(layer, from);
      from = layer.output;
    }
    const last = this.layers[this.layers.length - 1];
    const scores = this.copies(from, last.to[2]);
    const logits = mean(scores, (score) => Math.log(Math.max(score, LEAST)) / this.temperature);
    const count = last.from[0] * last.from[1] * last.from[2];
    return {
      logits,
      probabilities: softmax(logits),
      features: mean(this.copies(features, count), (feature) => feature),
    };
  }

  /** One layer, from its inputs in the memory to its outputs there. */
  forward(layer, from) {
    FORWARD[layer.kind](this.memory, layer, from);
  }

  /** @returns {number[]} the probabilities alone of what `read` gives */
  predict(image) {
    return this.read(image).probabilities;
  }

  /** So many numbers of each copy of the image, from a place in the memory on. */
  copies(from, count) {
    const { numbers } = this.memory;
    return this.angles.map((_, at) => numbers.subarray(from + at * count, from + (at + 1) * count));
  }
}

/** The mean over the copies, number by number, of a function of each. */
function mean(copies, of) {
  return Array.from(
    copies[0],
    (_, at) => copies.reduce((sum, copy) => sum + of(copy[at]), 0) / copies.length,
  );
}
