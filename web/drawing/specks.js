// Specks: ink much too small to be a part of the digit, and lying far from it. The same steps as
// in mnist_core/drawing/specks.py, where they are explained.

const MOST_SPECKS = 3; // specks that are left out; more are no accident
const SPECK_APART = 0.3; // of the longer side of the rest, between its box and a speck
const SMALL_STROKE = 0.12; // of the largest stroke's longer side: a speck's is at most that
const SMALL_PART = 0.3; // the same of ink, which is as wide as the brush

/**
 * @param {[number, number][][]} paths x and y of the points of each stroke, none of them empty
 * @returns {[number, number][][]} those that are no specks
 */
export function withoutSpecks(paths) {
  const specks = specksAmong(paths.map(strokeBox), SMALL_STROKE);
  return paths.filter((_, index) => !specks[index]);
}

/**
 * @param {Float32Array} ink height × width numbers in [0, 1], row by row
 * @param {number} height in pixels
 * @param {number} width in pixels
 * @returns {Float32Array} the ink without specks
 */
export function withoutSpeckParts(ink, height, width) {
  const { labels, boxes } = inkParts(ink, height, width);
  if (boxes.length < 2) return ink;
  const specks = specksAmong(boxes, SMALL_PART);
  return ink.map((value, at) => (labels[at] && specks[labels[at] - 1] ? 0 : value));
}

function strokeBox(path) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of path) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

function longerSide([left, top, right, bottom]) {
  return Math.max(right - left, bottom - top);
}

function specksAmong(boxes, small) {
  const largest = boxes.reduce((most, box) => Math.max(most, longerSide(box)), 0);
  const rest = boxes.filter((box) => longerSide(box) > small * largest);
  const none = boxes.map(() => false);
  if (!rest.length) return none;
  const whole = strokeBox(
    rest.flatMap(([left, top, right, bottom]) => [
      [left, top],
      [right, bottom],
    ]),
  );
  const specks = boxes.map((box) => {
    if (longerSide(box) > small * largest) return false;
    const across = Math.max(whole[0] - box[2], box[0] - whole[2], 0);
    const down = Math.max(whole[1] - box[3], box[1] - whole[3], 0);
    return Math.hypot(across, down) > SPECK_APART * longerSide(whole);
  });
  return specks.filter(Boolean).length <= MOST_SPECKS ? specks : none;
}

/** Ink that hangs together, corners included: a number for each pixel, 0 for paper, and the box
 *  of each part. */
function inkParts(ink, height, width) {
  const labels = new Uint32Array(ink.length);
  const boxes = [];
  const waiting = [];
  for (let first = 0; first < ink.length; first++) {
    if (ink[first] === 0 || labels[first]) continue;
    const box = [width, height, 0, 0];
    boxes.push(box);
    labels[first] = boxes.length;
    waiting.push(first);
    while (waiting.length) {
      const at = waiting.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x + 1);
      box[3] = Math.max(box[3], y + 1);
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
          const next = row * width + column;
          if (ink[next] === 0 || labels[next]) continue;
          labels[next] = boxes.length;
          waiting.push(next);
        }
      }
    }
  }
  return { labels, boxes };
}
