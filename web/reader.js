// The worker of a page, and the network that it reads with.

const FORMS = 10; // images that are read without a break

/**
 * A network that a reader can be handed.
 *
 * @typedef {object} NetworkSource
 * @property {string} name that tells it from others
 * @property {string} digest the SHA-256 of its bytes, in hexadecimal, or how that begins
 * @property {(again: boolean) => Promise<ArrayBuffer>} bytes gets them (network/bytes.js); `again`
 *   where what came first had been altered
 */

/**
 * What lies at an address, from the browser's own store if it is there.
 *
 * @param {string} url
 * @param {"text" | "arrayBuffer"} kind
 * @param {RequestCache} cache
 * @returns {Promise<string | ArrayBuffer>}
 * @throws {Error} if it does not arrive
 */
async function fetched(url, kind, cache = "force-cache") {
  const answer = await fetch(url, { cache });
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return answer[kind]();
}

/**
 * @param {string} url of a network, which ends in its digest
 * @returns {NetworkSource}
 */
export function networkAt(url) {
  return {
    name: url,
    digest: url.split("/").pop(),
    bytes: (again) => fetched(url, "arrayBuffer", again ? "reload" : "force-cache"),
  };
}

/** One worker with one network, for the life of the page and whoever in it wants a reading. */
export class Reader {
  /**
   * @param {() => Worker | Promise<Worker>} makeWorker starts worker.js, or what answers as it
   */
  constructor(makeWorker) {
    this.makeWorker = makeWorker;
    this.worker = null; // or the promise of one
    this.network = null; // the worker's, or the one on its way to it
    this.client = null; // who is told of answers
    this.asked = 0;
    this.waiting = new Map(); // for answers to what was asked, by their ids
  }

  /**
   * Start the worker and hand it a network, if it has others.
   *
   * @param {NetworkSource} source
   * @returns {Promise<void>} rejects if anything does not arrive or is no network
   */
  async start(source) {
    await this.startWorker();
    if (this.network?.name !== source.name) this.network = this.handOver(source);
    await this.network.promise;
  }

  /**
   * Have a drawing read.
   *
   * @param {object} client `answered(answer)` is called once it is read, `failed()` if the worker
   *   breaks down
   * @param {object} drawing `network`, its name, and `strokes` or `pixels`: see readings.js
   * @returns {number} the id of the answer
   */
  read(client, drawing) {
    this.asked++;
    this.client = client;
    this.worker.postMessage({ id: this.asked, ...drawing });
    return this.asked;
  }

  /**
   * Have 28×28 images read, a few at a time, so that a drawing does not wait for all of them.
   *
   * @param {Float32Array[]} forms
   * @returns {Promise<import("./network/network.js").Reading[]>} rejects if nothing reads them
   */
  async readForms(forms) {
    const readings = [];
    for (let at = 0; at < forms.length; at += FORMS) {
      const answer = await this.ask({ forms: forms.slice(at, at + FORMS) });
      if (!answer.readings) throw new Error("Another network reads.");
      readings.push(...answer.readings);
    }
    return readings;
  }

  /**
   * Ask the worker for something besides a drawing's reading.
   *
   * @param {object} what see readings.js and inspection.js
   * @returns {Promise<object>} the answer; rejects if there is no network, or the worker breaks down
   */
  async ask(what) {
    const { name } = this.network ?? {};
    if (!name) throw new Error("There is no network.");
    const id = ++this.asked;
    const answer = new Promise((done, fail) => this.waiting.set(id, { done, fail }));
    this.worker.postMessage({ id, network: name, ...what });
    return answer;
  }

  /** Tell a client nothing more. */
  leave(client) {
    if (this.client === client) this.client = null;
  }

  async startWorker() {
    if (this.worker) {
      await this.worker;
      return;
    }
    this.worker = Promise.resolve(this.makeWorker());
    try {
      this.worker = await this.worker;
    } catch (error) {
      this.worker = null;
      throw error;
    }
    this.worker.onmessage = ({ data }) => {
      if ("ready" in data) this.network?.settle(data);
      else if (this.waiting.has(data.id)) this.settle(data);
      else this.client?.answered(data);
    };
    this.worker.onerror = () => {
      this.network?.settle({ ready: null, why: "The worker has broken down." });
      this.worker?.terminate();
      this.worker = null;
      this.network = null;
      for (const { fail } of this.waiting.values()) fail(new Error("The worker has broken down."));
      this.waiting.clear();
      this.client?.failed();
    };
  }

  settle(answer) {
    const { done } = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    done(answer);
  }

  handOver(source) {
    const network = { name: source.name };
    network.promise = this.given(network, source, false)
      .catch(() => this.given(network, source, true))
      .catch((error) => {
        if (this.network === network) this.network = null;
        throw error;
      });
    return network;
  }

  /** Ends once the worker has the network. */
  async given(network, { name, digest, bytes }, again) {
    const weights = await bytes(again);
    await new Promise((done, fail) => {
      network.settle = ({ ready, why }) => {
        if (ready === name) done();
        else if (why) fail(new Error(why));
      };
      this.worker.postMessage({ weights, name, digest }, [weights]);
    });
  }
}

/**
 * @param {string} script all of a worker's, as one text
 * @returns {Worker}
 */
export function workerOf(script) {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return worker;
}

/**
 * A worker whose script is fetched, in one text.
 *
 * @param {string} url
 * @returns {Promise<Worker>}
 */
export async function workerAt(url) {
  return workerOf(await fetched(url, "text"));
}
