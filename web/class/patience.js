// How long to wait before something is tried again.

const FIRST = 0.5; // seconds,
const LONGEST = 10; // doubled up to these

/** Waits that grow, each a little different, so that a class does not come back all at once. */
export class Patience {
  constructor() {
    this.tries = 0;
    this.wake = () => {};
  }

  /** It has worked. */
  reset() {
    this.tries = 0;
  }

  /**
   * @param {number} [atLeast] seconds that somebody asked for, which are kept in any case
   * @returns {Promise<void>} ends after the wait, or when it is cut short
   */
  wait(atLeast = 0) {
    const grown = Math.min(FIRST * 2 ** this.tries, LONGEST) * (0.5 + Math.random() / 2);
    this.tries++;
    return new Promise((done) => {
      const timer = setTimeout(done, 1000 * Math.max(grown, atLeast));
      this.wake = () => {
        if (atLeast) return;
        clearTimeout(timer);
        done();
      };
    });
  }

  /** Try again now: the network is back, or somebody looks at the page. */
  hurry() {
    this.reset();
    this.wake();
  }
}
