// The page that looks inside a network: a canvas, every layer of the network while the pen moves,
// and from there to a single multiplication.

import { networkAt, Reader, workerAt } from "../../web/reader.js";
import { ReadingLoop } from "../../web/reading_loop.js";
import { barsInWords, inWords } from "../../web/wording.js";
import { Board } from "./board.js";
import { Broken, Grader } from "./broken.js";
import { Learning } from "./learning.js";
import { drawingAsText, drawingFromText, tellAddress } from "./link.js";
import { Looking, placeOnPaper } from "./looking.js";
import { OwnHand } from "./own_hand.js";
import { Ramp } from "./painting.js";
import { Tiles } from "./tiles.js";
import { UnitPanel } from "./unit_panel.js";

const SETTLED_AFTER = 250; // milliseconds after the last change, when nothing is on the way any more
const WHOLE_PAPER = { left: 0, top: 0, side: 1 };

class Inside {
  constructor(root, tell) {
    this.root = root;
    this.tell = tell; // the server
    this.reading = null;
    this.chosen = null;
    this.layers = null;
    this.digit = null; // of a dataset: its name and the digit's index, while its picture lies there
    this.source = null; // of the network that the workers have
    this.known = new Map(); // weights of layers, as they are now
    const part = (place) => root.querySelector(place);
    this.part = part;
    this.ramp = new Ramp(root);
    const start = () => workerAt(this.data.worker);
    this.live = new Reader(start); // reads what is drawn,
    this.second = new Reader(start); // and what takes longer
    this.ownHand = new OwnHand(part(".with-hand"), (forms) => this.live.readForms(forms));
    this.loop = new ReadingLoop(this.live, {
      drawing: () => this.drawing(),
      read: (answer) => this.read(answer),
      failed: () => this.failed(),
    });
    this.board = new Board(root, {
      changed: () => this.changed(),
    });
    this.panel = new UnitPanel(part(".unit"), (...chosen) => this.choose(...chosen));
    this.learning = new Learning(part(".learning"), part(".kernels"), (moment) =>
      this.bring(moment),
    );
    part(".where").addEventListener("click", ({ target }) => {
      target.ariaPressed = target.ariaPressed !== "true";
      this.changed();
    });
    part(".to-draw").addEventListener("click", () => {
      this.left = true; // what is told from now on would take the way there away
      this.send("to_draw", this.board.taken());
    });
    part(".copy").addEventListener("click", () => this.copy());
    part(".test").addEventListener("click", () => this.putTestDigit());
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => this.ramp.refresh() && this.paint();
    this.dark.addEventListener("change", this.repaint);
    this.theming = new MutationObserver(this.repaint);
    this.theming.observe(document.documentElement, { attributes: true });
  }

  /** @param {object} data of the server: see ui/inside/component.py */
  configure(data) {
    const before = this.data;
    this.data = data;
    if (before?.run === data.run && before?.network === data.network) return;
    this.begin(data);
  }

  async begin({ network, epochs, start, digits }) {
    this.setReady(false);
    this.grader = new Grader([this.live, this.second], digits);
    this.part(".broken").querySelectorAll(":scope > :not(h2, .plain)").forEach(remove);
    this.broken = new Broken(this.part(".broken"), (changes) => this.alter(changes), this.grader);
    this.looking ??= new Looking(this.part(".looked"), () =>
      this.grader.busy ? null : this.second,
    );
    this.learning.lay([...epochs, { epoch: null, url: network }]);
    this.part(".folded").textContent = this.data.folded;
    try {
      await this.bring(this.learning.moment);
    } catch {
      this.failed();
      return;
    }
    this.takeUp(start);
  }

  /** What the address or another page has asked for, once. */
  async takeUp(start) {
    if (this.taken) return;
    this.taken = true;
    const nonsense = [];
    const strokes = start.drawing ? drawingFromText(start.drawing) : start.strokes;
    if (start.drawing && !strokes) nonsense.push("drawing");
    if (start.image) {
      this.board.putPicture(Float32Array.from(start.image, (level) => level / 255));
      this.digit = start.digit ?? null;
    } else if (strokes?.length) this.board.put(strokes);
    const index = this.layers.findIndex(({ name }) => name === start.layer);
    if (start.layer && index < 0) nonsense.push("layer");
    if (index >= 0) {
      const layer = this.layers[index];
      const unit = Number(start.unit ?? 0);
      const fits = Number.isInteger(unit) && unit >= 0 && unit < layer.to[2];
      if (!fits) nonsense.push("unit");
      const place = [start.row ?? 0, start.column ?? 0].map(Number);
      const recurrent = layer.kind === "lstm";
      const room = recurrent ? [layer.from[0], layer.to[2]] : layer.to;
      const inside = place.every((at, axis) => Number.isInteger(at) && at >= 0 && at < room[axis]);
      if (!inside) nonsense.push("row, column");
      this.choose(index, fits ? unit : 0, inside ? place : null, false);
    }
    if (start.epoch) {
      const at = this.learning.placeOf(Number(start.epoch));
      if (at >= 0) await this.learning.go(at);
      else nonsense.push("epoch");
    }
    if (nonsense.length) {
      const parts = nonsense.join(", ");
      this.note(`Part of the address was not understood and is ignored: ${parts}.`);
    }
  }

  /** Have the workers run the network of a moment of its training, broken as the last one was. */
  async bring({ url }) {
    const source = networkAt(this.data.base + url);
    const both = [this.live, this.second];
    try {
      await Promise.all(both.map((reader) => reader.start(source)));
    } catch (error) {
      if (this.source) await Promise.all(both.map((reader) => reader.start(this.source)));
      throw error;
    }
    if (!this.layers || this.layersOf !== this.data.network) {
      const { layers, temperature } = await this.live.ask({ describe: true });
      Object.assign(this, { layers, temperature, layersOf: this.data.network });
      this.tiles = new Tiles(this.part(".layers"), layers, (...chosen) => this.choose(...chosen));
      this.choose(null);
    }
    this.source = source;
    if (this.broken.any) await this.apply(this.broken.changes);
    this.known.clear();
    this.ownHand.anew();
    this.setReady(true);
    this.broken.network = source.name;
    if (this.broken.any) this.broken.measure();
    const weights = await this.live.ask({ weightsOf: 0 });
    if (weights.kernel) this.learning.paint(this.layers[0], weights, this.ramp);
    this.changed();
    this.paint();
  }

  async alter(changes) {
    await this.apply(changes);
    this.known.clear();
    this.ownHand.anew();
    this.changed();
  }

  async apply(change) {
    await Promise.all([this.live, this.second].map((reader) => reader.ask({ change })));
  }

  dispose() {
    this.dark.removeEventListener("change", this.repaint);
    this.theming.disconnect();
    clearTimeout(this.resting);
    this.ownHand.dispose();
    this.loop.dispose();
    for (const { worker } of [this.live, this.second]) worker?.terminate?.();
  }

  failed() {
    this.setReady(false);
    this.note("The network did not arrive: reload the page.");
  }

  setReady(ready) {
    this.loop.ready = ready;
    this.part(".inside").dataset.live = ready; // for whoever wants to know: the tests do
  }

  note(text) {
    this.part(".note").textContent = text;
  }

  // Reading ------------------------------------------------------------------------------

  changed() {
    this.resting && clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), SETTLED_AFTER);
    if (!this.source) return;
    if (this.board.empty) this.showNothing();
    else this.loop.request();
  }

  drawing() {
    if (this.board.empty || !this.source) return null;
    const { picture, strokes } = this.board;
    return { network: this.source.name, ...(picture ? { form: picture } : { strokes }) };
  }

  read(answer) {
    if (!answer.probabilities || this.board.empty) return;
    this.reading = answer;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
      this.look(false);
    });
  }

  showNothing() {
    this.reading = null;
    this.looking.look(null);
    this.paint();
  }

  paint() {
    if (!this.tiles) return;
    this.ramp.refresh();
    const { reading } = this;
    this.tiles.show(reading, this.ramp);
    const said = reading ? inWords(reading.probabilities, this.data) : { guess: "", words: "" };
    this.part(".st-key-guess p").textContent = said.guess;
    this.part(".answer .words").textContent = said.words || "Draw a digit from 0 to 9.";
    this.ownHand.show(reading, this.data);
    const alt = reading ? barsInWords(reading.probabilities, this.data) : "No digit yet";
    this.tiles.chart.setAttribute("aria-label", alt);
    this.panel.follow(() => this.sight());
  }

  sight() {
    const { layers, temperature, reading, ramp } = this;
    return { layers, temperature, reading, ramp, weights: (index) => this.weights(index) };
  }

  /** Weights of a layer; null until they are there. */
  weights(index) {
    const found = this.known.get(index);
    if (found !== undefined) return found;
    this.known.set(index, null);
    this.live.ask({ weightsOf: index }).then((weights) => {
      if (!weights.kernel) return;
      this.known.set(index, weights);
      this.panel.follow(() => this.sight());
    }, ignore);
    return null;
  }

  look(resting) {
    const { reading, board } = this;
    const on = this.part(".where").ariaPressed === "true";
    if (!on || !reading) {
      this.looking?.look(null);
      return;
    }
    const { form, probabilities } = reading;
    const digit = probabilities.indexOf(Math.max(...probabilities));
    const side = board.side;
    const place = board.picture ? WHOLE_PAPER : placeOnPaper(form, board.strokes, side);
    this.looking.look({ form, digit, place, resting });
  }

  // What is asked for ----------------------------------------------------------------------

  /**
   * @param {?number} index of a layer; null for none
   * @param {?number} unit null: the one of that layer that gives most
   * @param {?[number, number]} place null: where that gives most
   * @param {boolean} byHand whether somebody did it, who then wants to see what it opens
   */
  choose(index, unit = null, place = null, byHand = true) {
    const before = this.chosen;
    this.chosen = index === null ? null : this.found(index, unit, place);
    this.tiles.choose(index, this.chosen?.unit ?? null);
    this.panel.open(this.chosen, this.sight());
    this.part(".broken").hidden = index === null && !this.broken.any;
    if (index !== null) this.broken.show(this.layers, index, this.chosen.unit, this.source?.name);
    if (byHand && index !== null && before?.index !== index) {
      this.part(".unit").scrollIntoView({ block: "nearest" });
    }
    this.changed();
  }

  /** What is chosen, with what was left open. */
  found(index, unit, place) {
    const layer = this.layers[index];
    const [height, width, channels] = layer.to;
    const values = this.reading?.layers[index];
    if (layer.kind === "lstm") {
      const row = place?.[0] ?? layer.from[0] - 1;
      return { index, unit: unit ?? 0, place: [row, unit ?? 0] };
    }
    const most = (from, step) => {
      let best = from;
      for (let at = from; values && at < values.length; at += step) {
        if (values[at] > values[best]) best = at;
      }
      return best;
    };
    const taken = unit ?? most(0, 1) % channels;
    const at = Math.floor(most(taken, channels) / channels);
    const fits = place && place[0] < height && place[1] < width;
    return { index, unit: taken, place: fits ? place : [Math.floor(at / width), at % width] };
  }

  /** Nothing changes any more: the finest look, the address, the server. */
  rest() {
    if (!this.layers || this.left) return;
    if (this.board.drawing || this.loop.behind) {
      this.resting = setTimeout(() => this.rest(), SETTLED_AFTER);
      return;
    }
    this.look(true);
    tellAddress(this.address());
    const { reading, chosen } = this;
    const digit = reading?.probabilities.indexOf(Math.max(...reading.probabilities));
    const form = reading && Array.from(reading.form, (ink) => Math.round(ink * 255));
    const layer = chosen && this.layers[chosen.index].name;
    this.send("seen", { form, digit, layer, unit: chosen?.unit ?? null });
  }

  /** What is looked at, for the address. */
  address() {
    const { chosen, board } = this;
    const { epoch } = this.learning.moment;
    const placed = chosen && this.layers[chosen.index].to[0] * this.layers[chosen.index].to[1] > 1;
    return {
      run: this.data.run,
      layer: chosen && this.layers[chosen.index].name,
      unit: chosen?.unit,
      row: placed ? chosen.place[0] : null,
      column: placed ? chosen.place[1] : null,
      epoch,
      digit: board.picture && this.digit,
      drawing: board.picture ? null : drawingAsText(board.strokes),
    };
  }

  async copy() {
    const state = this.address();
    const address = tellAddress(state);
    if (!this.board.empty && !state.drawing && !state.digit) {
      this.note("This drawing is too long for a link. The address opens all else that you see.");
      return;
    }
    try {
      await navigator.clipboard.writeText(address);
      this.note("The link is copied: it opens what you see now.");
    } catch {
      this.note("The address above opens what you see now: copy it from there.");
    }
  }

  /** Tell the server, unless it knows. */
  send(what, value) {
    const text = JSON.stringify(value);
    if (what === "seen" && text === this.sent) return;
    if (what === "seen") this.sent = text;
    this.tell(what, value);
  }

  async putTestDigit() {
    const digits = await this.grader?.digits();
    if (!digits) {
      this.note("There are no test digits here.");
      return;
    }
    const at = Math.floor(Math.random() * digits.labels.length);
    const bytes = digits.images.subarray(at * 784, (at + 1) * 784);
    this.board.putPicture(Float32Array.from(bytes, (level) => level / 255));
    this.digit = `${this.data.digits_name}:${at}`;
    this.note(`A test digit. Its label says ${digits.labels[at]}.`);
  }
}

function ignore() {}

function remove(element) {
  element.remove();
}

const mounted = new WeakMap();

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const tell = (what, value) =>
    what === "seen" ? setStateValue(what, value) : setTriggerValue(what, value);
  if (!mounted.has(parentElement)) mounted.set(parentElement, new Inside(parentElement, tell));
  mounted.get(parentElement).configure(data);
  return () => {
    mounted.get(parentElement)?.dispose();
    mounted.delete(parentElement);
  };
}
