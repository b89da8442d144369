// What is seen on a canvas into MNIST's form, as mnist_core/drawing does it for an image whose
// paper is plain and dark.

import { distanceToPaper } from "./distance.js";
import { BOX, bounds, normalise, SIDE } from "./form.js";
import { withoutSpeckParts } from "./specks.js";

const MIN_CONTRAST = 10; // grey levels below which there is no ink
const THICKEST = 4.5; // pixels of the form; thicker lines are made thinner
const THINNED_SIDE = 40; // pixels that a digit must have for its lines to be made thinner

/**
 * @param {Uint8Array} grey height × width levels of 0 to 255, row by row, light ink on dark paper
 * @param {number} height in pixels
 * @param {number} width in pixels
 * @returns {?Float32Array} 28×28 numbers in [0, 1], row by row, zeros where there is no ink; null
 *   where the paper is not plain: that is left to the server
 */
export function formOfPixels(grey, height, width) {
  let [low, high] = [255, 0];
  for (const level of grey) {
    if (level < low) low = level;
    if (level > high) high = level;
  }
  if (high - low < MIN_CONTRAST) return new Float32Array(SIDE * SIDE);
  const paper = plainPaper(grey, height, width);
  if (paper === null) return null;
  const contrast = Float32Array.from(grey, (level) => Math.abs(level - paper));
  const threshold = Math.max(MIN_CONTRAST, 0.35 * contrast.reduce((a, b) => Math.max(a, b), 0));
  const strong = contrast.filter((value) => value >= threshold).sort();
  const rank = 0.95 * (strong.length - 1);
  const below = strong[Math.floor(rank)];
  const full = below + (strong[Math.ceil(rank)] - below) * (rank - Math.floor(rank));
  const floor = 0.06 * full;
  const range = Math.max(full - floor, 1e-6);
  const ink = contrast.map((value) => Math.min(Math.max((value - floor) / range, 0), 1));
  return normalise(thin(withoutSpeckParts(ink, height, width), height, width), height, width);
}

/** The level of the paper, or null if there is none that most of the border has. */
function plainPaper(grey, height, width) {
  const counts = new Uint32Array(256);
  for (let x = 0; x < width; x++) {
    counts[grey[x]]++;
    counts[grey[(height - 1) * width + x]]++;
  }
  for (let y = 1; y < height - 1; y++) {
    counts[grey[y * width]]++;
    counts[grey[y * width + width - 1]]++;
  }
  const most = Math.max(...counts);
  const level = counts.indexOf(most);
  const border = 2 * width + 2 * (height - 2);
  const onImage = grey.reduce((sum, value) => sum + (value === level ? 1 : 0), 0);
  return most / border >= 0.5 && onImage / grey.length >= 0.2 ? level : null;
}

/** Ink whose lines are no thicker for their digit than MNIST's: its rim is taken off. */
function thin(ink, height, width) {
  const edges = bounds(ink, height, width);
  if (!edges) return ink;
  const { top, bottom, left, right } = edges;
  const [rows, columns] = [bottom - top, right - left];
  const side = Math.max(rows, columns);
  if (side < THINNED_SIDE) return ink;
  const depth = distanceToPaper(ink, width, edges);
  let [sum, count, deepest] = [0, 0, 0];
  for (const value of depth) {
    if (value > 0) {
      sum += value;
      count++;
      deepest = Math.max(deepest, value);
    }
  }
  if (!count) return ink;
  const thickness = 4 * (sum / count - 0.5);
  const off = (BOX * thickness - THICKEST * side) / (2 * (BOX - THICKEST));
  if (off < 0.5) return ink;
  const less = Math.min(off, deepest - 1);
  const thinner = new Float32Array(ink.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const value = depth[y * columns + x] - less;
      thinner[(top + y) * width + left + x] = Math.min(Math.max(value, 0), 1);
    }
  }
  return thinner;
}
