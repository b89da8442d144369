// One output of a layer written out: what is multiplied, what is added, what is made of the sum.
//
// Layers are as network/plan.js plans them; weights as `weightsOf` in network/inspected.js gives
// them; inputs and outputs (height, width, channels), row by row.

import { ACTIVATIONS } from "../../web/network/activations.js";

/** The upper left corner of what a pixel of a map is made from, which may lie outside. */
export function cornerOf(layer, [row, column]) {
  if (layer.kind === "max_pool") return [row * layer.size[0], column * layer.size[1]];
  const [down, across] = layer.strides;
  return [row * down - layer.down.before, column * across - layer.across.before];
}

/** A square of one channel of the inputs, row by row; 0 outside. */
export function patchOf(layer, input, channel, place) {
  const [height, width, channels] = layer.from;
  const [top, left] = cornerOf(layer, place);
  const found = [];
  for (let y = top; y < top + layer.size[0]; y++) {
    for (let x = left; x < left + layer.size[1]; x++) {
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      found.push(inside ? input[(y * width + x) * channels + channel] : 0);
    }
  }
  return found;
}

/**
 * One pixel of a map of a convolution.
 *
 * @returns {{parts: {channel: number, patch: number[], weights: number[], products: number[],
 *   sum: number}[], bias: number, total: number, output: number}} of each channel of the inputs;
 *   the sum of all products and the bias; and that activated
 */
export function convolutionSum(layer, { kernel, bias }, input, unit, place) {
  const [, , channels] = layer.from;
  const cells = layer.size[0] * layer.size[1];
  const parts = Array.from({ length: channels }, (_, channel) => {
    const patch = patchOf(layer, input, channel, place);
    const weights = Array.from(
      { length: cells },
      (_, cell) => kernel[(cell * channels + channel) * layer.columns + unit],
    );
    const products = patch.map((value, cell) => value * weights[cell]);
    return { channel, patch, weights, products, sum: added(products) };
  });
  return ended(layer, { parts, bias: bias[unit] }, added(parts.map(({ sum }) => sum)));
}

/**
 * One neuron of a dense layer. What softmax makes of it depends on the others: see `softmaxOf`.
 *
 * @returns {{weights: number[], products: number[], bias: number, total: number, output: number}}
 */
export function denseSum(layer, { kernel, bias }, input, unit) {
  const weights = Array.from(input, (_, at) => kernel[at * layer.columns + unit]);
  const products = weights.map((weight, at) => weight * input[at]);
  return ended(layer, { weights, products, bias: bias[unit] }, added(products));
}

function ended(layer, found, sum) {
  const total = sum + found.bias;
  return { ...found, sum, total, output: act(layer, total) };
}

function act({ activation }, total) {
  return ACTIVATIONS[activation](total);
}

function added(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * From the last layer's sums to the probabilities.
 *
 * @param {object} layer the last
 * @param {number[]} totals of its ten neurons
 * @param {number} temperature
 * @returns {{scores: number[], scaled: number[], powers: number[], shares: number[]}} logits (of
 *   sigmoids: the logarithms of what they give), those divided by the temperature, e to the power
 *   of that, and each power's share of them all
 */
export function softmaxOf(layer, totals, temperature) {
  const scores =
    layer.activation === "softmax"
      ? totals
      : totals.map((total) => Math.log(Math.max(act(layer, total), 1e-30)));
  const scaled = scores.map((score) => score / temperature);
  const powers = scaled.map(Math.exp);
  const sum = added(powers);
  return { scores, scaled, powers, shares: powers.map((power) => power / sum) };
}

/**
 * One unit of an LSTM, row after row.
 *
 * @param {Float32Array} image (28, 28)
 * @param {Float32Array} states (28, units): what the layer gave after each row
 * @returns {{input: number, forget: number, candidate: number, output: number, cell: number,
 *   state: number}[]} after each row: the three gates from 0 to 1, what would be remembered, what is
 *   remembered, and what is given of it
 */
export function lstmSteps(layer, { kernel, bias }, image, states, unit) {
  const { inputs, units, columns } = layer;
  const { sigmoid, tanh } = ACTIVATIONS;
  let cell = 0;
  return Array.from({ length: layer.from[0] }, (_, step) => {
    const gates = [0, 1, 2, 3].map((gate) => {
      const column = gate * units + unit;
      let sum = bias[column];
      for (let at = 0; at < inputs; at++) {
        sum += image[step * inputs + at] * kernel[at * columns + column];
      }
      for (let at = 0; step > 0 && at < units; at++) {
        sum += states[(step - 1) * units + at] * kernel[(inputs + at) * columns + column];
      }
      return sum;
    });
    const [input, forget, output] = [gates[0], gates[1], gates[3]].map(sigmoid);
    const candidate = tanh(gates[2]);
    cell = forget * cell + input * candidate;
    return { input, forget, candidate, output, cell, state: output * tanh(cell) };
  });
}
