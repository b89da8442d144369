// What layers are called, and what they do, in words that need no lesson before.

const TITLES = {
  conv: "Convolution",
  dense: "Dense",
  max_pool: "Max pooling",
  average_pool: "Average pooling",
  lstm: "LSTM",
};
const UNITS = { dense: "neuron", lstm: "unit" };
const WORDS = {
  input: "This is all that the network is given: 784 numbers, one for how much ink each pixel has.",
  conv:
    "Each map looks for one small pattern everywhere on the image. Where it finds it, its pixel " +
    "lights up.",
  max_pool:
    "Each square of pixels becomes one: the brightest of them. So the maps get smaller, and it " +
    "matters less where exactly something was.",
  average_pool:
    "Each map becomes one number: how bright it is on average. It no longer matters where " +
    "something was, only how much of it.",
  dense:
    "Each neuron weighs every number of the layer before it and adds them up. What speaks for it " +
    "counts positive, what speaks against it negative.",
  lstm:
    "It reads the image row by row, from the top, and remembers what it has seen. Each row of this " +
    "picture is its memory after one row of the image.",
  output:
    "Ten neurons, one for each digit. Their numbers are turned into shares that add up to 100%.",
};

/**
 * @param {object} layer as network/plan.js plans it
 * @param {object[]} layers all of the network
 * @returns {string} what it is called on the page
 */
export function titleOf(layer, layers) {
  if (layer === layers[layers.length - 1]) return "Output";
  const alike = layers.slice(0, -1).filter(({ kind }) => kind === layer.kind);
  const title = TITLES[layer.kind];
  return alike.length > 1 ? `${title} ${alike.indexOf(layer) + 1}` : title;
}

/** What one of a layer's outputs is called. */
export function unitOf(layer, layers) {
  if (layer === layers[layers.length - 1]) return "digit";
  return UNITS[layer.kind] ?? "map";
}

/** How many outputs a layer has, in words. */
export function sizeOf(layer, layers) {
  const [height, width, count] = layer.to;
  const unit = unitOf(layer, layers);
  if (layer.kind === "lstm") return `${count} units, row by row`;
  return `${count} ${unit}s${height * width > 1 ? ` of ${height}×${width}` : ""}`;
}

/** What a layer does, in two sentences. */
export function wordsOf(layer, layers) {
  return layer === layers[layers.length - 1] ? WORDS.output : WORDS[layer.kind];
}

export const INPUT_WORDS = WORDS.input;

/** A number as one writes it down: enough of it to see what it is, a true minus before it. */
export function figure(value) {
  const amount = Math.abs(value);
  const digits = amount >= 100 ? 0 : amount >= 10 ? 1 : amount >= 0.995 ? 2 : 3;
  const text = amount < 0.0005 ? "0" : amount.toFixed(digits);
  return value < 0 && text !== "0" ? `−${text}` : text;
}

/** The same with its sign always before it, as in a sum. */
export function term(value) {
  const text = figure(Math.abs(value));
  return `${value < 0 && text !== "0" ? "−" : "+"} ${text}`;
}
