// The forward pass of each kind of layer.
//
// Each function takes the memory that all layers share, a layer as plan.js plans it, and where its
// inputs lie in the memory: (images, height, width, channels). What it gives lies at
// `layer.output` afterwards: (images, …layer.to).

import { ACTIVATIONS, softmax } from "./activations.js";
import { upTo } from "./plan.js";
import { ROWS } from "./wasm_matmul.js";

/**
 * @typedef {object} Memory
 * @property {Float32Array} numbers
 * @property {import("./matmul.js").Matmul} matmul the product of matrices among them
 * @property {number} images how many are read together
 */

/**
 * By the kind that the header of a network names.
 *
 * @type {Record<string,
 *   (memory: Memory, layer: import("./plan.js").PlannedLayer, from: number) => void>}
 */
export const FORWARD = {
  dense,
  conv: convolution,
  lstm,
  max_pool: maxPooling,
  average_pool: globalAveragePooling,
};

/** gathered × kernel + bias, activated, into the output, without the columns that only fill up. */
function activatedProduct({ numbers, matmul }, layer) {
  const { gathered, kernel, bias, product, depth, columns, stride, activation } = layer;
  const relu = activation === "relu";
  matmul(gathered, kernel, bias, product, upTo(layer.rows, ROWS), depth, stride, relu ? 1 : 0);
  for (let row = 0; row < layer.rows; row++) {
    const start = product + row * stride;
    numbers.copyWithin(layer.output + row * columns, start, start + columns);
  }
  if (relu || activation === "linear") return;
  const activate = ACTIVATIONS[activation];
  for (let at = layer.output; at < layer.output + layer.rows * columns; at++) {
    numbers[at] = activate(numbers[at]);
  }
}

function dense(memory, layer, from) {
  const { numbers } = memory;
  numbers.copyWithin(layer.gathered, from, from + layer.rows * layer.depth);
  activatedProduct(memory, layer);
  if (layer.activation !== "softmax") return;
  for (let row = 0; row < layer.rows; row++) {
    const start = layer.output + row * layer.columns;
    const logits = numbers.subarray(start, start + layer.columns);
    logits.set(softmax(Array.from(logits)));
  }
}

/** A convolution: what its window sees at each place is gathered as a row of the product. */
function convolution(memory, layer, from) {
  const { numbers } = memory;
  const { down, across, strides } = layer;
  const [height, width, channels] = layer.from;
  const [kernelRows, kernelColumns] = layer.size;
  const line = kernelColumns * channels;
  let to = layer.gathered;
  for (let image = 0; image < memory.images; image++) {
    const start = from + image * height * width * channels;
    for (let row = 0; row < down.count; row++) {
      for (let column = 0; column < across.count; column++) {
        const left = column * strides[1] - across.before;
        const first = Math.max(left, 0);
        const last = Math.min(left + kernelColumns, width);
        for (let kernelRow = 0; kernelRow < kernelRows; kernelRow++, to += line) {
          const y = row * strides[0] - down.before + kernelRow;
          if (y < 0 || y >= height) {
            numbers.fill(0, to, to + line);
            continue;
          }
          const inside = to + (first - left) * channels;
          if (first > left) numbers.fill(0, to, inside);
          const source = start + (y * width + first) * channels;
          const count = (last - first) * channels;
          for (let at = 0; at < count; at++) numbers[inside + at] = numbers[source + at];
          if (last < left + kernelColumns) numbers.fill(0, inside + count, to + line);
        }
      }
    }
  }
  activatedProduct(memory, layer);
}

function maxPooling({ numbers, images }, layer, from) {
  const [height, width, channels] = layer.from;
  const [rows, columns] = layer.to;
  const [poolRows, poolColumns] = layer.size;
  let to = layer.output;
  for (let image = 0; image < images; image++) {
    const start = from + image * height * width * channels;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let channel = 0; channel < channels; channel++) {
          let most = -Infinity;
          for (let y = row * poolRows; y < (row + 1) * poolRows; y++) {
            for (let x = column * poolColumns; x < (column + 1) * poolColumns; x++) {
              most = Math.max(most, numbers[start + (y * width + x) * channels + channel]);
            }
          }
          numbers[to++] = most;
        }
      }
    }
  }
}

function globalAveragePooling({ numbers, images }, layer, from) {
  const [height, width, channels] = layer.from;
  for (let image = 0; image < images; image++) {
    const start = from + image * height * width * channels;
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let place = 0; place < height * width; place++) {
        sum += numbers[start + place * channels + channel];
      }
      numbers[layer.output + image * channels + channel] = sum / (height * width);
    }
  }
}

/** An LSTM that reads an image from its top row to its last, and gives its last state. */
function lstm({ numbers, matmul, images }, layer, from) {
  const { units, inputs, depth, gathered, product, stride } = layer;
  const [steps] = layer.from;
  const { sigmoid, tanh } = ACTIVATIONS;
  const cells = new Float64Array(images * units);
  // A row of the product: a row of the image, then the state of the step before.
  for (let image = 0; image < images; image++) {
    numbers.fill(0, gathered + image * depth + inputs, gathered + (image + 1) * depth);
  }
  for (let step = 0; step < steps; step++) {
    for (let image = 0; image < images; image++) {
      const row = from + (image * steps + step) * inputs;
      numbers.copyWithin(gathered + image * depth, row, row + inputs);
    }
    matmul(gathered, layer.kernel, layer.bias, product, upTo(images, ROWS), depth, stride, 0);
    for (let image = 0; image < images; image++) {
      for (let unit = 0; unit < units; unit++) {
        const gates = product + image * stride + unit;
        const [input, forget, candidate, output] = [0, 1, 2, 3].map(
          (gate) => numbers[gates + gate * units],
        );
        const at = image * units + unit;
        cells[at] = sigmoid(forget) * cells[at] + sigmoid(input) * tanh(candidate);
        const state = sigmoid(output) * tanh(cells[at]);
        numbers[gathered + image * depth + inputs + unit] = state;
        numbers[layer.output + at] = state;
        numbers[layer.states + (image * steps + step) * units + unit] = state;
      }
    }
  }
}
