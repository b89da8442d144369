// Reads on the page itself, where a browser lets no worker start: a file from a disk, in some.

import { Readings } from "./readings.js";

/** Answers as a worker with worker.js does. */
export class PageWorker {
  constructor() {
    this.readings = new Readings();
  }

  postMessage(message) {
    setTimeout(() => this.onmessage?.({ data: this.readings.answer(message) }));
  }

  terminate() {
    this.onmessage = null;
  }
}
