// Where everything lies in memory: images, kernels, biases and what each layer gives.
//
// Images and feature maps lie row by row with their channels together, as in Keras, so that every
// layer with weights is one product of matrices: rows of inputs times a kernel.

import { SIDE } from "../drawing/form.js";
import { LANES, ROWS } from "./wasm_matmul.js";

/**
 * A layer with its shapes and its places in memory, which count numbers from the start.
 *
 * @typedef {import("./bytes.js").Layer & {
 *   from: [number, number, number], to: [number, number, number],
 *   down?: Sliding, across?: Sliding,
 *   rows?: number, depth?: number, columns?: number, stride?: number,
 *   gathered?: number, kernel?: number, bias?: number, product?: number,
 *   output: number, states?: number,
 * }} PlannedLayer
 *   from, to: shape of one image's inputs and outputs (height, width, channels)
 *   down, across: how the window of a convolution slides
 *   rows, depth, columns: the product is (rows, depth) times (depth, columns)
 *   stride: columns, filled up to what the product does at once
 *   gathered: the product's inputs (rows, depth)
 *   product: what it gives, (rows, stride); output: the same without what was filled up
 *   states: what an LSTM gives after each row of each image, (images, rows, units)
 *
 * @typedef {{count: number, before: number}} Sliding how often a window fits along a side, and
 *   how many pixels before the side it starts
 */

/**
 * @param {import("./bytes.js").Layer[]} layers
 * @param {number} images how many are read together
 * @returns {{layers: PlannedLayer[], input: number, count: number}} the layers; where the images
 *   go, (images, 28, 28); how many numbers the memory has to hold
 * @throws {Error} if a layer is unknown or does not fit the one before it
 */
export function planMemory(layers, images) {
  let next = 4; // address 0 stays free
  const take = (count) => {
    const at = next;
    next += upTo(count, 4);
    return at;
  };
  let shape = [SIDE, SIDE, 1];
  const input = take(images * SIDE * SIDE);
  const planned = layers.map((given) => {
    const layer = { ...given, from: shape, ...dimensions(given, shape, images) };
    if (layer.columns) {
      layer.stride = upTo(layer.columns, LANES);
      layer.gathered = take(upTo(layer.rows, ROWS) * layer.depth);
      layer.kernel = take(layer.depth * layer.stride);
      layer.bias = take(layer.stride);
      layer.product = take(upTo(layer.rows, ROWS) * layer.stride);
    }
    if (layer.kind === "lstm") layer.states = take(images * layer.from[0] * layer.units);
    shape = layer.to;
    layer.output = take(images * shape[0] * shape[1] * shape[2]);
    return layer;
  });
  return { layers: planned, input, count: next };
}

/** The shape of a layer's outputs, and of its product if it has weights. */
function dimensions(layer, [height, width, channels], images) {
  switch (layer.kind) {
    case "conv": {
      const down = slide(height, layer.size[0], layer.strides[0], layer.same);
      const across = slide(width, layer.size[1], layer.strides[1], layer.same);
      return {
        down,
        across,
        rows: images * down.count * across.count,
        depth: layer.size[0] * layer.size[1] * channels,
        columns: layer.filters,
        to: [down.count, across.count, layer.filters],
      };
    }
    case "dense": {
      const depth = height * width * channels;
      if (depth !== layer.inputs) throw new Error("Layers do not fit each other.");
      return { rows: images, depth, columns: layer.units, to: [1, 1, layer.units] };
    }
    case "lstm": {
      const depth = layer.inputs + layer.units;
      return { rows: images, depth, columns: 4 * layer.units, to: [1, 1, layer.units] };
    }
    case "max_pool": {
      const [rows, columns] = layer.size;
      return { to: [Math.floor(height / rows), Math.floor(width / columns), channels] };
    }
    case "average_pool":
      return { to: [1, 1, channels] };
    default:
      throw new Error(`Unknown layer ${layer.kind}.`);
  }
}

/** @returns {Sliding} of a window along a side of this length, padded or not */
function slide(length, window, stride, same) {
  if (!same) return { count: Math.floor((length - window) / stride) + 1, before: 0 };
  const count = Math.ceil(length / stride);
  const missing = Math.max((count - 1) * stride + window - length, 0);
  return { count, before: Math.floor(missing / 2) };
}

/**
 * @param {number} value
 * @param {number} multiple
 * @returns {number} the least multiple that is not below the value
 */
export function upTo(value, multiple) {
  return Math.ceil(value / multiple) * multiple;
}
