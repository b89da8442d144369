// Keeps the visitor's hand in the browser's storage, and gives it to the server of a new page.

import { shareHand } from "../../web/hand_keeper.js";
import { KEYS, recall } from "../../web/storage.js";

class Keeper {
  constructor() {
    this.changes = 0; // of the server's that are kept
    this.told = null; // what the server was told last
    this.stored = (event) => {
      if (event.key === KEYS.hand) this.tell(event.newValue);
    };
    window.addEventListener("storage", this.stored);
  }

  dispose() {
    window.removeEventListener("storage", this.stored);
  }

  configure({ changes, hand }, setTriggerValue) {
    this.send = setTriggerValue;
    if (changes > this.changes) {
      this.changes = changes;
      this.told = hand;
      if (!shareHand(hand)) this.send("full", true);
    } else if (changes === 0 && this.told === null) {
      this.tell(recall("hand"));
    }
  }

  tell(text) {
    if (text === this.told) return;
    this.told = text;
    this.send("found", text ?? "");
  }
}

const keepers = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!keepers.has(parentElement)) keepers.set(parentElement, new Keeper());
  keepers.get(parentElement).configure(data, setTriggerValue);
  return () => {
    keepers.get(parentElement)?.dispose();
    keepers.delete(parentElement);
  };
}
