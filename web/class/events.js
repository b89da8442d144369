// What the class is asked to do, as it is said: server-sent events, read by `fetch` so that they
// can carry the member's token. Asked for again whenever they end, fall silent, the network is
// back or the page is seen again; not listened to while nobody sees the page.
// Source: HTML Living Standard, "Server-sent events".

import { visible } from "../visible.js";
import { Patience } from "./patience.js";

const SILENT = 40_000; // milliseconds without even a comment, of which there is one every 15 s

export class Events {
  /**
   * @param {import("./api.js").ClassApi} api
   * @param {object} listener
   * @param {(name: string, data: object) => void} listener.event
   * @param {(refusal: import("./api.js").Refusal) => void} listener.refused
   * @param {(connected: boolean) => void} listener.connected
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
    this.patience = new Patience();
    this.stopped = true;
    this.running = null;
    this.stream = new AbortController();
    document.addEventListener("visibilitychange", () => this.anew());
    window.addEventListener("online", () => this.anew());
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.anew());
  }

  /** Listen from now on, until `stop`. */
  listen() {
    this.stopped = false;
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
  }

  async run() {
    while (!this.stopped) {
      await visible();
      this.stream = new AbortController();
      const watched = this.watch();
      try {
        await this.follow(this.stream.signal);
      } catch (error) {
        if (error.status) this.listener.refused(error);
        this.wanted = error.wait;
      }
      clearTimeout(watched.timer);
      this.listener.connected(false);
      if (!this.stopped) await this.patience.wait(this.wanted);
    }
  }

  stop() {
    this.stopped = true;
    this.stream.abort();
    this.patience.hurry();
  }

  /** Ask again at once: what has been open may have gone without a word. */
  anew() {
    this.stream.abort();
    if (!document.hidden) this.patience.hurry();
  }

  /** Ends the stream when nothing has come for long. */
  watch() {
    const watched = { timer: null };
    this.heard = () => {
      clearTimeout(watched.timer);
      watched.timer = setTimeout(() => this.stream.abort(), SILENT);
    };
    this.heard();
    return watched;
  }

  async follow(signal) {
    this.wanted = 0;
    const answer = await this.api.open("events", { signal });
    const reader = answer.body.getReader();
    const letters = new TextDecoder();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this.heard();
      this.patience.reset();
      text += letters.decode(part.value, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop();
      for (const block of blocks) this.take(block);
    }
  }

  take(block) {
    const fields = block.split(/\r?\n/).map((line) => /^(\w+):? ?(.*)$/.exec(line));
    const of = (name) => fields.filter((field) => field?.[1] === name).map((field) => field[2]);
    const [name] = of("event");
    const data = of("data");
    if (!data.length) return; // a comment
    this.listener.connected(true);
    this.listener.event(name ?? "message", JSON.parse(data.join("\n")));
  }
}
