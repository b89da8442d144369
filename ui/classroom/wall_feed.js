// What the server tells the wall, for as long as the wall is there.

const TRY_AGAIN = 1000; // milliseconds
const KINDS = ["class", "members", "digits", "changed"];

export class Feed {
  /**
   * @param {string} address
   * @param {(kind: string, data: any) => void} hear called with each event of `KINDS`; with "open"
   *   when the server answers, "lost" when it does not, and "gone" when there is no such class
   */
  constructor(address, hear) {
    this.address = address;
    this.hear = hear;
    this.after = 0; // what was heard last: whoever comes back is told what changed since
    this.open();
  }

  open() {
    this.source = new EventSource(`${this.address}?after=${this.after}`);
    this.source.onopen = () => this.hear("open", null);
    for (const kind of KINDS) {
      this.source.addEventListener(kind, ({ data, lastEventId }) => {
        this.after = Number(lastEventId) || this.after;
        this.hear(kind, JSON.parse(data));
      });
    }
    this.source.addEventListener("gone", () => {
      this.close();
      this.hear("gone", null);
    });
    this.source.onerror = () => {
      this.close();
      this.hear("lost", null);
      this.waiting = setTimeout(() => this.open(), TRY_AGAIN);
    };
  }

  close() {
    clearTimeout(this.waiting);
    this.source.close();
  }
}
