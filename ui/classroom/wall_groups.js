// What stands together on the wall: digits by label, by mistake, by hand; and how large.

import { handOf, isMisread, readAs } from "./wall_tile.js";

export const LEAST_OF_A_HAND = 3; // labelled digits from which a hand is compared with others
const HANDS_SHOWN = 8;
const TILE_SIZES = [132, 116, 100, 88, 78, 70, 62, 56, 50, 44, 38]; // pixels
const TILE_GAP = 4;
const HAND_TILES = 14;

/** So many of a group's digits: all that were misread, if there is room, and the newest. */
export function someOf(digits, most) {
  if (digits.length <= most) return digits;
  const wrong = digits.filter(isMisread).slice(-most);
  const newest = digits.filter((digit) => !isMisread(digit)).slice(-most);
  const others = newest.slice(newest.length - (most - wrong.length));
  return [...wrong, ...others].sort((a, b) => a.number - b.number);
}

/** @returns {object[]} groups { key, head, note, digits, half } in the order in which they stand */
export function groupedBy(view, digits) {
  if (view === "mistake") return byMistake(digits);
  if (view === "hand") return byHand(digits);
  return byLabel(digits);
}

function byLabel(digits) {
  const groups = [...Array(10).keys()].map((label) => {
    const those = digits.filter((digit) => digit.label === label);
    const wrong = those.filter(isMisread).length;
    const note = wrong ? `${wrong} misread` : "";
    return { key: `label-${label}`, head: String(label), count: those.length, note, digits: those };
  });
  const without = digits.filter((digit) => digit.label === null);
  if (without.length) {
    const [key, head, note] = ["label-none", "?", "no label"];
    groups.push({ key, head, count: without.length, note, digits: without });
  }
  return groups;
}

function byMistake(digits) {
  const cells = new Map();
  for (const digit of digits.filter(isMisread)) {
    const key = `${digit.label}→${readAs(digit)}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(digit);
  }
  return [...cells]
    .sort(([a, one], [b, other]) => other.length - one.length || a.localeCompare(b))
    .map(([head, those]) => ({
      key: `mistake-${head}`,
      head,
      count: those.length,
      note: "",
      digits: those,
    }));
}

/** The hands that are misread most, the hardest first; no name is known, only an animal. */
function byHand(digits) {
  const hands = new Map();
  for (const digit of digits.filter(({ label }) => label !== null)) {
    const { id } = digit.member;
    if (!hands.has(id)) hands.set(id, { words: handOf(digit), member: digit.member, digits: [] });
    hands.get(id).digits.push(digit);
  }
  return [...hands.values()]
    .map((hand) => ({ ...hand, wrong: hand.digits.filter(isMisread) }))
    .filter(({ digits: all, wrong }) => all.length >= LEAST_OF_A_HAND && wrong.length)
    .sort((a, b) => b.wrong.length / b.digits.length - a.wrong.length / a.digits.length)
    .slice(0, HANDS_SHOWN)
    .map(({ words, member, digits: all, wrong }) => ({
      key: `hand-${member.id}`,
      head: words,
      member,
      note: `${wrong.length} of ${all.length} misread`,
      digits: wrong.slice(-HAND_TILES),
    }));
}

/**
 * How large the tiles can be, so that all groups fit, and how many of each group are shown.
 *
 * @param {number[]} counts of the digits of each group of one column
 * @param {number} width of the place for tiles, `height` of the column, in pixels
 * @param {number} least height of a group
 * @param {number} largest tile
 * @returns {{side: number, most: number}} pixels, and digits of a group
 */
export function fitted(columns, width, height, least, largest) {
  for (const side of TILE_SIZES.filter((size) => size <= largest)) {
    const across = Math.max(1, Math.floor((width + TILE_GAP) / (side + TILE_GAP)));
    const fits = columns.every((counts) => {
      const heights = counts.map((n) =>
        Math.max(least, Math.max(1, Math.ceil(n / across)) * (side + TILE_GAP) + TILE_GAP),
      );
      return heights.reduce((sum, one) => sum + one, 0) <= height;
    });
    if (fits) return { side, most: Number.POSITIVE_INFINITY };
  }
  const side = TILE_SIZES.at(-1);
  const across = Math.max(1, Math.floor((width + TILE_GAP) / (side + TILE_GAP)));
  const groups = Math.max(1, ...columns.map((counts) => counts.length));
  const rows = Math.max(1, Math.floor((height / groups - TILE_GAP) / (side + TILE_GAP)));
  return { side, most: Math.max(1, rows * across - 2) }; // the rest is a number beside them
}
