// The block of bytes that holds a network: mnist_core/networks/browser.py describes and writes it.

/**
 * A layer as the header names it: `kind` is "dense", "conv", "lstm", "max_pool" or "average_pool"
 * (global average pooling); the rest depends on it.
 *
 * @typedef {object} Layer
 * @property {string} kind
 * @property {string} [activation] of a dense layer or a convolution, one of ACTIVATIONS
 * @property {number} [inputs] numbers that go into a unit: features, channels, pixels of a row
 * @property {number} [units] of a dense layer or an LSTM
 * @property {number} [filters] of a convolution
 * @property {[number, number]} [size] rows and columns of a kernel or a pooling window
 * @property {[number, number]} [strides] of a convolution, down and across
 * @property {boolean} [same] whether a convolution is padded to the size of its input
 */

/**
 * @param {ArrayBuffer} bytes
 * @returns {{layers: Layer[], temperature: number, angles: number[], weights: Uint16Array}} the
 *   layers from first to last; the temperature that logits are divided by, above 0; the angles of
 *   the copies read in test-time augmentation, in degrees; the weights in half precision, layer
 *   by layer, kernel before bias
 * @throws {Error} of some kind if these are no such bytes
 */
export function unpackNetwork(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  return {
    layers: header.layers,
    temperature: header.temperature,
    angles: header.tta_angle ? [header.tta_angle, -header.tta_angle] : [0],
    weights: new Uint16Array(bytes.slice(4 + length)),
  };
}

/**
 * A number from half precision (IEEE 754 binary16).
 *
 * @param {number} bits 0 to 65535, finite as a number
 * @returns {number}
 */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction;
}
