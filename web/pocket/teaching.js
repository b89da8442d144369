// A minute in which a visitor writes each digit, and the reader learns it.

const EACH = 3; // of every digit

export class Teaching {
  /** @param {import("../hand_keeper.js").HandKeeper} keeper */
  constructor(keeper) {
    this.keeper = keeper;
    this.written = []; // {label, right, reading}
    this.full = false;
  }

  get label() {
    return this.written.length % 10;
  }

  finished() {
    return this.written.length === 10 * EACH;
  }

  /** @returns {string} what to write now */
  words() {
    const { label } = this;
    const count = `${this.written.length + 1} of ${10 * EACH}`;
    return `Write ${label === 8 ? "an" : "a"} ${label}, then tap Next (${count}).`;
  }

  /** @param {object} reading of what was written, by the network alone */
  async take(reading) {
    const { label } = this;
    this.written.push({ label, reading });
    if (!(await this.keeper.learn(reading.form, label))) this.full = true;
  }

  /** @returns {Promise<string>} what it came to; empty if nothing was written */
  async result() {
    await this.keeper.work;
    const all = this.written.length;
    if (!all) return "";
    const right = (of) =>
      this.written.filter(({ label, reading }) => {
        const { probabilities } = of(reading);
        return probabilities.indexOf(Math.max(...probabilities)) === label;
      }).length;
    const before = right((reading) => reading);
    const now = right((reading) => this.keeper.hand?.adjust(reading) ?? reading);
    const room = this.full ? " This browser has no room to keep it: save your hand." : "";
    return `It read ${before} of ${all}; now it reads ${now}.${room}`;
  }
}
