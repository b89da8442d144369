// The digit that a class votes on, where the phone shows it.

import { paintForm } from "../picture.js";

const EDGE = 320; // pixels of the picture's side
const INK_WIDTH = 22; // of a stroke, in units of the canvas it was drawn on
const MARGIN = 0.14; // share of the side that is left free

/**
 * @param {HTMLCanvasElement} canvas
 * @param {?{strokes?: [number, number][][], image?: number[]}} subject strokes in units of a
 *   canvas, or 28×28 levels of 0 to 255; null for nothing
 */
export function paintSubject(canvas, subject) {
  canvas.classList.toggle("pixels", Boolean(subject?.image));
  if (subject?.image) {
    Object.assign(canvas, { width: 28, height: 28 });
    paintForm(
      canvas,
      Float32Array.from(subject.image, (level) => level / 255),
    );
    return;
  }
  Object.assign(canvas, { width: EDGE, height: EDGE }); // which also takes away what was there
  const strokes = (subject?.strokes ?? []).filter(({ length }) => length);
  if (strokes.length) paintStrokes(canvas.getContext("2d"), strokes);
}

/** As large as the picture holds them, in its middle. */
function paintStrokes(context, strokes) {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const scale = (EDGE * (1 - 2 * MARGIN)) / Math.max(wide, high, INK_WIDTH);
  context.translate(EDGE / 2, EDGE / 2);
  context.scale(scale, scale);
  context.translate(-left - wide / 2, -top - high / 2);
  Object.assign(context, { lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  context.lineWidth = INK_WIDTH;
  for (const [first, ...rest] of strokes) {
    context.beginPath();
    context.moveTo(...first);
    for (const point of rest.length ? rest : [first]) context.lineTo(...point);
    context.stroke();
  }
}
