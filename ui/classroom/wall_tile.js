// One digit of the wall: a button with its strokes and, where it was misread, as what.

const SVG_NAMES = "http://www.w3.org/2000/svg";
const TILE_SIDE = 100; // units of the drawing
const TILE_MARGIN = 15;

/** What the network made of a digit; null where nobody knows. */
export function readAs(digit) {
  return digit.read?.digit ?? digit.guess ?? null;
}

export function isMisread(digit) {
  const read = readAs(digit);
  return digit.label !== null && read !== null && read !== digit.label;
}

/** The member of a digit as everybody may know them: "teal otter". */
export function handOf({ member }) {
  return `${member.colour} ${member.animal}`;
}

export function digitInWords(digit) {
  const read = readAs(digit);
  const what = digit.label === null ? "No label yet" : `A ${digit.label}`;
  const how = read === null ? "" : isMisread(digit) ? `, misread as ${read}` : `, read as ${read}`;
  return `${what} by the ${handOf(digit)}${how}`;
}

/** Strokes, of any unit, as large as fits. */
export function strokesDrawn(strokes) {
  const drawing = document.createElementNS(SVG_NAMES, "svg");
  drawing.setAttribute("viewBox", `0 0 ${TILE_SIDE} ${TILE_SIDE}`);
  drawing.setAttribute("aria-hidden", "true");
  const points = strokes.flat();
  if (!points.length) return drawing;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const scale = (TILE_SIDE - 2 * TILE_MARGIN) / Math.max(width, height, 1e-6);
  const [dx, dy] = [(TILE_SIDE - width * scale) / 2, (TILE_SIDE - height * scale) / 2];
  const path = strokes
    .filter((stroke) => stroke.length)
    .map((stroke) => {
      const placed = stroke.map(([x, y]) =>
        [(x - left) * scale + dx, (y - top) * scale + dy].map((v) => v.toFixed(1)).join(" "),
      );
      if (placed.length === 1) placed.push(placed[0]); // a dot
      return `M${placed.join("L")}`;
    });
  const ink = document.createElementNS(SVG_NAMES, "path");
  ink.setAttribute("d", path.join(""));
  drawing.append(ink);
  return drawing;
}

/** The button of a digit, as the digit is now. */
export function makeTile(digit) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.tabIndex = -1;
  tile.dataset.id = digit.id;
  tile.append(strokesDrawn(digit.strokes));
  const badge = document.createElement("b");
  badge.setAttribute("aria-hidden", "true");
  tile.append(badge);
  labelTile(tile, digit);
  return tile;
}

/** Bring a tile up to date with what is known of its digit. */
export function labelTile(tile, digit) {
  const wrong = isMisread(digit);
  tile.className = wrong ? "tile misread" : "tile";
  tile.dataset.label = digit.label ?? "";
  tile.dataset.read = readAs(digit) ?? "";
  tile.setAttribute("aria-label", digitInWords(digit));
  tile.title = digitInWords(digit);
  tile.querySelector("b").textContent = wrong ? readAs(digit) : "";
}
