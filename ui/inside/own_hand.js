// What the network would say with what the visitor has taught it on the drawing page.

import { HandKeeper } from "../../web/hand_keeper.js";
import { inWords } from "../../web/wording.js";

export class OwnHand {
  /**
   * @param {HTMLElement} place for one line of words
   * @param {(forms: Float32Array[]) => Promise<object[]>} read what the network makes of forms
   */
  constructor(place, read) {
    this.place = place;
    this.last = [null, null];
    this.keeper = new HandKeeper(read, () => this.show(...this.last));
  }

  /** Another network reads, or the same one broken. */
  anew() {
    this.keeper.anew();
  }

  /**
   * @param {?object} reading of the drawing, by the network alone; null for none
   * @param {object} data with the confidence threshold
   */
  show(reading, data) {
    this.last = [reading, data];
    const { hand } = this.keeper;
    this.place.hidden = !hand || !reading;
    if (this.place.hidden) return;
    const { guess, words } = inWords(hand.adjust(reading).probabilities, data);
    const said = words.charAt(0).toLowerCase() + words.slice(1);
    this.place.textContent = `With your hand: ${guess ? `${guess}, ` : ""}${said}`;
  }

  dispose() {
    this.keeper.dispose();
  }
}
