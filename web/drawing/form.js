// Ink into MNIST's form, as mnist_core/drawing does it (Pillow's resampling): the same steps under
// the same names; what is explained there is not explained again.

export const SIDE = 28; // pixels of MNIST's images
export const BOX = 20; // pixels that the longer side of the ink fills
export const CENTRE = 14.5; // where the centre of mass goes, in pixels from the corner

/**
 * Ink in MNIST's form: fitted to the box, with its centre of mass at the centre.
 *
 * @param {Float32Array} ink height × width numbers in [0, 1], row by row
 * @param {number} height in pixels
 * @param {number} width in pixels
 * @param {boolean} fit whether the ink's longer side is made as long as the box
 * @param {number} detail pixels of the ink that make one of the form, where it is not fitted
 * @returns {Float32Array} 28×28 numbers in [0, 1], row by row; zeros where there is no ink
 */
export function normalise(ink, height, width, fit = true, detail = 1) {
  const edges = bounds(ink, height, width);
  if (!edges) return new Float32Array(SIDE * SIDE);
  const { top, bottom, left, right } = edges;
  const [rows, columns] = [bottom - top, right - left];
  const step = fit ? Math.max(rows, columns) / BOX : detail;
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0, at = (top + y) * width + left; x < columns; x++, at++) {
      const amount = ink[at];
      mass += amount;
      sumX += amount * (x + 0.5);
      sumY += amount * (y + 0.5);
    }
  }
  const frame = SIDE * step;
  const place = (middle, length) => Math.max(length - frame, Math.min(middle - CENTRE * step, 0));
  const [x0, y0] = [place(sumX / mass, columns), place(sumY / mass, rows)];
  const before = Math.ceil(Math.max(-x0, -y0));
  const after = Math.ceil(Math.max(x0 + frame - columns, y0 + frame - rows));
  const pad = Math.max(before, after) + Math.ceil(step) + 1;
  const across = taps(x0, frame, pad, columns);
  const along = taps(y0, frame, pad, rows);
  return resampled(ink, top * width + left, rows, width, across, along);
}

/** First each row, then each column of what comes of that. */
function resampled(ink, start, rows, width, across, along) {
  const narrow = new Float32Array(rows * SIDE);
  for (let y = 0; y < rows; y++) {
    for (let column = 0; column < SIDE; column++) {
      const { from, weights } = across[column];
      const at = start + y * width + from;
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += ink[at + tap] * weights[tap];
      narrow[y * SIDE + column] = sum;
    }
  }
  const form = new Float32Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row++) {
    const { from, weights } = along[row];
    for (let column = 0; column < SIDE; column++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        sum += narrow[(from + tap) * SIDE + column] * weights[tap];
      }
      form[row * SIDE + column] = Math.min(Math.max(sum, 0), 1);
    }
  }
  return form;
}

/**
 * @param {Float32Array} ink height × width numbers, row by row
 * @param {number} height
 * @param {number} width
 * @returns {?{top: number, bottom: number, left: number, right: number}} in pixels, bottom and
 *   right just behind the ink; null where there is none
 */
export function bounds(ink, height, width) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (ink[at] === 0) continue;
      if (y < top) top = y;
      bottom = y + 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
    }
  }
  return top < bottom ? { top, bottom, left, right } : null;
}

/** For each of 28 pixels along one side, the source pixels it is made of and their weights: a
 *  triangle twice as wide as the pixel (bilinear, antialiased). Outside is no ink. */
function taps(start, frame, pad, length) {
  const f = Math.fround; // the box that is resampled is kept in single precision
  const box = [f(start + pad), f(start + pad + frame)];
  const scale = f(box[1] - box[0]) / SIDE;
  const reach = Math.max(scale, 1);
  return Array.from({ length: SIDE }, (_, index) => {
    const middle = box[0] + (index + 0.5) * scale;
    const from = Math.max(Math.trunc(middle - reach + 0.5), 0);
    const to = Math.min(Math.trunc(middle + reach + 0.5), length + 2 * pad);
    const weights = [];
    for (let at = from; at < to; at++) {
      weights.push(Math.max(1 - Math.abs((at - middle + 0.5) / reach), 0));
    }
    const sum = weights.reduce((a, b) => a + b, 0);
    const first = Math.max(from, pad);
    const last = Math.min(to, pad + length);
    return {
      from: first - pad,
      weights: weights.slice(first - from, Math.max(last - from, 0)).map((w) => w / sum),
    };
  });
}
