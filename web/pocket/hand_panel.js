// Where a visitor tells the pocket page what it was, and sees what it has learnt.

import { setText } from "../bars.js";
import { handText } from "../hands.js";
import { paintForm } from "../picture.js";
import { Teaching } from "./teaching.js";

const ASK = "Misread? Tap what it was.";
const FULL = "Learnt until this page is closed: this browser has no room to keep it. Save it.";
const FROM_FILE = "Brought back.";
const LEARNT_NOTHING = "Nothing learnt yet. Under a misread digit, tap what it was.";

const handPart = (name) => document.querySelector(`#${name}`);

export class HandPanel {
  /**
   * @param {import("../hand_keeper.js").HandKeeper} keeper
   * @param {object} page
   * @param {() => ?object} page.bare the network's own reading of the digit that is drawn
   * @param {() => Promise<?object>} page.settled the same, once all that is drawn has been read
   * @param {() => void} page.clear takes the drawing away
   * @param {() => void} page.one goes over to drawing one digit
   */
  constructor(keeper, page) {
    this.keeper = keeper;
    this.page = page;
    this.teaching = null;
    this.dialog = handPart("learnt");
    this.place = handPart("correct");
    handPart("hand").addEventListener("click", () => this.open());
    handPart("teach").addEventListener("click", () => this.teach());
    handPart("hand_undo").addEventListener("click", () => this.did(keeper.undo()));
    handPart("hand_forget").addEventListener("click", () => this.did(keeper.forget()));
    handPart("hand_save").addEventListener("click", () => this.save());
    const file = handPart("hand_file");
    handPart("hand_bring").addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.bring(file));
    this.askWhatItWas(ASK);
    this.refresh();
  }

  /** There is another drawing or another reading. */
  refresh() {
    const drawn = Boolean(this.page.bare());
    for (const button of this.place.querySelectorAll(".needs-ink")) button.disabled = !drawn;
  }

  /** The hand is another one. */
  show() {
    const digits = this.keeper.hand?.digits ?? [];
    setText(handPart("hand"), digits.length ? `Hand ${digits.length}` : "Hand");
    const count = digits.length === 1 ? "One digit" : `${digits.length} digits`;
    const words = digits.length ? `${count} learnt. Tap one to forget it.` : LEARNT_NOTHING;
    setText(handPart("learnt_words"), words);
    handPart("strip").replaceChildren(...digits.map((digit, at) => this.learnt(digit, at)));
    for (const name of ["hand_save", "hand_forget"]) handPart(name).disabled = !digits.length;
    handPart("hand_undo").disabled = !this.keeper.before.length;
  }

  learnt({ label, ink }, at) {
    const [item, button] = ["li", "button"].map((name) => document.createElement(name));
    const picture = document.createElement("canvas");
    Object.assign(picture, { width: 28, height: 28 });
    paintForm(
      picture,
      Float32Array.from(ink, (level) => level / 255),
    );
    button.type = "button";
    button.setAttribute("aria-label", `Forget this ${label}`);
    button.append(picture, `${label} ×`);
    button.addEventListener("click", () => this.did(this.keeper.remove(at)));
    item.append(button);
    return item;
  }

  // What it was ---------------------------------------------------------------------------

  askWhatItWas(words) {
    this.teaching = null;
    setText(handPart("asked"), words);
    this.place.classList.remove("teaching");
    const buttons = Array.from({ length: 10 }, (_, label) => {
      const button = this.button(String(label), () => this.correct(label));
      button.setAttribute("aria-label", `It was ${label === 8 ? "an" : "a"} ${label}`);
      return button;
    });
    this.place.replaceChildren(...buttons);
    this.refresh();
  }

  button(words, pressed, needsInk = true) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.classList.toggle("needs-ink", needsInk);
    button.addEventListener("click", pressed);
    return button;
  }

  async correct(label) {
    const reading = await this.page.settled();
    if (!reading) return;
    const kept = await this.keeper.learn(reading.form, label);
    setText(handPart("asked"), kept ? `Learnt as ${label === 8 ? "an" : "a"} ${label}.` : FULL);
  }

  // Teach it ------------------------------------------------------------------------------

  teach() {
    this.dialog.close();
    this.page.one();
    this.page.clear();
    this.teaching = new Teaching(this.keeper);
    this.prompt();
  }

  prompt() {
    setText(handPart("asked"), this.teaching.words());
    this.place.classList.add("teaching");
    this.place.replaceChildren(
      this.button("Next", () => this.next()),
      this.button("Enough", () => this.enough(), false),
    );
    this.refresh();
  }

  async next() {
    this.place.querySelector("button").disabled = true; // one tap, one digit
    const reading = await this.page.settled();
    if (!reading) return;
    await this.teaching.take(reading);
    this.page.clear();
    if (this.teaching.finished()) await this.enough();
    else this.prompt();
  }

  async enough() {
    this.askWhatItWas((await this.teaching.result()) || ASK);
    this.page.clear();
  }

  // The dialog ----------------------------------------------------------------------------

  open() {
    setText(handPart("hand_note"), "");
    this.show();
    this.dialog.showModal();
  }

  async did(change) {
    setText(handPart("hand_note"), (await change) ? "" : FULL);
  }

  save() {
    const text = handText(this.keeper.hand?.digits ?? []);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "hand.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async bring(file) {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    try {
      const { kept, leftOut } = await this.keeper.bring(await chosen.text());
      const less = leftOut
        ? ` ${leftOut} older digits were left out: there is no room for more.`
        : "";
      setText(handPart("hand_note"), kept ? FROM_FILE + less : FULL);
    } catch (error) {
      setText(handPart("hand_note"), error.message);
    }
  }
}
