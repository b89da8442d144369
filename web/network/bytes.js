// The block of bytes that holds a network: mnist_core/networks/browser.py describes and writes it.

/**
 * A layer as the header names it: `kind` is "dense", "conv", "lstm", "max_pool" or "average_pool"
 * (global average pooling); the rest depends on it.
 *
 * @typedef {object} Layer
 * @property {string} kind
 * @property {string} [name] what the model file calls it; in 32 bits only
 * @property {string} [activation] of a dense layer or a convolution, one of ACTIVATIONS
 * @property {number} [inputs] numbers that go into a unit: features, channels, pixels of a row
 * @property {number} [units] of a dense layer or an LSTM
 * @property {number} [filters] of a convolution
 * @property {[number, number]} [size] rows and columns of a kernel or a pooling window
 * @property {[number, number]} [strides] of a convolution, down and across
 * @property {boolean} [same] whether a convolution is padded to the size of its input
 */

/**
 * The weights of one layer after the other.
 *
 * @typedef {object} Weights
 * @property {(depth: number, columns: number) => {weight: (at: number) => number,
 *   bias: ArrayLike<number>}} next of the next layer with weights: its kernel (depth, columns), a
 *   number for each place row by row, and its bias (columns,)
 * @property {() => boolean} finished whether there are none left
 */

/**
 * @param {ArrayBuffer} bytes
 * @returns {{layers: Layer[], temperature: number, angles: number[], weights: Weights}} the
 *   layers from first to last; the temperature that logits are divided by, above 0; the angles of
 *   the copies read in test-time augmentation, in degrees; the weights
 * @throws {Error} of some kind if these are no such bytes
 */
export function unpackNetwork(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const rest = bytes.slice(4 + length);
  return {
    layers: header.layers,
    temperature: header.temperature,
    angles: header.tta_angle ? [header.tta_angle, -header.tta_angle] : [0],
    weights: WEIGHTS[header.bits](rest, header.columns),
  };
}

// Weights by the bits of each.
const WEIGHTS = {
  8: eightBits,
  16: (bytes) => inOrder(new Uint16Array(bytes), fromHalf),
  32: (bytes) => inOrder(new Float32Array(bytes), (value) => value),
};

/** @returns {Weights} layer by layer, kernel before bias; `number` makes one of what is there */
function inOrder(values, number) {
  let at = 0;
  return {
    next(depth, columns) {
      const [start, end] = [at, at + depth * columns];
      at = end + columns;
      if (at > values.length) throw new Error("There are too few weights.");
      const bias = Array.from(values.subarray(end, at), number);
      return { weight: (place) => number(values[start + place]), bias };
    },
    finished: () => at === values.length,
  };
}

/** @returns {Weights} in eight bits; scales and biases of all `count` columns stand before them */
function eightBits(bytes, count) {
  const scales = new Float32Array(bytes, 0, count);
  const biases = new Float32Array(bytes, 4 * count, count);
  const kernels = new Int8Array(bytes, 8 * count);
  let [column, at] = [0, 0];
  return {
    next(depth, columns) {
      const [first, start] = [column, at];
      column += columns;
      at += depth * columns;
      if (column > count || at > kernels.length) throw new Error("There are too few weights.");
      const scale = scales.subarray(first, column);
      const weight = (place) => kernels[start + place] * scale[place % columns];
      return { weight, bias: biases.subarray(first, column) };
    },
    finished: () => column === count && at === kernels.length,
  };
}

/** A number from half precision (IEEE 754 binary16); `bits` is 0 to 65535, finite as a number. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction;
}
