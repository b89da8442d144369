// The path that the canvas of Streamlit's page makes of the pen's points: Fabric.js' pencil, in as
// many points as the server draws (ui/canvas.py).

const CURVE_POINTS = 4; // that stand for one curve
const DECIMATE = 0.4; // pixels that points of the pen must be apart to be kept

/**
 * Smooth curves through the middles between the pen's points.
 *
 * @param {[number, number][]} given x and y of each point, in pixels of the canvas, y downward; at
 *   least one
 * @param {number} width of the brush, in pixels
 * @returns {[number, number][]} points in the same unit
 */
export function strokePath(given, width) {
  const points = given.length > 2 ? decimate(given) : given;
  const count = points.length;
  const nudge = width / 1000; // the ends are drawn out by this much
  const sign = (a, b) => Math.sign(a - b);
  const [x0, y0] = points[0];
  const path = [];
  if (count > 2) {
    path.push([
      x0 - nudge * sign(points[2][0], points[1][0]),
      y0 - nudge * sign(points[2][1], points[1][1]),
    ]);
  } else {
    path.push([x0 - nudge, y0]);
  }
  for (let index = 0; index + 1 < count; index++) {
    const [cx, cy] = points[index];
    const [nx, ny] = points[index + 1];
    if (cx === nx && cy === ny) continue;
    const [sx, sy] = path[path.length - 1];
    const [ex, ey] = [cx + (nx - cx) * 0.5, cy + (ny - cy) * 0.5];
    for (let step = 1; step <= CURVE_POINTS; step++) {
      const t = step / CURVE_POINTS;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
      path.push([a * sx + b * cx + c * ex, a * sy + b * cy + c * ey]);
    }
  }
  const [x, y] = points[count - 1];
  if (count > 2) {
    const [px, py] = points[count - 2];
    path.push([x + nudge * sign(x, px), y + nudge * sign(y, py)]);
  } else {
    path.push([x + nudge, y]);
  }
  return path;
}

function decimate(points) {
  const last = points.length - 1;
  let kept = points[0];
  const found = [kept];
  for (let index = 1; index < last - 1; index++) {
    const [x, y] = points[index];
    if ((kept[0] - x) ** 2 + (kept[1] - y) ** 2 >= DECIMATE ** 2) {
      kept = points[index];
      found.push(kept);
    }
  }
  found.push(points[last]);
  return found;
}
