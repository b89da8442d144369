// Activation functions, as Keras defines them.

/**
 * What a layer does to each of its outputs, by the name that Keras gives it. `softmax` works on a
 * whole row and not on a number: see `dense` in layers.js.
 *
 * @type {Record<string, (x: number) => number>}
 */
export const ACTIVATIONS = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  softmax: (x) => x,
};

/**
 * Logits to probabilities.
 *
 * @param {number[]} logits any finite numbers
 * @returns {number[]} as many, in [0, 1], with sum 1
 */
export function softmax(logits) {
  const most = Math.max(...logits); // taken off, so that no power overflows
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The error function to 1.5e-7 (Abramowitz and Stegun 1964, formula 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  let series = 0;
  for (const factor of [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]) {
    series = t * (factor + series);
  }
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}
