// A member's place in a class: coming in, waiting, at work, at the end, gone.

import { setText } from "../bars.js";
import { keepForLater } from "../pocket/offline.js";
import { networkAt } from "../reader.js";
import { recall, remember } from "../storage.js";
import { Activities } from "./activities.js";
import { animal } from "./animals.js";
import { ClassApi } from "./api.js";
import { Desk } from "./desk.js";
import { Events } from "./events.js";
import { Membership } from "./membership.js";
import { Outbox } from "./outbox.js";
import { Patience } from "./patience.js";

const LEAVING = "Everything that you sent is deleted, for good.";
const NOT_LEFT = "There is no connection: nothing is deleted yet. Try again in a moment.";
const CLOSED = "This class is closed: nobody comes in, and nothing is sent.";
const NOT_READ = "The network has not come yet: drawing works all the same.";
const LOST = 3000; // milliseconds after which it is said that there is no connection
const roomPart = (name) => document.querySelector(`#${name}`);

export class Room {
  /** @param {string} script of the page, for its worker */
  constructor(script) {
    this.settings = JSON.parse(roomPart("settings").textContent);
    this.key = `class.${this.settings.code}`;
    this.out = null; // why this phone is no member: "left", "unknown", "shut", "gone"
    this.connected = false;
    this.event = parsedEvent(recall(`${this.key}.last`)); // what the class was asked last
    this.api = new ClassApi(this.settings.api);
    this.membership = new Membership(this.api, this.key, () => this.changedElsewhere());
    this.outbox = new Outbox(this.api, this.key, {
      changed: () => this.render(),
      refused: (refusal) => this.notTaken(refusal),
    });
    this.home = networkAt(this.settings.network);
    this.desk = new Desk(this.settings, this.home, {
      script,
      changed: () => this.activities?.render(),
      network: (missing) => this.setReading(missing),
    });
    this.activities = new Activities(this.desk, this.api, this.outbox, this.key);
    this.events = new Events(this.api, {
      event: (name, data) => this.take(name, data),
      refused: (refusal) => this.refused(refusal),
      connected: (connected) => this.setConnected(connected),
    });
    this.address = null; // of the network that reads, or is on its way; null for the page's own
    this.coming = new Patience();
  }

  begin() {
    roomPart("leave").addEventListener("click", () => {
      setText(roomPart("leaving_words"), LEAVING);
      roomPart("leaving").showModal();
    });
    roomPart("stay").addEventListener("click", () => roomPart("leaving").close());
    roomPart("leave_now").addEventListener("click", () => this.leave());
    roomPart("enter").addEventListener("click", () => this.enter());
    for (const [target, name] of [
      [document, "visibilitychange"],
      [window, "online"],
    ]) {
      target.addEventListener(name, () => {
        this.coming.hurry();
        this.outbox.hurry();
      });
    }
    new ResizeObserver(() => this.desk.answer.fit()).observe(roomPart("canvas"));
    this.read(this.home, null);
    keepForLater(this.settings);
    if (this.event) this.follow();
    this.enter();
  }

  // Coming in and leaving ---------------------------------------------------------------------

  /** Come in, however long it takes; then hear what the class does. */
  enter() {
    this.entering ??= this.comeIn().finally(() => {
      this.entering = null;
    });
  }

  async comeIn() {
    this.out = null;
    this.render();
    while (!this.membership.member && !this.out) {
      try {
        await this.membership.join();
        this.reason = "";
      } catch (refusal) {
        if (!refusal.passing) this.out = refusal.status === 404 ? "gone" : "shut";
        this.reason = refusal.message;
        this.render();
        if (refusal.passing) await this.coming.wait(refusal.wait);
      }
    }
    this.render();
    if (this.out === "gone") return;
    if (this.events.running) this.events.anew(); // as the member that this phone is by now
    this.events.listen();
  }

  async leave() {
    try {
      await this.membership.leave();
    } catch {
      setText(roomPart("leaving_words"), NOT_LEFT);
      return;
    }
    roomPart("leaving").close();
    this.forget("left");
  }

  /** This phone is no member any more, and keeps nothing of the class. */
  forget(out) {
    this.out = out;
    this.event = null;
    this.events.stop();
    this.membership.forget();
    this.outbox.forget();
    for (const name of ["last", "voted"]) remember(`${this.key}.${name}`, null);
    this.desk.clear();
    this.render();
  }

  /** In another tab this phone has come in or left. */
  changedElsewhere() {
    if (this.membership.member) this.enter();
    else this.stay("unknown");
  }

  /** This phone is no member for now; what waits is sent if it comes in again. */
  stay(out) {
    this.out = out;
    this.event = null;
    this.events.stop();
    this.outbox.allow(false);
    this.render();
  }

  // What the class says -----------------------------------------------------------------------

  take(name, data) {
    if (name === "gone") this.refused({ status: 404, message: data.error });
    if (name !== "class") return;
    if (this.membership.member && !data.you) {
      this.events.anew(); // it was heard as somebody else: the answer says who this phone is
      return;
    }
    this.event = data;
    remember(`${this.key}.last`, JSON.stringify(data));
    this.follow();
    if (this.out === "shut" && data.state !== "closed") this.enter();
  }

  follow() {
    const { activity, subject, network, confidence_threshold: threshold } = this.event;
    this.activities.show(activity, subject);
    const address = network ? `..${network}` : null; // the page is one folder deep
    if (address !== this.address)
      this.read(address ? networkAt(address) : this.home, address, threshold);
    this.render();
    this.outbox.allow(this.state === "in");
  }

  /** Read with a network, as soon as it has come. */
  async read(source, address, threshold) {
    this.address = address;
    const patience = new Patience();
    while (this.address === address && !(await this.desk.use(source, threshold ?? undefined))) {
      await patience.wait();
    }
    if (this.address !== address) return;
    setText(roomPart("about"), address ? "Your class’s own network reads." : this.settings.about);
  }

  /** @param {import("./api.js").Refusal} refusal of the events */
  refused({ status, message }) {
    this.reason = message;
    if (status === 404) this.forget("gone");
    if (status === 401 && this.membership.member) {
      this.membership.forget();
      this.stay("unknown");
    }
    this.render();
  }

  /** @param {import("./api.js").Refusal} refusal of something that was sent */
  notTaken({ status, message }) {
    if (status === 413 || status === 400) this.activities.say(message);
    else this.events.anew(); // which says why
  }

  setConnected(connected) {
    clearTimeout(this.lost);
    if (!connected) {
      this.lost = setTimeout(() => this.show(false), LOST);
      return;
    }
    if (!this.connected) this.outbox.hurry();
    this.show(true);
  }

  show(connected) {
    this.connected = connected;
    this.render();
  }

  setReading(missing) {
    if (missing) setText(roomPart("about"), NOT_READ);
  }

  // What is shown -----------------------------------------------------------------------------

  /** @returns {string} "in" where this member may do what the class does */
  get state() {
    const { you, state } = this.event ?? {};
    if (this.out) return this.out === "shut" ? "closed" : this.out;
    if (!this.membership.member || !this.event) return "joining";
    if (you?.removed) return "removed";
    if (you?.admitted === false) return "waiting";
    return state === "closed" ? "closed" : "in";
  }

  render() {
    const { state, event } = this;
    const { animal: name, colour } = this.membership.member ?? {};
    document.body.dataset.state = state;
    const who = name ? `${colour} ${name}` : "";
    if (roomPart("who").textContent !== who) {
      setText(roomPart("who"), who);
      roomPart("animal").innerHTML = name ? animal(name, colour) : "";
      roomPart("portrait").innerHTML = name ? animal(name, colour, 96) : "";
    }
    setText(roomPart("lesson"), event?.name ?? "");
    setText(roomPart("sentence"), this.sentence(state, who));
    roomPart("leave").hidden = !name;
    roomPart("enter").hidden = !["left", "unknown"].includes(state);
    const { waiting } = this.outbox;
    const line = this.connected && !this.outbox.unreached ? "" : "No connection";
    const kept = this.outbox.unkept.size ? ": keep this page open" : "";
    const sending = waiting ? `${waiting} to send${kept}` : "";
    const said = [state === "in" ? line : "", sending].filter(Boolean);
    setText(roomPart("status"), said.join(", "));
  }

  sentence(state, who) {
    const { waiting } = this.outbox;
    const shut = (this.out === "shut" && this.reason) || CLOSED;
    return {
      in: "",
      joining: this.reason ? `${this.reason} This phone keeps trying.` : "Coming in…",
      waiting: `You are the ${who}. Wait a moment: your teacher lets you in.`,
      removed: "Your teacher has taken you out of this class.",
      closed: waiting ? `${CLOSED} What you drew last (${waiting}) waits here.` : shut,
      left: "You have left the class. Everything that you sent has been deleted.",
      unknown: "The class does not know this phone any more.",
      gone: this.reason || "This class is no longer there.",
    }[state];
  }
}

function parsedEvent(text) {
  try {
    const event = JSON.parse(text);
    return event?.activity ? event : null;
  } catch {
    return null;
  }
}
