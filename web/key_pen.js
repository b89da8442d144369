// A ring on the page where the pen is that keys move.

/**
 * @param {?[number, number]} point as shares of width and height; null where no keys draw
 * @param {boolean} down whether the pen is down
 */
export function showKeyPen(point, down) {
  const ring = document.querySelector("#pen");
  ring.hidden = !point;
  if (!point) return;
  ring.classList.toggle("down", down);
  ring.style.left = `${point[0] * 100}%`;
  ring.style.top = `${point[1] * 100}%`;
}
