// Canvases and the numbers on them.

import { SIDE } from "./drawing/form.js";

/**
 * Show what the network sees.
 *
 * @param {HTMLCanvasElement} canvas of 28×28 pixels
 * @param {Float32Array} form 28×28 numbers in [0, 1], row by row
 * @returns {void}
 */
export function paintForm(canvas, form) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(SIDE, SIDE);
  form.forEach((ink, at) => {
    pixels.data.set([ink * 255, ink * 255, ink * 255, 255], 4 * at);
  });
  context.putImageData(pixels, 0, 0);
}

/**
 * What is seen where canvases lie over each other.
 *
 * @param {Iterable<HTMLCanvasElement>} layers from the lowest to the highest, of one size
 * @param {number} width of each, in pixels
 * @param {number} height
 * @param {number} ground the level of the paper, 0 to 255: this and what is darker becomes 0
 * @param {HTMLCanvasElement} copy a canvas to draw on
 * @returns {?{grey: Uint8Array, width: number, height: number}} height × width levels of 0 to
 *   255, row by row; null where the browser does not tell
 */
export function greyLevels(layers, width, height, ground, copy) {
  copy.width = width;
  copy.height = height;
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, width, height);
  for (const layer of layers) context.drawImage(layer, 0, 0);
  try {
    const { data } = context.getImageData(0, 0, width, height);
    const grey = new Uint8Array(width * height);
    for (let at = 0; at < grey.length; at++) grey[at] = data[4 * at] > ground ? data[4 * at] : 0;
    return { grey, width, height };
  } catch {
    return null;
  }
}
