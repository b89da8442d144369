// What is looked at, as a part of the page's address.

const PAPER_SIDE = 340; // units of the canvas
const BRUSH_WIDTH = 22;
const STEP_BETWEEN = 4; // units between two points that are worth telling apart
const MOST_TOLD = 500; // points of a drawing; an address has no room for more
const PARTS = ["run", "layer", "unit", "row", "column", "epoch", "digit", "dataset", "drawing"];

/**
 * Strokes as text for an address: of each stroke the number of its points (two bytes), then x and y
 * of each (a byte, 255 the canvas' side), in base64 as addresses take it.
 *
 * @param {{points: [number, number][]}[]} strokes
 * @returns {string} empty where there are none, or too many
 */
export function drawingAsText(strokes) {
  const bytes = [];
  let count = 0;
  for (const { points } of strokes) {
    const kept = thinned(points);
    count += kept.length;
    bytes.push(kept.length >> 8, kept.length & 255);
    for (const point of kept) bytes.push(...point.map(asByte));
  }
  if (!count || count > MOST_TOLD) return "";
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function asByte(value) {
  return Math.round((Math.min(Math.max(value, 0), PAPER_SIDE) / PAPER_SIDE) * 255);
}

/** A path without the points that are next to each other. */
function thinned(points) {
  const kept = [points[0]];
  for (const point of points.slice(1, -1)) {
    const [x, y] = kept[kept.length - 1];
    if (Math.hypot(point[0] - x, point[1] - y) >= STEP_BETWEEN) kept.push(point);
  }
  if (points.length > 1) kept.push(points[points.length - 1]);
  return kept;
}

/**
 * @param {string} text of `drawingAsText`
 * @returns {?{points: [number, number][], width: number}[]} null if it is something else
 */
export function drawingFromText(text) {
  const strokes = [];
  try {
    const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    let at = 0;
    let count = 0;
    while (at < letters.length) {
      const length = letters.charCodeAt(at) * 256 + letters.charCodeAt(at + 1);
      count += length;
      at += 2;
      if (!length || count > MOST_TOLD || at + 2 * length > letters.length) return null;
      const value = (index) => (letters.charCodeAt(at + index) / 255) * PAPER_SIDE;
      const points = Array.from({ length }, (_, index) => [value(2 * index), value(2 * index + 1)]);
      strokes.push({ points, width: BRUSH_WIDTH });
      at += 2 * length;
    }
  } catch {
    return null;
  }
  return strokes.length ? strokes : null;
}

/**
 * Tell in the page's address what is looked at; nobody has to load anything for that.
 *
 * @param {Record<string, string | number | null>} state by the names of PARTS; null leaves one out
 * @returns {string} the whole address
 */
export function tellAddress(state) {
  const address = new URL(location.href);
  for (const part of PARTS) {
    const value = state[part];
    if (value === null || value === undefined || value === "") address.searchParams.delete(part);
    else address.searchParams.set(part, value);
  }
  if (address.href !== location.href) history.replaceState(history.state, "", address);
  return address.href;
}
