// What a phone asks of its class, and how it is answered.

const AWHILE = 2; // seconds to wait where the server asks for patience without saying how long

/** An answer that is no success; its message is a sentence for whoever holds the phone. */
export class Refusal extends Error {
  /**
   * @param {string} sentence
   * @param {number} status of HTTP; 0 where the server was not reached
   * @param {number} wait seconds after which it may be asked again
   */
  constructor(sentence, status, wait = 0) {
    super(sentence);
    this.status = status;
    this.wait = wait;
  }

  /** @returns {boolean} whether the same may be asked again later with another answer */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The class' addresses, asked as one member, or as nobody. */
export class ClassApi {
  /** @param {string} base the address of the class */
  constructor(base) {
    this.base = base;
    this.token = null;
  }

  /**
   * @param {string} path below the class' address
   * @param {object} [options]
   * @param {string} [options.method]
   * @param {object} [options.body] sent as JSON
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<object>} what the answer holds
   * @throws {Refusal}
   */
  async ask(path, { method = "GET", body, signal } = {}) {
    const answer = await this.open(path, { method, body, signal });
    const text = await answer.text().catch(() => "");
    return parsed(text) ?? {};
  }

  /** The same, with the answer's body still to be read. @returns {Promise<Response>} */
  async open(path, { method = "GET", body, signal } = {}) {
    const headers = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      const text = body && JSON.stringify(body);
      answer = await fetch(`${this.base}/${path}`, {
        ...{ method, headers, body: text, signal },
        ...{ cache: "no-store", credentials: "omit" },
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Refusal("There is no connection to the class.", 0);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

async function refusal(answer) {
  const { error } = parsed(await answer.text().catch(() => "")) ?? {};
  const sentence = typeof error === "string" ? error : `The class answered ${answer.status}.`;
  const wait = Number.parseInt(answer.headers.get("Retry-After"), 10);
  return new Refusal(sentence, answer.status, wait >= 0 ? wait : AWHILE);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
