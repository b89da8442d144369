// The small drawn animals by which members of a class find what is theirs.

/** The colours by their words; told apart also by those who see fewer (Okabe and Ito, 2008). */
export const COLOURS = {
  orange: "#e69f00",
  sky: "#7cc8f2",
  teal: "#1fb58f",
  yellow: "#f0e442",
  blue: "#4a8fe0",
  red: "#e8602c",
  pink: "#df9cc0",
  white: "#f3f5f7",
};

const NIGHT = "#101418"; // what they stand on, so that all colours are seen on any page
const SNOW = "#fdfdfd";

const dot = (x, y, r, fill = NIGHT) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;
const oval = (x, y, rx, ry, fill = "currentColor") =>
  `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"/>`;
const area = (d, fill = "currentColor") => `<path d="${d}" fill="${fill}"/>`;
const line = (d, width = 2, stroke = NIGHT) =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round"/>`;
const eyes = (y, apart = 7, r = 2.2) => dot(24 - apart, y, r) + dot(24 + apart, y, r);

// On a square of 48 units.
const SHAPES = {
  otter: [
    oval(24, 25, 18, 16),
    oval(9, 15, 4, 4) + oval(39, 15, 4, 4),
    oval(24, 31, 10, 8, SNOW),
    eyes(21, 8) + oval(24, 27, 3.6, 2.6, NIGHT),
    line("M24 29v4M20 35q4 1 4-2q0 3 4 2") +
      line("M12 30l-7-1M12 34l-6 2M36 30l7-1M36 34l6 2", 1.5),
  ],
  fox: [
    area("M6 5l13 9q5-1.500 10 0l13-9l-1 20q-4 13-17 19q-13-6-17-19z"),
    area("M7.500 26q10 1 16.500 12q6.500-11 16.500-12q-4 12-16.500 18q-12.500-6-16.500-18z", SNOW),
    eyes(24) + oval(24, 40, 3.2, 2.6, NIGHT),
  ],
  owl: [
    area("M7 5q6 4 11 4h12q5 0 11-4q2 10 0 21q-3 18-17 18t-17-18q-2-11 0-21z"),
    dot(16, 20, 8, SNOW) + dot(32, 20, 8, SNOW) + dot(16, 20, 3.6) + dot(32, 20, 3.6),
    area("M24 23l4 5l-4 6l-4-6z", NIGHT) + line("M15 37l3 3l3-3M27 37l3 3l3-3"),
  ],
  cat: [
    area("M7 4l11 9q6-1.500 12 0l11-9v22a17 17 0 0 1-34 0z"),
    oval(17, 24, 3, 4, NIGHT) + oval(31, 24, 3, 4, NIGHT),
    area("M21 31h6l-3 4z", NIGHT) + line("M24 35q-1 4-5 3M24 35q1 4 5 3"),
    line("M14 32l-11-2M14 36l-10 3M34 32l11-2M34 36l10 3", 1.5, SNOW),
  ],
  rabbit: [
    oval(16, 13, 5, 12) + oval(32, 13, 5, 12),
    oval(16, 13, 2.2, 8, NIGHT) + oval(32, 13, 2.2, 8, NIGHT),
    oval(24, 32, 15, 13),
    eyes(29) + oval(24, 35, 2.4, 1.8, NIGHT),
    area("M21 38h6v5h-6z", SNOW) + line("M24 37v6", 1),
  ],
  bear: [
    dot(10, 12, 7, "currentColor") +
      dot(38, 12, 7, "currentColor") +
      dot(10, 12, 3) +
      dot(38, 12, 3),
    oval(24, 26, 18, 17),
    oval(24, 32, 8, 7, SNOW) + oval(24, 29, 3.6, 2.6, NIGHT),
    eyes(21) + line("M24 31v4M21 36q3 1 3-1q0 2 3 1", 1.5),
  ],
  frog: [
    dot(13, 14, 8, "currentColor") + dot(35, 14, 8, "currentColor"),
    oval(24, 29, 20, 14),
    dot(13, 14, 5, SNOW) + dot(35, 14, 5, SNOW) + dot(13, 14, 2.4) + dot(35, 14, 2.4),
    line("M10 30q14 11 28 0", 2.5) + dot(21, 25, 1) + dot(27, 25, 1),
  ],
  penguin: [
    oval(24, 25, 15, 20),
    oval(8, 28, 3.5, 10) + oval(40, 28, 3.5, 10),
    area("M24 15q5-6 9 0q3 8 1 18q-3 9-10 9t-10-9q-2-10 1-18q4-6 9 0z", SNOW),
    eyes(19, 5) + area("M20 23h8l-4 6z", "#e69f00") + oval(17, 45, 5, 2) + oval(31, 45, 5, 2),
  ],
  whale: [
    area(
      "M4 27q0-11 14-11q12 0 17 10q5-1 5-7q-5-1-6-6q5 0 7 3q2-3 6-3q0 5-5 7q2 20-20 20q-18 0-18-13z",
    ),
    area("M5 31q12 7 25 4q-3 5-11 5q-10 0-14-9z", SNOW),
    dot(12, 26, 2.2) + line("M17 12q0-7-5-7M17 12q0-7 5-7", 2.5, "#7cc8f2"),
  ],
  turtle: [
    oval(12, 38, 4, 5) +
      oval(29, 38, 4, 5) +
      oval(41, 25, 6, 5.5) +
      line("M34 33q4 0 6-5", 6, "currentColor"),
    area("M4 35q0-22 17-22t17 22z", SNOW),
    area("M6.500 33q1-17.500 14.500-17.500t14.500 17.500z"),
    line("M15 17l-3 16M27 17l3 16M9 25h24", 2) + dot(43, 24, 1.6),
  ],
  hedgehog: [
    area("M3 36l3-6l-3-3l5-3l-2-5l5-1v-5l5 2l2-5l4 4l4-4l2 5l5-2v5l5 1l-2 6l-6 10z"),
    area("M20 38q-2-14 10-16q6 0 9 6q3 4 6 5q0 5-6 5z", SNOW),
    dot(33, 28, 2.2) + dot(44, 33.5, 2.6) + line("M12 39h26", 3, "currentColor"),
  ],
  snail: [
    area("M4 40q16-2 28-2q3-4 4-12q5-3 9 0q2 5-2 8q-2 8-10 8h-27z", SNOW),
    line("M37 26l-2-9M42 26l3-8", 2, SNOW) + dot(35, 16, 2, SNOW) + dot(45, 17, 2, SNOW),
    dot(19, 25, 14, "currentColor"),
    line("M19 26q0-3 3-3q4 0 4 4q0 6-7 6q-8 0-8-8q0-9 9-9q5 0 8 3", 2.5) + dot(41, 30, 1.6),
  ],
};

/** The animals' names. */
export const ANIMALS = Object.keys(SHAPES);

/**
 * An animal, for the eye alone: its words stand beside it.
 *
 * @param {string} name one of ANIMALS; another gives a plain ball
 * @param {string} colour a word of COLOURS; another gives grey
 * @param {number} size in pixels
 * @returns {string} SVG
 */
export function animal(name, colour, size = 40) {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name].join("") : oval(24, 24, 16, 16);
  const paint = Object.hasOwn(COLOURS, colour) ? COLOURS[colour] : "#9aa5b1";
  return (
    `<svg class="animal" width="${size}" height="${size}" viewBox="-4 -4 56 56" ` +
    `aria-hidden="true" style="color:${paint};forced-color-adjust:none">` +
    `<rect x="-4" y="-4" width="56" height="56" rx="14" fill="${NIGHT}"/>${shape}</svg>`
  );
}
