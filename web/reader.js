// The worker of a page, and the network that it reads with.

/**
 * @param {string} url
 * @param {"text" | "arrayBuffer"} kind
 * @returns {Promise<string | ArrayBuffer>} what lies there
 * @throws {Error} if it does not arrive
 */
async function fetched(url, kind) {
  const answer = await fetch(url, { cache: "force-cache" });
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return answer[kind]();
}

/** One worker with one network, for the life of the page and whoever in it wants a reading. */
export class Reader {
  /**
   * @param {object} [options]
   * @param {boolean} [options.modules] whether the worker's address is that of worker.js beside
   *   its modules, and not of all of it joined into one script
   */
  constructor({ modules = false } = {}) {
    this.modules = modules;
    this.worker = null;
    this.workerUrl = null;
    this.network = null; // the worker's, or the one on its way to it
    this.client = null; // who is told of answers
    this.asked = 0;
  }

  /**
   * Start the worker and hand it a network, if it has others.
   *
   * @param {string} workerUrl
   * @param {string} networkUrl of the bytes of a network (network/bytes.js)
   * @returns {Promise<void>} rejects if anything does not arrive or is no network
   */
  async start(workerUrl, networkUrl) {
    await this.startWorker(workerUrl);
    if (this.network?.url !== networkUrl) this.network = this.handOver(networkUrl);
    await this.network.promise;
  }

  /**
   * Have a drawing read.
   *
   * @param {object} client `answered({id, form, probabilities})` is called once it is read,
   *   `failed()` if the worker breaks down
   * @param {object} drawing `network`, its address, and `strokes` or `pixels`: see worker.js
   * @returns {number} the id of the answer
   */
  read(client, drawing) {
    this.asked++;
    this.client = client;
    this.worker.postMessage({ id: this.asked, ...drawing });
    return this.asked;
  }

  /** Tell a client nothing more. */
  leave(client) {
    if (this.client === client) this.client = null;
  }

  async startWorker(url) {
    if (this.workerUrl === url) return;
    const script = this.modules ? null : await fetched(url, "text");
    if (this.workerUrl === url) return;
    this.stopWorker();
    this.worker = script === null ? new Worker(url, { type: "module" }) : scriptWorker(script);
    this.workerUrl = url;
    this.worker.onmessage = ({ data }) => {
      if ("ready" in data) this.network?.settle(data);
      else this.client?.answered(data);
    };
    this.worker.onerror = () => {
      this.network?.settle({ ready: null, why: "The worker has broken down." });
      this.stopWorker();
      this.client?.failed();
    };
  }

  stopWorker() {
    this.worker?.terminate();
    this.worker = null;
    this.workerUrl = null;
    this.network = null;
  }

  handOver(url) {
    const network = { url };
    network.promise = new Promise((done, fail) => {
      network.settle = ({ ready, why }) => {
        if (ready === url) done();
        else if (why) fail(new Error(why));
      };
      fetched(url, "arrayBuffer")
        .then((weights) => this.worker.postMessage({ weights, name: url }, [weights]))
        .catch(fail);
    });
    network.promise.catch(() => {
      if (this.network === network) this.network = null;
    });
    return network;
  }
}

function scriptWorker(script) {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return worker;
}
