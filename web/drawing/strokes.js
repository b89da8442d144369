// Strokes into MNIST's form, as mnist_core/drawing does it.
//
// The two have to give the same image, or the bars would jump when the server's reading takes
// over. So lines and dots are filled pixel by pixel as Pillow fills them, and resampling rounds
// where Pillow rounds.

import { fillStroke } from "./fill.js";
import { BOX, normalise, SIDE } from "./form.js";
import { withoutSpecks } from "./specks.js";

const PEN_WIDTH_RANGE = [1.6, 2.4]; // pixels of the form
const DETAIL = 8; // pixels that are drawn for one of the form
const POINT_LIMIT = 20000; // points of a drawing that are drawn; more are thinned
const FAR = 1e5; // pixels; what lies farther away is not looked at

/**
 * @param {{points: [number, number][], width: number}[]} strokes x and y of each point, y
 *   downward, and the width of the brush, all in one unit
 * @returns {Float32Array} 28×28 numbers in [0, 1], row by row; zeros where there is no ink
 */
export function formOfStrokes(strokes) {
  const drawn = strokes
    .map(({ points, width }) => ({
      points: points.filter(([x, y]) => Math.abs(x) < FAR && Math.abs(y) < FAR),
      width,
    }))
    .filter(({ points }) => points.length);
  if (!drawn.length) return new Float32Array(SIDE * SIDE);
  const width = medianWidth(drawn);
  let paths = drawn.map(({ points }) => points);
  const total = paths.reduce((sum, path) => sum + path.length, 0);
  if (total > POINT_LIMIT) {
    const step = Math.ceil(total / POINT_LIMIT);
    paths = paths.map((path) => [
      ...path.slice(0, -1).filter((_, i) => i % step === 0),
      path[path.length - 1],
    ]);
    const stride = Math.ceil(paths.length / POINT_LIMIT);
    paths = paths.filter((_, i) => i % stride === 0);
  }
  paths = withoutSpecks(paths);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const path of paths) {
    for (const [x, y] of path) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  const extent = Math.max(right - left, bottom - top);
  const wished = (BOX * width) / Math.max(extent + width, 1e-300);
  const pen = Math.min(Math.max(wished, PEN_WIDTH_RANGE[0]), PEN_WIDTH_RANGE[1]);
  const scale = extent > 0 ? ((BOX - pen) * DETAIL) / extent : 0;
  const margin = DETAIL * pen;
  const size = Math.ceil(BOX * DETAIL + 2 * margin);
  const canvas = new Uint8Array(size * size);
  for (const path of paths) {
    const dots = path.map(([x, y]) => [
      (x - left) * scale + margin - 0.5,
      (y - top) * scale + margin - 0.5,
    ]);
    fillStroke(canvas, size, dots, pen * DETAIL);
  }
  return normalise(Float32Array.from(canvas), size, size, extent > 0, DETAIL);
}

/**
 * @param {{width: number}[]} strokes at least one
 * @returns {number} the median of their brushes' widths
 */
export function medianWidth(strokes) {
  const widths = strokes.map(({ width }) => width).sort((a, b) => a - b);
  return (widths[(widths.length - 1) >> 1] + widths[widths.length >> 1]) / 2;
}
