// Strokes as pixels, filled as Pillow's ImageDraw fills lines and ellipses.

/**
 * Fill a stroke with 1: a line from point to point, and a dot at each.
 *
 * @param {Uint8Array} canvas size × size bytes, row by row
 * @param {number} size in pixels
 * @param {[number, number][]} dots x and y of the stroke's points, in pixels
 * @param {number} pen its width, in pixels
 * @returns {void}
 */
export function fillStroke(canvas, size, dots, pen) {
  const radius = pen / 2;
  const width = Math.max(1, roundHalfEven(2 * radius));
  const whole = dots.map(([x, y]) => [Math.trunc(x), Math.trunc(y)]);
  for (let index = 1; index < whole.length; index++) {
    fillLine(canvas, size, whole[index - 1], whole[index], width);
  }
  for (const [x, y] of dots) {
    const [x0, y0] = [Math.trunc(x - radius), Math.trunc(y - radius)];
    const across = Math.trunc(x + radius) - x0;
    const down = Math.trunc(y + radius) - y0;
    const starts = ellipse(across, down);
    for (let row = 0; row <= down; row++) {
      fillRow(canvas, size, y0 + row, x0 + starts[row], x0 + across - starts[row]);
    }
  }
}

function fillRow(canvas, size, y, from, to) {
  if (y < 0 || y >= size) return;
  const start = Math.max(from, 0);
  const stop = Math.min(to, size - 1);
  if (start <= stop) canvas.fill(1, y * size + start, y * size + stop + 1);
}

function roundHalfEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

const ellipses = new Map();

/** For each row of an ellipse of across+1 by down+1 pixels, where its ink starts. A walk along
 *  a quarter of its rim in steps of two half pixels, always to the neighbour nearest the rim. */
function ellipse(across, down) {
  const name = across * 4096 + down;
  if (ellipses.has(name)) return ellipses.get(name);
  const starts = new Int32Array(down + 1).fill(-1);
  const off = (x, y) =>
    Math.abs(across ** 2 * y ** 2 + down ** 2 * x ** 2 - across ** 2 * down ** 2);
  let [x, y] = [across, down % 2];
  for (;;) {
    const start = (across - x) / 2;
    for (const row of [(down - y) / 2, (down + y) / 2]) if (starts[row] < 0) starts[row] = start;
    if (x === across % 2 && y === down) break;
    let [nx, ny, least] = [x, y + 2, off(x, y + 2)];
    if (x > 1) {
      if (off(x - 2, y + 2) < least) [nx, ny, least] = [x - 2, y + 2, off(x - 2, y + 2)];
      if (off(x - 2, y) < least) [nx, ny] = [x - 2, y];
    }
    [x, y] = [nx, ny];
  }
  ellipses.set(name, starts);
  return starts;
}

const awayFromZero = (v) => (v >= 0 ? Math.floor(v + 0.5) : -Math.floor(-v + 0.5));
const towardsZero = (v) => (v >= 0 ? Math.ceil(v - 0.5) : -Math.ceil(-v - 0.5));

/** Fill a line between two whole points: a quadrilateral whose corners are whole points. */
function fillLine(canvas, size, [x0, y0], [x1, y1], width) {
  if (x0 === x1 && y0 === y1) {
    fillRow(canvas, size, y0, x0, x0);
    return;
  }
  const corners = lineCorners([x0, y0], [x1, y1], width);
  const edges = [];
  let [top, bottom] = [size - 1, 0];
  for (let index = 0; index < 4; index++) {
    const [ax, ay] = corners[index];
    const [bx, by] = corners[(index + 1) % 4];
    const [low, high] = [Math.min(ay, by), Math.max(ay, by)];
    top = Math.min(top, low);
    bottom = Math.max(bottom, high);
    if (low === high) fillRow(canvas, size, low, Math.min(ax, bx), Math.max(ax, bx));
    else edges.push({ x: ax, y: ay, low, high, slope: single(single(bx - ax) / (by - ay)) });
  }
  for (let y = Math.max(top, 0); y <= Math.min(bottom, size); y++) {
    const found = edges.flatMap((edge, index) => crossings(edge, y, bottom, edges.slice(0, index)));
    found.sort((a, b) => a - b);
    for (let index = 1; index < found.length; index += 2) {
      fillRow(canvas, size, y, awayFromZero(found[index - 1]), towardsZero(found[index]));
    }
  }
}

function lineCorners([x0, y0], [x1, y1], width) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy);
  const half = (width - 1) / 2;
  const [more, less] = [awayFromZero(half) / length, towardsZero(half) / length];
  const [lessX, moreX] = [towardsZero(less * dy), towardsZero(more * dy)];
  const [lessY, moreY] = [towardsZero(less * dx), towardsZero(more * dx)];
  return [
    [x0 - lessX, y0 + moreY],
    [x1 - lessX, y1 + moreY],
    [x1 + moreX, y1 - lessY],
    [x0 + moreX, y0 - lessY],
  ];
}

const single = Math.fround; // as Pillow reckons

const xOf = (edge, y) => single(single(single(y - edge.y) * edge.slope) + edge.x);

/** Where an edge crosses a row: not, once, or twice where it ends and the shape goes on. */
function crossings(edge, y, bottom, earlier) {
  if (y < edge.low || y > edge.high) return [];
  const x = xOf(edge, y);
  if (y === edge.high && y < bottom) return [x, x];
  if ((y !== edge.low && y !== edge.high) || edge.slope === 0) return [x];
  // Where two slanted edges meet in a corner, the row reaches as far as its neighbour.
  for (const other of earlier) {
    if ((y !== other.low && y !== other.high) || other.slope === 0) continue;
    if (awayFromZero(x) !== awayFromZero(xOf(other, y))) continue;
    const beside = y === edge.high ? y - 1 : y + 1;
    if (beside < other.low || beside > other.high) continue;
    const [mine, its] = [xOf(edge, beside), xOf(other, beside)];
    if (x > single(mine + 1) && x > single(its + 1)) return [awayFromZero(Math.max(mine, its)) + 1];
    if (x < single(mine - 1) && x < single(its - 1)) return [awayFromZero(Math.min(mine, its)) - 1];
    break;
  }
  return [x];
}
