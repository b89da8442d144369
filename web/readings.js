// What is asked of a network and what it answers, in a worker or on the page itself.
//
// In:   {weights, name, digest}                    a network, to be kept in place of the last
//       {id, network, strokes | pixels, number?}   a drawing, to be read with the network of that
//                                                  name: one digit, or a number of several
//       {id, network, forms}                       28×28 images, to be read one by one
// Out:  {ready: name} or {ready: null, why}
//       {id, form, probabilities, logits, features}; the last three are null without ink
//       {id, digits: [{box, strokes, form, probabilities, logits, features}]} of a number
//       {id, readings: [{probabilities, logits, features}]} of images; null from another network

import { formOfPixels } from "./drawing/image.js";
import { strokePath } from "./drawing/pencil.js";
import { boxOf, segment } from "./drawing/segmentation.js";
import { formOfStrokes, medianWidth } from "./drawing/strokes.js";
import { Network } from "./network/network.js";
import { sha256 } from "./sha256.js";

const NOTHING = { probabilities: null, logits: null, features: null };

export class Readings {
  /** @param {(bytes: ArrayBuffer) => Network} make a network of its bytes */
  constructor(make = (bytes) => new Network(bytes)) {
    this.make = make;
    this.network = null;
    this.name = null;
    this.known = new Map(); // the digits of the last number, by their strokes
  }

  /**
   * @param {object} message one that goes in
   * @returns {object} the one that comes out
   */
  answer(message) {
    if (message.weights) return this.keep(message);
    const { id, network, pixels, number, forms } = message;
    if (forms) return { id, readings: network === this.name ? this.all(forms) : null };
    if (network !== this.name) return { id, form: null, ...NOTHING };
    const strokes = pixels ? [] : message.strokes.map(asPath);
    if (number) return { id, digits: this.digits(strokes) };
    const form = pixels
      ? formOfPixels(pixels.grey, pixels.height, pixels.width)
      : formOfStrokes(strokes);
    return { id, ...this.read(form) };
  }

  keep({ weights, name, digest }) {
    try {
      if (!sha256(weights).startsWith(digest)) throw new Error("The network has been altered.");
      this.network = this.make(weights);
      this.name = name;
      this.known.clear();
      return { ready: name };
    } catch (error) {
      return { ready: null, why: String(error) };
    }
  }

  read(form) {
    return { form, ...(form?.some((ink) => ink > 0) ? this.network.read(form) : NOTHING) };
  }

  all(forms) {
    return forms.map((form) => this.network.read(form));
  }

  /** The digits of a number from left to right; those that have no new stroke are known. */
  digits(strokes) {
    const drawn = strokes.map((stroke, at) => ({ ...stroke, at })).filter((s) => s.points.length);
    const before = this.known;
    this.known = new Map();
    return segment(drawn.map(({ points }) => points)).map((indices) => {
      const own = indices.map((index) => drawn[index]);
      const name = JSON.stringify(own.map(({ points, width }) => [points, width]));
      const reading = before.get(name) ?? this.read(formOfStrokes(own));
      this.known.set(name, reading);
      const half = medianWidth(own) / 2;
      const [left, top, right, bottom] = boxOf(own.map(({ points }) => points));
      const box = [left - half, top - half, right + half, bottom + half];
      return { box, strokes: own.map(({ at }) => at), ...reading };
    });
  }
}

/** A stroke as it is seen: the pen's own points (raw) become the path that a canvas makes of them. */
function asPath({ points, width, raw }) {
  return { points: raw ? strokePath(points, width) : points, width };
}
