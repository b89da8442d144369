// What waits on this phone until the class has it: kept through sleep, a lost network and a reload,
// sent again until it is answered, by whichever tab comes first. Each has an id of its own, so that
// the class has it once however often it is sent.

import { recall, remember } from "../storage.js";
import { Refusal } from "./api.js";
import { Patience } from "./patience.js";
import { forgetUnder, keptUnder } from "./stored.js";

const OFTEN = 5; // refusals of one thing that may yet be taken; then it never will be
const ENOUGH = 15_000; // milliseconds after which another tab's leftovers are looked for

export class Outbox {
  /**
   * @param {import("./api.js").ClassApi} api
   * @param {string} key under which the browser keeps it
   * @param {object} listener
   * @param {(waiting: number) => void} listener.changed
   * @param {(refusal: import("./api.js").Refusal) => void} listener.refused something was not
   *   taken: for good, or until the member may send again
   */
  constructor(api, key, listener) {
    this.api = api;
    this.key = `${key}.out.`;
    this.listener = listener;
    this.unkept = new Map(); // where the browser has no room
    this.refusals = new Map();
    this.patience = new Patience();
    this.allowed = false; // whether the class takes anything of this member now
    this.unreached = false; // whether the class was not reached the last time
    this.sending = null;
    window.addEventListener("storage", ({ key: changed }) => {
      if (changed === null || changed.includes(this.key)) this.listener.changed(this.waiting);
    });
    setInterval(() => this.send(), ENOUGH);
  }

  /** @returns {number} how much waits */
  get waiting() {
    return this.names().length;
  }

  names() {
    return [...new Set([...keptUnder(this.key), ...this.unkept.keys()])].sort();
  }

  /**
   * @param {string} name an id of its own; what waits under it is replaced
   * @param {string} path below the class' address
   * @param {object} body
   */
  add(name, path, body) {
    const text = JSON.stringify({ path, body });
    if (!remember(this.key + name, text)) this.unkept.set(name, text);
    this.listener.changed(this.waiting);
    this.send();
  }

  /** Whether the class takes anything now; what waits is sent as soon as it does. */
  allow(allowed) {
    const news = allowed && !this.allowed;
    this.allowed = allowed;
    if (news) this.hurry();
  }

  /** Try again now. */
  hurry() {
    this.patience.hurry();
    this.send();
  }

  /** Nothing of it is sent any more. */
  forget() {
    this.allowed = false;
    this.unkept.clear();
    this.refusals.clear();
    forgetUnder(this.key);
    this.listener.changed(0);
  }

  /** @returns {Promise<void>} ends when nothing waits, or nothing may be sent; never rejects */
  send() {
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async sendAll() {
    for (let names = this.names(); this.allowed && names.length; names = this.names()) {
      const name = names[this.patience.tries % names.length]; // none holds up the others
      const text = this.unkept.get(name) ?? recall(this.key + name);
      try {
        if (text) await this.sendOne(text);
        this.unreached = false;
        this.patience.reset();
        this.done(name, text);
      } catch (error) {
        if (error instanceof Refusal && !error.passing) this.refuse(name, text, error);
        else if (error instanceof Refusal) await this.later(error);
        else this.done(name, text); // what was stored has been altered
      }
    }
  }

  later({ status, wait }) {
    this.unreached = status === 0;
    this.listener.changed(this.waiting);
    return this.patience.wait(wait);
  }

  async sendOne(text) {
    const { path, body } = JSON.parse(text);
    await this.api.ask(path, { method: "POST", body });
  }

  /** Gone, unless something newer waits under the same name. */
  done(name, text) {
    if (this.unkept.get(name) === text) this.unkept.delete(name);
    if (recall(this.key + name) === text) remember(this.key + name, null);
    this.listener.changed(this.waiting);
  }

  refuse(name, text, refusal) {
    // These say who may send, and when; all others that this is nothing to be taken.
    const often = (this.refusals.get(name) ?? 0) + 1;
    this.refusals.set(name, often);
    if ([401, 403, 409].includes(refusal.status) && often < OFTEN) this.allowed = false;
    else this.done(name, text);
    this.listener.refused(refusal);
  }
}

/** @returns {string} a random UUID (RFC 9562, version 4), also on pages that came by plain HTTP */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
