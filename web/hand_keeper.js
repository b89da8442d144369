// A visitor's hand: in this browser's storage, the same in all its windows, and made ready for
// whichever network reads.

import { Hand, handOf, handText, inkOf } from "./hands.js";
import { KEYS, recall, remember } from "./storage.js";
import { visible } from "./visible.js";

const SHOWN = "visitorshand"; // an event on the window: another part of the page changed the hand

export class HandKeeper {
  /**
   * @param {(forms: Float32Array[]) => Promise<object[]>} read what the network makes of forms
   * @param {(hand: ?Hand) => void} changed called when another hand is ready; null for none
   */
  constructor(read, changed) {
    this.read = read;
    this.changed = changed;
    this.hand = null;
    this.text = recall("hand");
    this.kept = true; // whether the browser has the text
    this.readings = new Map(); // by ink
    this.before = []; // texts that can be gone back to
    this.work = Promise.resolve();
    this.stored = (event) => event.key === KEYS.hand && this.take(event.newValue);
    this.shown = ({ detail }) => this.take(detail);
    window.addEventListener("storage", this.stored);
    window.addEventListener(SHOWN, this.shown);
  }

  dispose() {
    window.removeEventListener("storage", this.stored);
    window.removeEventListener(SHOWN, this.shown);
  }

  /** Another window, or another part of this page, has changed the hand. */
  take(text) {
    if (text === this.text) return;
    this.text = text;
    this.renew();
  }

  /** Another network reads: make the hand ready for it. */
  anew() {
    this.readings.clear();
    return this.renew();
  }

  /** @returns {Promise<void>} ends when what is kept is ready; never rejects */
  renew() {
    this.work = this.work.then(async () => {
      await visible();
      const { text } = this;
      try {
        const { digits } = text ? handOf(text) : { digits: [] };
        const hand = digits.length ? await this.made(digits) : null;
        if (text === this.text) this.show(hand);
      } catch {
        if (text === this.text) this.show(null); // what is stored was altered, or nothing reads
      }
    });
    return this.work;
  }

  show(hand) {
    this.hand = hand;
    this.changed(hand);
  }

  /** A hand of these digits, once the network has read them. */
  async made(digits) {
    const names = digits.map(({ ink }) => String.fromCharCode(...ink));
    const unread = [...digits.keys()].filter((at) => !this.readings.has(names[at]));
    const forms = unread.map((at) => Float32Array.from(digits[at].ink, (level) => level / 255));
    const made = forms.length ? await this.read(forms) : [];
    unread.forEach((at, number) => {
      this.readings.set(names[at], made[number]);
    });
    return new Hand(
      digits,
      names.map((name) => this.readings.get(name)),
    );
  }

  /**
   * Learn that a digit is what the label says.
   *
   * @param {Float32Array} form 28×28 numbers in [0, 1], with ink
   * @param {number} label 0 to 9
   * @returns {Promise<boolean>} whether the browser keeps it; never rejects, as all of these
   */
  learn(form, label) {
    return this.change((digits) => [...digits, { label, ink: inkOf(form) }]);
  }

  /** @param {number} number of one of the hand's digits */
  remove(number) {
    return this.change((digits) => digits.filter((_, at) => at !== number));
  }

  forget() {
    return this.change(() => []);
  }

  /**
   * Bring a saved hand back, in place of what there is.
   *
   * @param {string} text of a file
   * @returns {Promise<{kept: boolean, leftOut: number}>}
   * @throws {Error} with a sentence for the visitor
   */
  async bring(text) {
    const { digits, leftOut } = handOf(text);
    return { kept: await this.change(() => digits), leftOut };
  }

  async undo() {
    if (!this.before.length) return true;
    const kept = this.store(this.before.pop());
    await this.renew();
    return kept;
  }

  change(change) {
    let kept = false;
    this.work = this.work.then(async () => {
      try {
        const digits = change(this.digits());
        const hand = digits.length ? await this.made(digits) : null;
        this.before.push(this.text);
        kept = this.store(hand ? handText(hand.digits) : null);
        this.show(hand);
      } catch {
        // The network has gone: nothing can be learnt for now.
      }
    });
    return this.work.then(() => kept);
  }

  /** What is learnt by now: another window may have written since, whose word is on its way. */
  digits() {
    const stored = this.kept ? recall("hand") : this.text;
    if (stored === this.text) return this.hand?.digits ?? [];
    this.text = stored;
    try {
      return stored ? handOf(stored).digits : [];
    } catch {
      return []; // it was altered
    }
  }

  store(text) {
    this.text = text;
    this.kept = remember("hand", text);
    return this.kept;
  }
}

/** Tell all parts of the page of another hand, and keep it. @returns {boolean} whether it is kept */
export function shareHand(text) {
  const kept = remember("hand", text);
  window.dispatchEvent(new CustomEvent(SHOWN, { detail: text }));
  return kept;
}
