// Probabilities in words, as mnist_core/wording.py puts them.

/**
 * @typedef {object} WordingSettings
 * @property {number} confidence_threshold of the network: below it the answer is "not sure"
 * @property {number} confident the probability, in [0, 1], from which it is said without a doubt
 * @property {number} between what two digits must have together to be named as the two possible
 * @property {Record<"sure" | "rather" | "either" | "neither" | "nearly" | "bars", string>} wording
 *   sentences with places for `{first}`, `{second}` and `{percent}`, or for `{best}`
 */

/**
 * What the server would say of these probabilities (`in_words`).
 *
 * @param {number[]} probabilities of the ten digits, with sum 1
 * @param {WordingSettings} settings
 * @returns {{guess: string, unsure: boolean, words: string}} the digit, empty if unsure
 */
export function inWords(probabilities, settings) {
  const { wording, confidence_threshold: threshold, confident, between } = settings;
  const [first, second] = mostProbable(probabilities);
  const [best, next] = [probabilities[first], probabilities[second]];
  const fill = (text) =>
    text
      .replace("{first}", withArticle(first))
      .replace("{second}", withArticle(second))
      .replace("{percent}", percent(best, settings));
  if (best < threshold) {
    const words = fill(best + next > between ? wording.either : wording.neither);
    return { guess: "", unsure: true, words };
  }
  const words = fill(best >= confident ? wording.sure : wording.rather);
  return { guess: String(first), unsure: false, words };
}

/**
 * @param {number} probability in [0, 1]
 * @param {WordingSettings} settings
 * @returns {string} it in words that never claim certainty
 */
export function percent(probability, { wording }) {
  return probability >= 0.9995 ? wording.nearly : `${(probability * 100).toFixed(1)}%`;
}

/**
 * What the bars show, for those who cannot see them.
 *
 * @param {number[]} probabilities of the ten digits
 * @param {WordingSettings} settings
 * @returns {string}
 */
export function barsInWords(probabilities, { wording }) {
  const best = mostProbable(probabilities).slice(0, 3);
  const named = best.map((digit) => `${digit} with ${(probabilities[digit] * 100).toFixed(0)}%`);
  return wording.bars.replace("{best}", named.join(", "));
}

/** The digits, the most probable first; of equals the smaller first. */
function mostProbable(probabilities) {
  return [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a] || a - b);
}

function withArticle(digit) {
  return digit === 8 ? "an 8" : `a ${digit}`;
}
