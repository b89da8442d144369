// A network that mnist_core/networks/browser.py packed, run on 28×28 images.
//
// A library would bring far more than that: TensorFlow.js with its WebAssembly kernels is 823 kB
// (4.22, minified), ONNX Runtime's WebAssembly 14 MB (1.30).

import { SIDE } from "../drawing/form.js";
import { softmax } from "./activations.js";
import { fromHalf, unpackNetwork } from "./bytes.js";
import { FORWARD } from "./layers.js";
import { hasSimd, matmulMemory } from "./matmul.js";
import { planMemory } from "./plan.js";
import { rotated } from "./rotation.js";
import { LANES } from "./wasm_matmul.js";

const LEAST = 1e-30; // a probability whose logarithm is still a number

export class Network {
  /**
   * @param {ArrayBuffer} bytes of a network
   * @param {boolean} simd whether WebAssembly multiplies; by default where the browser can
   * @throws {Error} of some kind if these are no such bytes, or the layers do not fit each other
   *   or the weights
   */
  constructor(bytes, simd = hasSimd()) {
    const { layers, temperature, angles, weights } = unpackNetwork(bytes);
    const plan = planMemory(layers, angles.length);
    this.layers = plan.layers;
    this.input = plan.input;
    this.temperature = temperature;
    this.angles = angles;
    this.memory = { ...matmulMemory(plan.count, simd), images: angles.length };
    this.placeAll(weights);
  }

  placeAll(weights) {
    let at = 0;
    for (const layer of this.layers.filter(({ columns }) => columns)) {
      const bias = at + layer.depth * layer.columns;
      const end = bias + layer.columns;
      this.place(layer, weights.subarray(at, bias), weights.subarray(bias, end));
      at = end;
    }
    if (at !== weights.length) throw new Error("The weights do not fit the layers.");
  }

  /** Put a layer's weights in place: the kernel in strips of LANES columns, top to bottom. */
  place(layer, kernel, bias) {
    const { numbers } = this.memory;
    for (let column = 0; column < layer.columns; column++) {
      const inStrip = column % LANES;
      const strip = layer.kernel + (column - inStrip) * layer.depth + inStrip;
      for (let row = 0; row < layer.depth; row++) {
        numbers[strip + row * LANES] = fromHalf(kernel[row * layer.columns + column]);
      }
      numbers[layer.bias + column] = fromHalf(bias[column]);
    }
  }

  /**
   * The forward pass of one image, with test-time augmentation if the network was made with it.
   *
   * @param {Float32Array} image 28×28 numbers in [0, 1], row by row, 1 the full ink
   * @returns {number[]} the probabilities of the ten digits, with sum 1
   */
  predict(image) {
    const { numbers } = this.memory;
    this.angles.forEach((angle, index) => {
      numbers.set(angle ? rotated(image, angle) : image, this.input + index * SIDE * SIDE);
    });
    let from = this.input;
    for (const layer of this.layers) {
      FORWARD[layer.kind](this.memory, layer, from);
      from = layer.output;
    }
    const count = this.layers[this.layers.length - 1].to[2];
    const rows = this.angles.map((_, index) =>
      Array.from(numbers.subarray(from + index * count, from + (index + 1) * count), (score) =>
        Math.max(score, LEAST),
      ),
    );
    return this.combined(rows);
  }

  /** One distribution out of those of the copies: their mean logits, divided by the temperature. */
  combined(rows) {
    if (rows.length === 1 && this.temperature === 1) {
      const sum = rows[0].reduce((a, b) => a + b, 0);
      return rows[0].map((score) => score / sum);
    }
    const logits = rows[0].map(
      (_, digit) =>
        rows.reduce((sum, row) => sum + Math.log(row[digit]), 0) / rows.length / this.temperature,
    );
    return softmax(logits);
  }
}
