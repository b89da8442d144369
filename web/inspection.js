// What is asked of a network by who looks inside, and what it answers.
//
// In:   what readings.js takes, and further
//       {id, network, form}                            a 28×28 image, to be read as it is
//       {id, network, change}                          what is broken of it: see network/inspected.js
//       {id, network, describe: true}                  its layers
//       {id, network, weightsOf}                       the weights of the layer of that index
//       {id, network, digits: {images, labels}}        28×28 bytes each, to be kept for grading
//       {id, network, grade: [first, end]}             so many of those, to be read
//       {id, network, cover: {form, digit, patch, stride}}  an image, to be covered place by place
// Out:  what readings.js gives; a reading has the outputs of all `layers` besides
//       {id, layers, temperature}, {id, changed}, {id, kernel, bias}, {id, kept}, {id, read, right}, {id, relevance};
//       {id, gone: true} from another network

import { SIDE } from "./drawing/form.js";
import { InspectedNetwork } from "./network/inspected.js";
import { Readings } from "./readings.js";

const GREY = 0.5; // of what covers a part of an image: it hides ink and ground alike
const FAINTEST = 1e-7; // a probability whose logarithm counts

export class Inspection extends Readings {
  constructor() {
    super((bytes) => new InspectedNetwork(bytes));
    this.digits = null;
  }

  answer(message) {
    const { id, network } = message;
    const acts = { form: "readForm", change: "alter", weightsOf: "weights", cover: "coverImage" };
    Object.assign(acts, { digits: "keepDigits", grade: "gradeDigits", describe: "describe" });
    const asked = Object.keys(acts).find((name) => name in message);
    if (!asked) return super.answer(message);
    if (network !== this.name) return { id, gone: true };
    return { id, ...this[acts[asked]](message[asked]) };
  }

  read(form) {
    const reading = super.read(form);
    return reading.probabilities ? { ...reading, layers: this.network.outputs() } : reading;
  }

  readForm(form) {
    return this.read(form);
  }

  /** The layers as network/plan.js plans them. */
  describe() {
    return { layers: this.network.layers, temperature: this.network.temperature };
  }

  alter(changes) {
    this.network.change(changes);
    return { changed: true };
  }

  weights(index) {
    return this.network.weightsOf(index);
  }

  keepDigits(digits) {
    this.digits = digits;
    return { kept: digits.labels.length };
  }

  /** How many of the kept digits are read right, from the first to before the last. */
  gradeDigits([first, end]) {
    const { images, labels } = this.digits;
    const stop = Math.min(end, labels.length);
    let right = 0;
    for (let at = first; at < stop; at++) {
      const bytes = images.subarray(at * SIDE * SIDE, (at + 1) * SIDE * SIDE);
      const { probabilities } = this.network.read(Float32Array.from(bytes, (byte) => byte / 255));
      right += probabilities.indexOf(Math.max(...probabilities)) === labels[at];
    }
    return { read: stop - first, right };
  }

  /**
   * How much each part of an image speaks for a digit, as mnist_core/evaluation/explanations.py
   * finds it (`occlusion`): by how much the logarithm of the digit's probability falls, on average,
   * when a grey square covers the pixel.
   */
  coverImage({ form, digit, patch, stride }) {
    const score = (image) =>
      Math.log(Math.max(this.network.read(image).probabilities[digit], FAINTEST));
    const whole = score(form);
    const [falls, covers] = [new Float32Array(SIDE * SIDE), new Float32Array(SIDE * SIDE)];
    for (let top = stride - patch; top < SIDE; top += stride) {
      for (let left = stride - patch; left < SIDE; left += stride) {
        const places = squareAt(top, left, patch);
        const covered = form.slice();
        for (const at of places) covered[at] = GREY;
        const fall = whole - score(covered);
        for (const at of places) {
          falls[at] += fall;
          covers[at]++;
        }
      }
    }
    return { relevance: falls.map((fall, at) => fall / covers[at]) };
  }
}

/** The pixels of a square that lie within the image. */
function squareAt(top, left, patch) {
  const places = [];
  for (let row = Math.max(top, 0); row < Math.min(top + patch, SIDE); row++) {
    for (let column = Math.max(left, 0); column < Math.min(left + patch, SIDE); column++) {
      places.push(row * SIDE + column);
    }
  }
  return places;
}
