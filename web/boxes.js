// A box round each digit of a number, and what it is read as above it.

const GAP = 5; // units of the canvas between ink and box
const SURE = "#56b4e9"; // blue, plain,
const UNSURE = "#e69f00"; // and orange, double, so that colour does not say it alone

/**
 * @param {HTMLCanvasElement} canvas that lies over the drawing
 * @param {{width: number, height: number}} paper its size in units
 * @param {{box: [number, number, number, number], label: string, sure: boolean}[]} digits boxes
 *   by left, top, right and bottom
 * @returns {void}
 */
export function paintBoxes(canvas, paper, digits) {
  const sharp = window.devicePixelRatio || 1;
  const box = canvas.getBoundingClientRect();
  canvas.width = Math.round(box.width * sharp);
  canvas.height = Math.round(box.height * sharp);
  const scale = canvas.width / paper.width;
  const context = canvas.getContext("2d");
  const size = 14 * sharp;
  Object.assign(context, { font: `600 ${size}px sans-serif`, textAlign: "center" });
  Object.assign(context, { textBaseline: "bottom", lineWidth: sharp });
  for (const { box: edges, label, sure } of digits) {
    const [left, top, right, bottom] = edges.map((edge) => edge * scale);
    context.strokeStyle = sure ? SURE : UNSURE;
    context.fillStyle = context.strokeStyle;
    for (const gap of sure ? [GAP] : [GAP, 2 * GAP]) {
      const out = gap * scale;
      context.strokeRect(left - out, top - out, right - left + 2 * out, bottom - top + 2 * out);
    }
    const above = Math.max(top - 2 * GAP * scale, size);
    context.fillText(label, (left + right) / 2, above);
  }
}
