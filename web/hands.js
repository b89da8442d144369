// What one person has taught the reader, as mnist_core/hands has it: the digits as a file, and how
// they change what a network reads. mnist_core/hands/kernel.py says why it is done so.

import { softmax } from "./network/activations.js";

const VERSION = 1;
const MOST = 200; // digits that a hand keeps
const LARGEST = 32_000_000; // characters of a file
const PIXELS = 28 * 28;

const BOOST = 14; // logits that a taught digit's label gains for the same shape
const BY_FEATURES = 10; // how fast that fades with the distance of the features,
const BY_LOGITS = 0.02; // and with that of the logits
const SHARP = 6; // a power of the likeness, for what is to reach hardly further than the same shape
const SURPLUS = 3; // logits by which a taught digit is read as its label at least
const LOWEST = -20; // logits below which there are no differences
const OTHER_PEN = 0.4; // of the boost, where lines look wholly different
const PEN_WIDTH = 0.1; // share of the ink that may look otherwise with the same pen
const SHADES = 4; // into which ink is sorted, from faint to full
const SAME = 0.95; // likeness above which two taught digits are one and the same

const NO_HAND = "This is no saved hand: choose a file that was saved here under “Your hand”.";
const OTHER_VERSION =
  "This hand was saved by another version of the program: open it there, or teach anew.";
const TOO_LARGE = "This file is too large for a hand: save the hand again where it is.";

/**
 * A digit that somebody wrote, and what it is.
 *
 * @typedef {{label: number, ink: Uint8Array}} TaughtDigit 784 pixels, 0 the ground, 255 full ink
 */

/**
 * @param {TaughtDigit[]} digits the first taught first
 * @returns {string} a file, as mnist_core/datasets/hand_file.py describes it
 */
export function handText(digits) {
  const entries = digits.map(({ label, ink }) => ({
    label,
    ink: btoa(String.fromCharCode(...ink)),
  }));
  return JSON.stringify({ hand: VERSION, digits: entries });
}

/**
 * @param {string} text of a file
 * @returns {{digits: TaughtDigit[], leftOut: number}} at most MOST digits, and how many were too
 *   many
 * @throws {Error} with a sentence for the visitor: it is no such file, of another version, altered
 */
export function handOf(text) {
  if (text.length > LARGEST) throw new Error(TOO_LARGE);
  let content = null;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(NO_HAND);
  }
  if (!content || typeof content !== "object" || !("hand" in content)) throw new Error(NO_HAND);
  if (content.hand !== VERSION) throw new Error(OTHER_VERSION);
  if (!Array.isArray(content.digits)) throw new Error(NO_HAND);
  const digits = content.digits.map((entry, at) => taughtDigit(entry, at + 1));
  const newest = thinnedOut(digits);
  return { digits: newest, leftOut: digits.length - newest.length };
}

function taughtDigit(entry, number) {
  const altered = new Error(
    `Digit ${number} of this hand was altered: save the hand again, or remove that digit.`,
  );
  const label = entry?.label;
  if (!Number.isInteger(label) || label < 0 || label > 9) throw altered;
  if (typeof entry.ink !== "string") throw altered;
  let bytes = "";
  try {
    bytes = atob(entry.ink);
  } catch {
    throw altered;
  }
  const ink = Uint8Array.from(bytes, (letter) => letter.charCodeAt(0));
  if (ink.length !== PIXELS || !ink.some((level) => level)) throw altered;
  return { label, ink };
}

/** Of each label the newest, and of all labels as evenly as can be. */
function thinnedOut(digits) {
  if (digits.length <= MOST) return digits;
  const ages = new Array(10).fill(0); // of each label, how many newer ones there are
  const ranked = [];
  for (let place = digits.length - 1; place >= 0; place--) {
    ranked.push({ place, age: ages[digits[place].label]++ });
  }
  ranked.sort((a, b) => a.age - b.age || b.place - a.place);
  const places = ranked.slice(0, MOST).map(({ place }) => place);
  return places.sort((a, b) => a - b).map((place) => digits[place]);
}

/**
 * @param {Float32Array} form 28×28 numbers in [0, 1]
 * @returns {Uint8Array} the same as it is kept
 */
export function inkOf(form) {
  return Uint8Array.from(form, (ink) => Math.round(Math.min(Math.max(ink, 0), 1) * 255));
}

/** Reads with a network, and with what one person has taught it. */
export class Hand {
  /**
   * @param {TaughtDigit[]} digits the first taught first
   * @param {import("./network/network.js").Reading[]} readings of each, by the network
   */
  constructor(digits, readings) {
    const seen = readings.map((reading, at) => seenDigit(digits[at].ink, reading));
    const numbers = keptNumbers(seen, digits);
    this.digits = numbers.map((number) => digits[number]);
    this.seen = numbers.map((number) => seen[number]);
    this.extras = [];
    this.digits.forEach(({ label }, number) => {
      const { logits } = this.seen[number];
      const before = this.boosted(this.seen[number]); // by those before it
      const rival = Math.max(...before.filter((_, digit) => digit !== label));
      const lack = rival + SURPLUS - logits[label] - BOOST;
      this.extras.push(Math.min(Math.max(lack, 0), SURPLUS - LOWEST));
    });
  }

  /**
   * @template {import("./network/network.js").Reading & {form: Float32Array}} T
   * @param {T} reading of a drawing, by the network
   * @returns {T} the same with the logits and probabilities that follow from what was taught
   */
  adjust(reading) {
    if (!this.digits.length) return reading;
    const logits = this.boosted(seenDigit(inkOf(reading.form), reading));
    return { ...reading, logits, probabilities: softmax(logits) };
  }

  boosted(given) {
    const best = new Array(10).fill(0);
    this.extras.forEach((extra, number) => {
      const taught = this.seen[number];
      const alike = likeness(given, taught);
      const boost = (BOOST * alike + extra * alike ** SHARP) * lookAlike(given, taught);
      const { label } = this.digits[number];
      best[label] = Math.max(best[label], boost);
    });
    return given.logits.map((logit, digit) => logit + best[digit]);
  }
}

/** What of a reading is compared: logits, the direction of the features, shades of the ink. */
function seenDigit(ink, { probabilities, features }) {
  const length = Math.max(Math.sqrt(features.reduce((sum, one) => sum + one * one, 0)), 1e-12);
  const counts = new Array(SHADES).fill(0);
  for (const level of ink) if (level) counts[Math.floor((level * SHADES) / 256)]++;
  const inked = Math.max(
    counts.reduce((a, b) => a + b),
    1,
  );
  return {
    logits: Array.from(probabilities, (one) => Math.max(Math.log(one), LOWEST)),
    direction: Float64Array.from(features, (one) => one / length),
    shades: counts.map((count) => count / inked),
  };
}

function likeness(some, other) {
  let cosine = 0;
  for (let at = 0; at < some.direction.length; at++) {
    cosine += some.direction[at] * other.direction[at];
  }
  const apart = some.logits.reduce((sum, one, at) => sum + (one - other.logits[at]) ** 2, 0);
  const distance = BY_FEATURES * (1 - Math.min(cosine, 1));
  return Math.exp(-distance - (BY_LOGITS / some.logits.length) * apart);
}

function lookAlike(some, other) {
  const apart = some.shades.reduce((sum, one, at) => sum + Math.abs(one - other.shades[at]), 0) / 2;
  return OTHER_PEN + (1 - OTHER_PEN) * Math.exp(-((apart / PEN_WIDTH) ** 2));
}

/** The digits to keep: of the same shape the newest, of too many those least like newer ones. */
function keptNumbers(seen, digits) {
  const newer = seen.map((one, at) => seen.slice(at + 1).map((other) => likeness(one, other)));
  let numbers = [...seen.keys()].filter((number) => !newer[number].some((one) => one > SAME));
  while (numbers.length > MOST) {
    const counts = new Array(10).fill(0);
    for (const number of numbers) counts[digits[number].label]++;
    const label = counts.indexOf(Math.max(...counts));
    const crowded = numbers.filter((number) => digits[number].label === label);
    const likes = crowded.map((number, at) =>
      Math.max(0, ...crowded.slice(at + 1).map((other) => newer[number][other - number - 1])),
    );
    const gone = crowded[likes.indexOf(Math.max(...likes))];
    numbers = numbers.filter((number) => number !== gone);
  }
  return numbers;
}
