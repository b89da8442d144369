// Who this phone is in the class: a token, an animal, a colour, the same in all its tabs.

import { PREFIX, recall, remember } from "../storage.js";
import { Refusal } from "./api.js";

export class Membership {
  /**
   * @param {import("./api.js").ClassApi} api which it tells the token
   * @param {string} key under which the browser keeps it
   * @param {() => void} changed another tab has come in or left
   */
  constructor(api, key, changed) {
    this.api = api;
    this.key = `${key}.me`;
    this.adopt(parsedMember(recall(this.key)));
    window.addEventListener("storage", (event) => {
      if (event.key !== PREFIX + this.key && event.key !== null) return;
      this.adopt(parsedMember(event.newValue));
      changed();
    });
  }

  adopt(member) {
    this.member = member; // {member: token, animal, colour}
    this.api.token = member?.member ?? null;
  }

  /**
   * Come in, unless this phone is in already.
   *
   * @throws {Refusal} the class is not there, is closed, or was not reached
   */
  async join() {
    if (this.member) return;
    const member = await this.api.ask("members", { method: "POST" });
    const first = parsedMember(recall(this.key)); // of a tab that was opened at the same time
    this.adopt(member);
    if (first) {
      await this.api.ask("members/me", { method: "DELETE" }).catch(() => null);
      this.adopt(first);
    } else {
      remember(this.key, JSON.stringify(member));
    }
  }

  /**
   * Leave, with all that is this member's.
   *
   * @throws {Refusal} the class was not reached: nothing is deleted yet
   */
  async leave() {
    try {
      await this.api.ask("members/me", { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof Refusal) || error.passing) throw error;
      // The class knows nothing of this phone, or is itself gone: there is nothing left.
    }
    this.forget();
  }

  forget() {
    remember(this.key, null);
    this.adopt(null);
  }
}

function parsedMember(text) {
  try {
    const found = JSON.parse(text);
    return typeof found?.member === "string" ? found : null;
  } catch {
    return null;
  }
}
