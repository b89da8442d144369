// What the class does now, on one phone: write what is asked, draw freely, fool the network, say
// what a digit is, or look to the front.

import { setText } from "../bars.js";
import { recall, remember } from "../storage.js";
import { uuid } from "./outbox.js";
import { Prompts } from "./prompts.js";
import { paintSubject } from "./subject.js";

const PATIENCE = 800; // milliseconds that the next digit waits for the last to arrive
const TASKS = {
  free: "Draw a digit",
  fool: "Fool it",
  vote: "What is it?",
  what: "What is it?",
  pause: "Eyes to the front",
};
const ASKED = {
  write: "",
  free: "Then tap what it is.",
  fool: "Draw a digit that people can read and it cannot. Tap what it is meant to be.",
  vote: "Tap the digit that you see.",
  what: "The next digit comes in a moment.",
  pause: "",
};

export const anOrA = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;
const placeOf = (name) => document.querySelector(`#${name}`);

export class Activities {
  /**
   * @param {import("./desk.js").Desk} desk
   * @param {import("./api.js").ClassApi} api
   * @param {import("./outbox.js").Outbox} outbox
   * @param {string} key under which the browser keeps what was voted
   */
  constructor(desk, api, outbox, key) {
    Object.assign(this, { desk, outbox, key: `${key}.voted` });
    this.prompts = new Prompts(api);
    this.activity = { kind: "free", number: -1, subject: null };
    this.label = null; // what is to be written
    this.mine = new Set(); // ids of what was sent to fool it
    this.passed = null; // a subject that this member does not vote on any more
    this.voted = parsedVote(recall(this.key)); // the subject that was voted on last, and how
    this.busy = false;
    this.addButtons();
    this.render();
  }

  addButtons() {
    this.buttons = Array.from({ length: 10 }, (_, digit) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: String(digit) });
      button.addEventListener("click", () => this.tap(digit));
      return button;
    });
    placeOf("correct").replaceChildren(...this.buttons);
    placeOf("none").addEventListener("click", () => this.vote("none"));
    placeOf("send").addEventListener("click", () => this.send());
    placeOf("undo").addEventListener("click", () => this.desk.sketch.undo());
    placeOf("clear").addEventListener("click", () => this.desk.sketch.clear());
  }

  /** @returns {string} what this member does: the activity's kind, or `vote` */
  get kind() {
    const { kind, subject } = this.activity;
    const foolish = kind === "fool" && !this.mine.has(subject) && this.passed !== subject;
    return subject && (kind === "what" || foolish) ? "vote" : kind;
  }

  /**
   * @param {{kind: string, number: number, subject: ?string}} activity
   * @param {?object} picture of the subject: see subject.js
   */
  show(activity, picture) {
    if (activity.number === this.activity.number && activity.subject === this.activity.subject)
      return;
    if (activity.subject !== this.activity.subject) this.passed = null;
    this.activity = activity;
    paintSubject(placeOf("subject"), picture);
    if (!["write", "pause"].includes(activity.kind)) this.label = null;
    this.say(ASKED[this.kind]);
    if (activity.kind === "write" && this.label === null) this.ask();
    else this.render();
  }

  say(words) {
    setText(placeOf("asked"), words ?? "");
  }

  /** Show what can be done now. */
  render() {
    const { kind, label } = this;
    const [drawn, voting] = [!this.desk.empty, kind === "vote"];
    Object.assign(document.body.dataset, { kind, activity: this.activity.kind });
    const written = label === null ? "" : `Write ${anOrA(label)}`;
    setText(placeOf("task"), kind === "write" ? written : (TASKS[kind] ?? ""));
    const vote = voting && this.voted.subject === this.activity.subject ? this.voted.value : null;
    this.buttons.forEach((button, digit) => {
      button.disabled = !voting && !drawn;
      button.classList.toggle("likely", kind === "free" && this.desk.guess === digit);
      button.setAttribute("aria-label", voting ? `I see ${anOrA(digit)}` : `It is ${anOrA(digit)}`);
      pressed(button, voting, vote === digit);
    });
    pressed(placeOf("none"), true, vote === "none");
    if (vote !== null)
      this.say(`You said ${vote === "none" ? "no digit" : vote}. You can change it.`);
    placeOf("undo").disabled = !this.desk.sketch.before.length;
    placeOf("clear").disabled = !drawn;
    setText(placeOf("send"), voting ? "Draw one" : "Send");
    placeOf("send").disabled = !voting && (!drawn || label === null);
  }

  /** One of the ten digits. */
  async tap(digit) {
    const { kind } = this;
    if (kind === "vote") {
      this.vote(digit);
      return;
    }
    await this.once(async () => {
      if (kind === "fool" && !this.desk.reading) {
        this.say("Nothing reads yet: wait a moment, then tap again.");
        return;
      }
      if (kind === "fool" && this.desk.guess === digit) {
        this.say(`It reads ${anOrA(digit)}: not fooled yet. Change it, or clear it.`);
        return;
      }
      const id = this.post(digit, "corrected");
      if (kind === "fool") this.mine.add(id);
      const done = kind === "fool" ? "Fooled it! It goes to the wall as" : "Taken as";
      this.say(`${done} ${anOrA(digit)}. Draw another.`);
    });
  }

  /** The large button: what was asked for is written, or enough was voted. */
  async send() {
    if (this.kind === "vote") {
      this.passed = this.activity.subject;
      this.say(ASKED[this.kind]);
      this.render();
      return;
    }
    await this.once(async () => {
      if (this.label === null) return;
      this.post(this.label, "prompted");
      await this.ask();
    });
  }

  /** One press, one digit; and first all of it is read. */
  async once(act) {
    if (this.busy || this.desk.empty) return;
    this.busy = true;
    try {
      await this.desk.loop.settled();
      if (!this.desk.empty) await act();
    } finally {
      this.busy = false;
      this.render();
    }
  }

  /** @returns {string} the id of the digit that is drawn, which is on its way */
  post(label, source) {
    const { desk } = this;
    const id = uuid();
    const known = { label_source: source, activity: this.activity.number };
    const strokes = desk.strokes();
    this.outbox.add(id, "digits", { id, label, guess: desk.guess, strokes, ...known });
    desk.clear();
    return id;
  }

  /** Ask for the next digit, by then with the last one in the class' balance. */
  async ask() {
    this.label = null;
    this.desk.clear();
    this.render();
    await Promise.race([this.outbox.send(), new Promise((done) => setTimeout(done, PATIENCE))]);
    const label = await this.prompts.next();
    if (this.activity.kind !== "write" || this.label !== null) return;
    this.label = label;
    this.render();
  }

  vote(value) {
    const { subject } = this.activity;
    if (this.kind !== "vote") return;
    this.voted = { subject, value };
    remember(this.key, JSON.stringify(this.voted));
    this.outbox.add(`vote.${subject}`, "votes", { subject, value });
    this.render();
  }
}

function pressed(button, may, is) {
  if (may) button.setAttribute("aria-pressed", is);
  else button.removeAttribute("aria-pressed");
}

function parsedVote(text) {
  try {
    const { subject, value } = JSON.parse(text);
    return { subject, value };
  } catch {
    return { subject: null, value: null };
  }
}
