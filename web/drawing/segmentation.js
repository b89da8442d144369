// A number of several digits, segmented by its strokes, as mnist_core/drawing/segmentation.py does.

const OVERLAP = 0.15; // share of the shorter shadow that strokes of one digit have in common
const WIDENED = 0.03; // of the number's height, by which a shadow is wider on both sides

/**
 * @param {[number, number][][]} paths x and y of each stroke's points, y downward, none empty
 * @returns {number[][]} of each digit, from left to right, the indices of its strokes, in the
 *   order in which they were drawn
 */
export function segment(paths) {
  if (!paths.length) return [];
  const [, top, , bottom] = boxOf(paths);
  const half = WIDENED * Math.max(bottom - top, 1e-9);
  const spans = paths.map((path) => {
    const [left, , right] = boxOf([path]);
    return [left - half, right + half];
  });
  let digit = paths.map((_, index) => index); // which digit a stroke belongs to, by its first
  spans.forEach(([low, high], i) => {
    spans.slice(0, i).forEach(([otherLow, otherHigh], j) => {
      const shared = Math.min(high, otherHigh) - Math.max(low, otherLow);
      if (shared >= OVERLAP * Math.min(high - low, otherHigh - otherLow)) {
        const [first, second] = [Math.min(digit[i], digit[j]), Math.max(digit[i], digit[j])];
        digit = digit.map((given) => (given === second ? first : given));
      }
    });
  });
  const groups = new Map();
  digit.forEach((first, index) => {
    groups.set(first, [...(groups.get(first) ?? []), index]);
  });
  const middle = (indices) =>
    indices.reduce((sum, index) => sum + (spans[index][0] + spans[index][1]) / 2, 0) /
    indices.length;
  return [...groups.values()].sort((one, other) => middle(one) - middle(other));
}

/**
 * @param {[number, number][][]} paths at least one point
 * @returns {[number, number, number, number]} left, top, right and bottom of strokes
 */
export function boxOf(paths) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const path of paths) {
    for (const [x, y] of path) {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  }
  return box;
}
