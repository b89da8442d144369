// The distance transform (Felzenszwalb and Huttenlocher 2012, "Distance transforms of sampled
// functions").

/**
 * How far each pixel of ink is from the nearest that is none.
 *
 * @param {Float32Array} ink numbers in [0, 1], row by row; 0.5 and more is ink
 * @param {number} width of a row, in pixels
 * @param {{top: number, bottom: number, left: number, right: number}} edges the pixels that are
 *   looked at, bottom and right just behind them; outside is no ink
 * @returns {Float64Array} in pixels, (bottom - top) × (right - left), row by row; 0 outside the ink
 */
export function distanceToPaper(ink, width, { top, bottom, left, right }) {
  const [rows, columns] = [bottom - top + 2, right - left + 2]; // with paper all round
  const squares = new Float64Array(rows * columns);
  for (let y = 1; y < rows - 1; y++) {
    for (let x = 1; x < columns - 1; x++) {
      if (ink[(top + y - 1) * width + left + x - 1] >= 0.5) squares[y * columns + x] = 1e9;
    }
  }
  for (let x = 0; x < columns; x++) lowerEnvelope(squares, x, columns, rows);
  for (let y = 0; y < rows; y++) lowerEnvelope(squares, y * columns, 1, columns);
  const depth = new Float64Array((rows - 2) * (columns - 2));
  for (let y = 0; y < rows - 2; y++) {
    for (let x = 0; x < columns - 2; x++) {
      depth[y * (columns - 2) + x] = Math.sqrt(squares[(y + 1) * columns + x + 1]);
    }
  }
  return depth;
}

/** In place, along one line: the least of (distance squared + value) over the line. */
function lowerEnvelope(values, start, stride, count) {
  const line = new Float64Array(count);
  for (let i = 0; i < count; i++) line[i] = values[start + i * stride];
  const roots = new Int32Array(count); // of the parabolas that are lowest somewhere
  const from = new Float64Array(count + 1); // and from where each is
  let last = 0;
  from[0] = -Infinity;
  from[1] = Infinity;
  for (let i = 1; i < count; i++) {
    let cross;
    for (;;) {
      const root = roots[last];
      cross = (line[i] + i * i - line[root] - root * root) / (2 * (i - root));
      if (cross > from[last]) break;
      last--;
    }
    roots[++last] = i;
    from[last] = cross;
    from[last + 1] = Infinity;
  }
  for (let i = 0, at = 0; i < count; i++) {
    while (from[at + 1] < i) at++;
    values[start + i * stride] = (i - roots[at]) ** 2 + line[roots[at]];
  }
}
