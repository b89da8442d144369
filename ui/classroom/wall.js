// The wall: what a class has written, digit by digit as it comes in.

import { animal } from "../../web/class/animals.js";
import { Feed } from "./wall_feed.js";
import { fitted, groupedBy, someOf } from "./wall_groups.js";
import { digitInWords, isMisread, labelTile, makeTile } from "./wall_tile.js";
import { Votes } from "./wall_votes.js";

const RENDER_EACH = 120; // milliseconds at least from one change of the wall to the next
const FLIGHT = 800;
const MOST_FLYING = 6; // more at once are not looked at one by one
const PHONE_WIDTH = 640; // pixels below which the page scrolls and the wall may be of any height
const LARGEST_OF_A_HAND = 88; // pixels of a tile
const ON_PHONE = 18; // digits of a group there
const TOLD = {
  open: "",
  lost: "The connection is lost. Trying again …",
  gone: "This class has been deleted.",
};
const NOTHING_YET = {
  label: "Digits appear here as they are written.",
  mistake: "No digit has been misread.",
  hand: "Nobody's hand was misread, or nobody has three digits with a label yet.",
};

class Wall {
  constructor(root) {
    this.root = root.querySelector(".wall");
    this.board = root.querySelector(".board");
    this.status = root.querySelector(".status");
    this.votes = new Votes(root.querySelector(".votes"));
    this.forget();
    this.view = "label";
    this.all = false;
    for (const button of root.querySelectorAll(".views button")) {
      button.onclick = () => this.look(button.dataset.view);
    }
    this.board.onclick = ({ target }) => this.press(target.closest("button"));
    this.board.onkeydown = (event) => this.step(event);
    this.watch = new ResizeObserver(() => this.schedule());
    this.watch.observe(this.root);
  }

  forget() {
    this.digits = new Map();
    this.tiles = new Map();
    this.arrived = []; // since the last look, after the first ones
    this.first = true;
    this.classNow = null;
    this.told = TOLD.open;
  }

  configure(data, open) {
    this.open = open;
    if (this.address !== data.address) {
      this.feed?.close();
      this.forget();
      this.address = data.address;
      this.feed = new Feed(data.address, (kind, event) => this.hear(kind, event));
    }
    this.schedule();
  }

  hear(kind, event) {
    if (kind in TOLD) this.told = TOLD[kind];
    if (kind === "class") this.classNow = event;
    if (kind === "digits") this.take(event);
    if (kind === "changed") for (const digit of event) this.change(digit);
    this.schedule();
  }

  take(digits) {
    for (const digit of digits) {
      const known = this.digits.has(digit.id);
      this.change(digit);
      if (!known && !this.first && !digit.hidden) this.arrived.push(digit.id);
    }
    this.first = false;
  }

  change(digit) {
    if (digit.deleted) {
      this.drop(digit.id);
      return;
    }
    this.digits.set(digit.id, digit);
    const tile = this.tiles.get(digit.id);
    if (tile) labelTile(tile, digit);
  }

  drop(id) {
    this.digits.delete(id);
    this.tiles.get(id)?.remove();
    this.tiles.delete(id);
  }

  look(view) {
    this.view = view;
    this.all = false;
    this.render();
  }

  press(button) {
    if (button?.dataset.id) this.open(button.dataset.id);
    else if (button?.classList.contains("more")) {
      this.all = true;
      this.render();
    }
  }

  schedule() {
    this.waiting ??= setTimeout(() => this.render(), RENDER_EACH);
  }

  /** Bring what is seen up to date; tiles that stay where they are are not touched. */
  render() {
    clearTimeout(this.waiting);
    this.waiting = null;
    const seen = [...this.digits.values()]
      .filter(({ hidden }) => !hidden)
      .sort((a, b) => a.number - b.number);
    const groups = groupedBy(this.view, seen);
    this.lay(groups);
    this.say(seen);
    this.votes.show(this.classNow);
    for (const button of this.root.querySelectorAll(".views button")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === this.view));
    }
    const nothing = this.root.querySelector(".nothing");
    nothing.textContent = NOTHING_YET[this.view];
    nothing.hidden = groups.some(({ digits, member }) => digits.length || member);
    this.board.classList.toggle("bare", !nothing.hidden && this.view !== "label");
    this.fly();
  }

  lay(groups) {
    const width = this.root.clientWidth;
    if (!width) return;
    const phone = width < PHONE_WIDTH;
    const columns = columnsOf(groups, phone || this.view === "hand" ? 1 : 2);
    const { side, most } = this.room(columns, width, phone);
    this.board.dataset.view = this.view;
    this.board.style.setProperty("--tile", `${side}px`);
    while (this.board.children.length > columns.length) this.board.lastChild.remove();
    columns.forEach((column, at) => {
      if (!this.board.children[at]) this.board.append(made("div", "column"));
      arrange(
        this.board.children[at],
        column.map((group) => this.group(group, most)),
      );
    });
    if (!this.board.querySelector('.tile[tabindex="0"]')) {
      const [first] = this.board.querySelectorAll(".tile");
      if (first) first.tabIndex = 0;
    }
  }

  /** The side of a tile, and how many of a group are shown. */
  room(columns, width, phone) {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const head = rem * (this.view === "hand" ? 13 : 7);
    const place = width / columns.length - head - rem * 1.5;
    const height = phone ? Number.POSITIVE_INFINITY : this.board.clientHeight;
    const counts = columns.map((column) => column.map(({ digits }) => digits.length));
    const largest = this.view === "hand" ? LARGEST_OF_A_HAND : Number.POSITIVE_INFINITY;
    const found = fitted(counts, place, height, rem * 3.6, largest);
    if (this.all) return { side: found.side, most: Number.POSITIVE_INFINITY };
    return phone ? { side: 44, most: ON_PHONE } : found;
  }

  group({ key, head, count, note, digits, member }, most) {
    this.groups ??= new Map();
    let place = this.groups.get(key);
    if (!place) {
      place = made("section", "group");
      place.dataset.group = key;
      place.innerHTML = '<h3><span></span><em></em><small></small></h3><div class="tiles"></div>';
      if (member) {
        const drawn = animal(member.animal, member.colour, 56);
        place.querySelector("h3").insertAdjacentHTML("afterbegin", drawn);
      }
      this.groups.set(key, place);
    }
    const [words, many, small] = place.querySelectorAll("h3 > :is(span, em, small)");
    words.textContent = head;
    many.textContent = count ?? "";
    small.textContent = note;
    const shown = someOf(digits, most);
    const tiles = shown.map((digit) => this.tile(digit));
    if (shown.length < digits.length) {
      place.more ??= made("button", "more", { type: "button" });
      place.more.textContent = `+${digits.length - shown.length}`;
      place.more.setAttribute("aria-label", `Show ${digits.length - shown.length} more`);
      tiles.push(place.more);
    }
    arrange(place.querySelector(".tiles"), tiles);
    return place;
  }

  tile(digit) {
    if (!this.tiles.has(digit.id)) this.tiles.set(digit.id, makeTile(digit));
    return this.tiles.get(digit.id);
  }

  say(seen) {
    const known = seen.filter(({ label }) => label !== null);
    const right = known.filter((digit) => !isMisread(digit)).length;
    const percent = Math.floor((1000 * right) / Math.max(1, known.length)) / 10;
    const share = known.length ? ` · ${percent} % read right` : "";
    const counted = `${seen.length} ${seen.length === 1 ? "digit" : "digits"}${share}`;
    const words = this.told || counted;
    if (this.status.textContent !== words) this.status.textContent = words;
    this.root.dataset.count = seen.length;
  }

  /** Those that have just come in begin large, in the middle, and go to their places. */
  fly() {
    const arrived = this.arrived.splice(0);
    const newest = this.digits.get(arrived.at(-1));
    if (newest) this.root.querySelector(".newest").textContent = digitInWords(newest);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const middle = this.board.getBoundingClientRect();
    for (const id of arrived.length > MOST_FLYING ? [] : arrived) {
      const tile = this.tiles.get(id);
      if (!tile?.isConnected) continue;
      if (calm) {
        tile.animate([{ opacity: 0 }, { opacity: 1 }], { duration: FLIGHT });
        continue;
      }
      const box = tile.getBoundingClientRect();
      const dx = middle.left + middle.width / 2 - box.left - box.width / 2;
      const dy = Math.min(middle.height, innerHeight) / 2 + middle.top - box.top - box.height / 2;
      const begin = `translate(${dx}px, ${dy}px) scale(${Math.max(2, 200 / box.width)})`;
      tile.animate(
        [
          { transform: begin, opacity: 0.2, zIndex: 5 },
          { transform: begin, opacity: 1, zIndex: 5, offset: 0.4, easing: "ease-in-out" },
          { transform: "none", opacity: 1, zIndex: 5 },
        ],
        { duration: FLIGHT },
      );
    }
  }

  /** The arrow keys go from tile to tile: one stop of the Tab key for all of them. */
  step(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || !event.target.matches(".tile")) return;
    event.preventDefault();
    const tiles = [...this.board.querySelectorAll(".tile")];
    const next = tiles[tiles.indexOf(event.target) + by];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  dispose() {
    this.watch.disconnect();
    this.feed?.close();
    clearTimeout(this.waiting);
  }
}

/** Groups in one column or two: the ten labels by halves, others so that both are as long. */
function columnsOf(groups, count) {
  if (count === 1) return [groups];
  const half = Math.ceil(groups.length / 2);
  return [groups.slice(0, half), groups.slice(half)];
}

function made(name, className, attributes = {}) {
  const element = document.createElement(name);
  element.className = className;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Give a place these children in this order; whatever stands right already is left alone. */
function arrange(place, wanted) {
  const keep = new Set(wanted);
  for (const child of [...place.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, at) => {
    if (place.children[at] !== child) place.insertBefore(child, place.children[at] ?? null);
  });
}

const walls = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  if (!walls.has(parentElement)) walls.set(parentElement, new Wall(parentElement));
  walls.get(parentElement).configure(data, (id) => setTriggerValue("opened", id));
  return () => {
    walls.get(parentElement)?.dispose();
    walls.delete(parentElement);
  };
}
