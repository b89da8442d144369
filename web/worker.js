// Reads drawings beside the page, so that the pen never waits for the network.
//
// In:   {weights, name}                   a network, to be kept in place of the last
//       {id, network, strokes | pixels}   a drawing, to be read with the network of that name
// Out:  {ready: name}, {ready: null, why}, or {id, form, probabilities}; null where there is no ink

import { formOfPixels } from "./drawing/image.js";
import { strokePath } from "./drawing/pencil.js";
import { formOfStrokes } from "./drawing/strokes.js";
import { Network } from "./network/network.js";

const kept = { network: null, name: null };

self.onmessage = ({ data }) => {
  if (data.weights) {
    try {
      Object.assign(kept, { network: new Network(data.weights), name: data.name });
      self.postMessage({ ready: data.name });
    } catch (error) {
      self.postMessage({ ready: null, why: String(error) });
    }
    return;
  }
  const form = data.network === kept.name ? formOf(data) : null;
  const probabilities = form?.some((ink) => ink > 0) ? kept.network.predict(form) : null;
  self.postMessage({ id: data.id, form, probabilities });
};

/** A drawing in MNIST's form: pixels as they are seen, or strokes, as the pen went (raw) or as
 *  the canvas' paths already. */
function formOf({ strokes, pixels }) {
  if (pixels) return formOfPixels(pixels.grey, pixels.height, pixels.width);
  return formOfStrokes(
    strokes.map(({ points, width, raw }) => ({
      points: raw ? strokePath(points, width) : points,
      width,
    })),
  );
}
