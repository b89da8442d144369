// Test-time augmentation: a network may read an image as it is rotated a little to either side.

import { CENTRE, SIDE } from "../drawing/form.js";

/**
 * An image rotated about its centre of mass, by bilinear interpolation, as
 * mnist_core/networks/predictor.py does it.
 *
 * @param {Float32Array} image 28×28 numbers in [0, 1], row by row
 * @param {number} degrees
 * @returns {Float32Array} of the same form
 */
export function rotated(image, degrees) {
  const centre = CENTRE - 0.5;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const result = new Float32Array(SIDE * SIDE);
  const ink = (x, y) => (x >= 0 && x < SIDE && y >= 0 && y < SIDE ? image[y * SIDE + x] : 0);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [dx, dy] = [column - centre, row - centre];
      const [x, y] = [centre + cos * dx - sin * dy, centre + sin * dx + cos * dy];
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const upper = ink(left, top) * (left + 1 - x) + ink(left + 1, top) * (x - left);
      const lower = ink(left, top + 1) * (left + 1 - x) + ink(left + 1, top + 1) * (x - left);
      result[row * SIDE + column] = upper * (top + 1 - y) + lower * (y - top);
    }
  }
  return result;
}
