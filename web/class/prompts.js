// Which digit to ask this member for next.

const PATIENT = 1500; // milliseconds after which the phone chooses by itself

export class Prompts {
  /** @param {import("./api.js").ClassApi} api */
  constructor(api) {
    this.api = api;
    this.asked = new Array(10).fill(0); // how often each digit was, since the page was opened
  }

  /**
   * The class' choice, balanced over all members; the phone's own where the class is not reached.
   *
   * @returns {Promise<number>} a digit
   */
  async next() {
    const label = (await this.ofTheClass()) ?? this.own();
    this.asked[label]++;
    return label;
  }

  async ofTheClass() {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENT);
    try {
      const { label } = await this.api.ask("prompt", { signal: patience.signal });
      return Number.isInteger(label) && label >= 0 && label <= 9 ? label : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One of the digits that were asked for least. */
  own() {
    const least = Math.min(...this.asked);
    const rare = [...this.asked.keys()].filter((digit) => this.asked[digit] === least);
    return rare[Math.floor(Math.random() * rare.length)];
  }
}
