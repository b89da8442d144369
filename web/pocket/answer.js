// What was read, where the pocket page shows it: guess, confidence, bars, what the network sees.

import { Bars, setText } from "../bars.js";
import { paintBoxes } from "../boxes.js";
import { numberInWords } from "../number.js";
import { paintForm } from "../picture.js";
import { barsInWords, inWords } from "../wording.js";

const INVITATIONS = { one: "Draw a digit from 0 to 9.", number: "Draw a number." };
const NO_BARS = "Ten empty bars, one for each digit from 0 to 9.";
const NO_FORM = new Float32Array(28 * 28);

export class Answer {
  /** @param {import("../wording.js").WordingSettings} settings */
  constructor(settings) {
    this.settings = settings;
    [this.guess, this.confidence, this.form, this.chart, this.boxes, this.spoken] = [
      "#guess",
      "#confidence",
      "#form",
      "#bars",
      "#boxes",
      "#spoken",
    ].map((place) => document.querySelector(place));
    this.bars = new Bars(this.chart);
    this.digits = [];
  }

  /** Nothing is drawn: say what to do. */
  invite(mode, words = INVITATIONS[mode]) {
    this.say({ guess: "", unsure: false, words });
    this.read(null, NO_FORM);
    this.frame([], null);
    setText(this.spoken, "");
  }

  /** One digit: a reading as readings.js gives it, with ink. */
  showDigit({ form, probabilities }) {
    this.say(inWords(probabilities, this.settings));
    this.read(probabilities, form);
    this.frame([], null);
  }

  /**
   * A number.
   *
   * @param {object[]} digits from left to right, as readings.js gives them
   * @param {object} latest the one among them that was drawn on last
   * @param {{width: number, height: number}} paper the size of the canvas in units
   */
  showNumber(digits, latest, paper) {
    const { guess, words, boxes } = numberInWords(digits, this.settings);
    this.say({ guess, unsure: false, words });
    this.read(latest.probabilities, latest.form);
    this.frame(boxes, paper);
  }

  /** Once, when the pen has been lifted, for those who hear the page. */
  speak() {
    setText(this.spoken, [this.guess.textContent, this.confidence.textContent].join(" "));
  }

  say({ guess, unsure, words }) {
    setText(this.guess, guess);
    this.guess.classList.toggle("unsure", unsure);
    this.guess.style.setProperty("--digits", Math.max(guess.length, 1));
    setText(this.confidence, words);
  }

  read(probabilities, form) {
    this.bars.show(probabilities, "browser");
    const words = probabilities ? barsInWords(probabilities, this.settings) : NO_BARS;
    this.chart.setAttribute("aria-label", words);
    paintForm(this.form, form);
  }

  frame(boxes, paper) {
    if (!boxes.length && !this.digits.length) return;
    this.digits = boxes;
    this.paper = paper ?? this.paper;
    paintBoxes(this.boxes, this.paper, boxes);
  }

  /** The canvas has another size on the screen. */
  fit() {
    if (this.digits.length) paintBoxes(this.boxes, this.paper, this.digits);
  }
}
