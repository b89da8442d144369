// A number that was read, in words and with a label for each digit.

import { inWords, percent } from "./wording.js";

/**
 * @param {{box: [number, number, number, number], probabilities: number[]}[]} digits from left to
 *   right, with ink, as readings.js gives them
 * @param {import("./wording.js").WordingSettings} settings
 * @returns {{guess: string, words: string, boxes: object[]}} the number, with a question mark for
 *   each digit that is not sure; what is said of it; and what boxes.js paints
 */
export function numberInWords(digits, settings) {
  const read = digits.map(({ box, probabilities }) => {
    const best = Math.max(...probabilities);
    const { guess, unsure } = inWords(probabilities, settings);
    return { box, best, guess: unsure ? "?" : guess, sure: !unsure };
  });
  const doubtful = read.filter(({ sure }) => !sure).length;
  const least = Math.min(...read.map(({ best }) => best));
  return {
    guess: read.map(({ guess }) => guess).join(""),
    words: doubtful
      ? `Not sure of ${doubtful} of ${read.length} digits, marked with ?`
      : `${percent(least, settings)} sure of each digit`,
    boxes: read.map(({ box, best, guess, sure }) => {
      return { box, sure, label: sure ? `${guess} ${Math.round(best * 100)}%` : "?" };
    }),
  };
}
