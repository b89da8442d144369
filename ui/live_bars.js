// Ten bars that show the server's reading, and while the pen moves the browser's own.
//
// The server's reading lies in the page as data (`.server-reading`, beside this component). The
// pen's points are taken from the same events that the canvas draws by. A worker brings them into
// MNIST's form and runs the network; the browser's reading then stands until the server's has all
// the strokes that it has.

import { Bars, setText } from "../web/bars.js";
import { paintBoxes } from "../web/boxes.js";
import { HandKeeper } from "../web/hand_keeper.js";
import { numberInWords } from "../web/number.js";
import { Pen } from "../web/pen.js";
import { greyLevels, paintForm } from "../web/picture.js";
import { networkAt, Reader, workerAt } from "../web/reader.js";
import { ReadingLoop } from "../web/reading_loop.js";
import { barsInWords, inWords } from "../web/wording.js";

const PHONE = "(max-width: 640px)"; // where the bars stand above the canvas, as ui/draw/phone.css
const RETRY = 5000; // milliseconds until weights that did not arrive are asked for again
const LOOK = 50; // milliseconds between two looks whether the canvas is there,
const PATIENCE = 5000; // and until it is no longer waited for
const FRAMED = 300; // milliseconds after which the boxes are painted anew
const SETTLED = 1500; // milliseconds after which a server that says nothing is not waited for

// Whatever is mounted and unmounted.
const reader = new Reader(() => workerAt(addresses.worker));
const addresses = { worker: null };

class LiveBars {
  constructor(root) {
    this.root = root;
    this.chart = root.querySelector(".live-bars");
    this.bars = new Bars(this.chart);
    this.onPhone = matchMedia(PHONE);
    this.arrange = () => this.chart.classList.toggle("slim", this.onPhone.matches);
    this.onPhone.addEventListener("change", this.arrange);
    this.arrange();
    this.server = null; // the server's last reading
    this.known = []; // its strokes
    this.finished = []; // strokes that it has not got yet
    this.own = null; // the browser's last reading, while that is shown
    this.readings = 0;
    this.copy = document.createElement("canvas");
    this.loop = new ReadingLoop(reader, {
      drawing: () => this.drawing(),
      read: (reading) => this.takeOwnReading(reading),
      failed: () => this.failed(),
    });
    this.pen = new Pen({
      canvasOf,
      down: () => this.down(),
      moved: () => this.loop.request(),
      up: (stroke) => this.up(stroke),
    });
    // What the visitor has taught the reader; the page's keeper has it from the server.
    const read = (forms) => reader.readForms(forms);
    this.hand = new HandKeeper(read, () => this.loop.request());
    // The server's reading is replaced with every answer of the server.
    this.observer = new MutationObserver(() => this.takeServerReading());
    this.place = root.closest(".st-key-bars") ?? root.parentElement;
    const changes = { subtree: true, childList: true, attributeFilter: ["data-reading"] };
    this.observer.observe(this.place, changes);
  }

  configure(data) {
    this.data = data;
    if (data.network !== this.network) {
      this.setReady(false);
      this.network = data.network;
      this.load();
    }
    this.say(data.note ?? "");
    this.chart.classList.toggle("of-number", data.number);
    this.takeServerReading();
  }

  dispose() {
    this.onPhone.removeEventListener("change", this.arrange);
    clearTimeout(this.framing);
    this.boxes?.remove();
    this.pen.dispose();
    this.loop.dispose();
    this.hand.dispose();
    this.observer.disconnect();
    clearTimeout(this.settling);
    cancelAnimationFrame(this.frame);
    this.removePicture();
    this.bars.dispose();
  }

  /** Get the worker and the network; without them the bars show the server's readings only. */
  async load() {
    const url = this.network;
    if (!url || this.loading === url) return;
    this.loading = url;
    try {
      await canvasIsThere(); // half a megabyte: who wants to draw does not wait for it
      addresses.worker = this.data.worker;
      if (this.network === url) await reader.start(networkAt(url));
      if (this.network === url) {
        this.setReady(true);
        this.say("");
        this.hand.anew();
        if (this.pen.stroke) this.loop.request();
      }
    } catch {
      if (this.network === url) this.failed();
    }
    if (this.loading === url) this.loading = null;
  }

  failed() {
    this.loop.busy = false;
    this.setReady(false);
    this.stopped = performance.now();
    this.say(this.data.afterwards);
  }

  setReady(ready) {
    this.loop.ready = ready;
    this.chart.dataset.live = ready; // for whoever wants to know: the tests do
  }

  say(note) {
    this.root.querySelector(".live-note").textContent = note;
  }

  // The pen ------------------------------------------------------------------------------

  /** A stroke begins: the width of its brush, or null if it is not to be read while it is drawn. */
  down() {
    if (this.server?.erasing) return null; // what is left is for the server to say
    if (!this.loop.ready) {
      if (this.network && performance.now() - (this.stopped ?? Infinity) > RETRY) this.load();
      if (!this.network) return null;
    }
    clearTimeout(this.settling);
    this.readings = 0;
    this.chart.dataset.readings = 0;
    return this.server?.brush ?? 1;
  }

  up(stroke) {
    this.finished.push(stroke);
    this.loop.request();
    this.settling = setTimeout(() => this.own && this.speak(this.own), SETTLED);
  }

  // Reading ------------------------------------------------------------------------------

  drawing() {
    const { network } = this;
    const { number } = this.data;
    if (!this.server?.picture) {
      const { stroke } = this.pen;
      const strokes = [...this.known, ...this.finished, ...(stroke ? [stroke] : [])];
      return { network, strokes, number };
    }
    if (number) return null; // only the server segments pictures
    // Pictures cannot be told from the pen's points: what is seen on the canvas then.
    const { canvas } = this.pen;
    if (!canvas) return null; // nobody has drawn on it: the server's reading stands
    const layers = canvas.parentElement.querySelectorAll("canvas");
    const { width, height } = canvas;
    const pixels = greyLevels(layers, width, height, this.data.ground, this.copy);
    return pixels && { network, pixels };
  }

  takeOwnReading(reading) {
    const { form, probabilities, digits } = this.taught(reading);
    const wanted = this.pen.stroke || this.finished.length || this.server?.starting;
    const read = digits?.filter((digit) => digit.probabilities) ?? [];
    if (!wanted || !(probabilities || read.length)) return;
    this.readings++;
    const words = digits ? numberInWords(read, this.data) : inWords(probabilities, this.data);
    this.own = { form, probabilities, ...words };
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.own) this.showOwn();
    });
  }

  /** A reading as the visitor writes. */
  taught(reading) {
    const { hand } = this.hand;
    if (!hand) return reading;
    const adjust = (one) => (one.probabilities ? hand.adjust(one) : one);
    const { digits } = reading;
    return digits ? { ...reading, digits: digits.map(adjust) } : adjust(reading);
  }

  // The server ---------------------------------------------------------------------------

  takeServerReading() {
    const text = [...this.place.querySelectorAll(".server-reading")].pop()?.dataset.reading;
    if (!text || text === this.text) return;
    this.text = text;
    const before = this.server;
    this.server = JSON.parse(text);
    this.known = unpackStrokes(this.server.strokes);
    if (this.server.number !== before?.number) {
      this.finished = []; // put in place of what was drawn
      this.own = null;
      if (this.server.starting && this.known.length) this.loop.request(); // it cannot read that yet
    }
    if (this.server.count > before?.count) {
      this.finished.splice(0, this.server.count - before.count);
    }
    // As long as it has not seen all of it, or cannot say anything of it, the browser's stands.
    if (this.pen.stroke || this.finished.length || (this.server.starting && this.own)) {
      if (this.own) this.showOwn();
      return;
    }
    this.own = null;
    clearTimeout(this.settling);
    this.bars.show(this.server.probabilities, "server");
    this.words(this.server);
    this.frameDigits(this.server.boxes);
    this.removePicture();
    this.speak(this.server);
  }

  // Showing ------------------------------------------------------------------------------

  showOwn() {
    this.bars.show(this.own.probabilities, "browser");
    this.chart.dataset.readings = this.readings;
    this.words(this.own);
    if (this.own.form) this.picture(this.own.form);
    this.frameDigits(this.own.boxes);
  }

  /** The digits of a number, each with a box, over the canvas on which they are drawn. */
  frameDigits(boxes) {
    if (!boxes) return;
    clearTimeout(this.framing);
    // The page may put another canvas there, or change its size.
    this.framing = setTimeout(() => this.frameDigits(boxes), FRAMED);
    const drawn = canvases().findLast((canvas) => canvas.classList.contains("upper-canvas"));
    if (!drawn) return;
    this.boxes ??= document.createElement("canvas");
    if (this.boxes.parentElement !== drawn.parentElement) {
      this.boxes.style.cssText = "position: absolute; inset: 0; z-index: 20; pointer-events: none";
      this.boxes.setAttribute("aria-hidden", "true"); // the guess and the chart's name say it
      this.boxes.className = "live-boxes";
      drawn.parentElement.prepend(this.boxes);
    }
    paintBoxes(this.boxes, drawn, boxes);
    this.chart.dataset.labels = boxes.map(({ label }) => label).join(", ");
  }

  /** The guess and what is said of it, in the elements where the server has put its own. */
  words({ guess, unsure, words }) {
    const place = this.container("guess")?.querySelector("p");
    const beside = this.container("confidence")?.querySelector("p");
    if (!place || !beside) return;
    setText(place, guess);
    place.classList.toggle("unsure", Boolean(unsure));
    setText(beside, words);
    const label = this.container("label")?.querySelector("[data-label]");
    if (!label) return;
    const mark = guess === label.dataset.label ? "✓" : "✗";
    setText(label.querySelector(".mark"), guess ? mark : "");
  }

  /** What the network sees, over the picture that the server shows of it. */
  picture(form) {
    const place = this.container("model_input");
    if (!place) return;
    let canvas = place.querySelector(".live-form");
    if (!canvas) {
      canvas = document.createElement("canvas");
      canvas.className = "live-form";
      canvas.width = 28;
      canvas.height = 28;
      canvas.setAttribute("aria-hidden", "true");
      place.append(canvas);
    }
    paintForm(canvas, form);
  }

  removePicture() {
    for (const canvas of document.querySelectorAll(".live-form")) canvas.remove();
  }

  container(key) {
    for (let around = this.place; around; around = around.parentElement) {
      const found = [...around.querySelectorAll(`.st-key-${key}`)].pop();
      if (found) return found;
    }
    return null;
  }

  /** For those who hear the page: once, when the pen is lifted. */
  speak({ guess, words, alt, probabilities, boxes }) {
    const labels = boxes?.map(({ label }) => label).join(", ");
    const seen = boxes ? `A box around each digit: ${labels || "none yet"}` : alt;
    this.chart.setAttribute("aria-label", seen ?? barsInWords(probabilities, this.data));
    const spoken = probabilities || labels ? [guess, words].filter(Boolean).join(", ") : "";
    setText(this.root.querySelector(".live-spoken"), spoken);
  }
}

/** The canvases of the drawing page, which Streamlit's component keeps to itself. */
function canvases() {
  return [...document.querySelectorAll(".st-key-canvas *")].flatMap((element) => [
    ...(element.shadowRoot?.querySelectorAll("canvas") ?? []),
  ]);
}

/** Ends once one can draw; in any case when one should have been able to for long. */
async function canvasIsThere() {
  for (let tries = 0; tries < PATIENCE / LOOK && !canvases().length; tries++) {
    await new Promise((done) => setTimeout(done, LOOK));
  }
}

/** The canvas of the drawing page that an event draws on; somebody else's is not followed. */
function canvasOf(event) {
  const path = event.composedPath();
  const [canvas] = path;
  const draws = canvas instanceof HTMLCanvasElement && canvas.classList.contains("upper-canvas");
  const onPage = path.some((element) => element.classList?.contains("st-key-canvas"));
  return draws && onPage ? canvas : null;
}

/** The strokes that the server has: 16-bit sixteenths of a pixel, in base64. */
function unpackStrokes({ points, lengths, widths }) {
  const bytes = Uint8Array.from(atob(points), (letter) => letter.charCodeAt(0));
  const numbers = new Int16Array(bytes.buffer);
  let at = 0;
  return lengths.map((length, index) => {
    const path = [];
    for (const end = at + 2 * length; at < end; at += 2) {
      path.push([numbers[at] / 16, numbers[at + 1] / 16]);
    }
    return { points: path, width: widths[index] };
  });
}

const mounted = new WeakMap();

export default function ({ parentElement, data }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, new LiveBars(parentElement));
  mounted.get(parentElement).configure(data);
  return () => {
    mounted.get(parentElement)?.dispose();
    mounted.delete(parentElement);
  };
}
