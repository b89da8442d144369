// The canvas for those who draw by keys or hear the page: it can be reached, has a name, and its
// keys are the mouse events that it draws by.

import { followKeys } from "../../web/pen_keys.js";

const LOOK = 100; // milliseconds between two looks whether the canvas is there
const STYLE = `
  .upper-canvas:focus-visible { outline: 3px solid #56b4e9; outline-offset: -3px; }
  .key-pen { position: absolute; z-index: 30; width: 18px; height: 18px; margin: -9px 0 0 -9px;
             border: 3px solid #56b4e9; border-radius: 50%; box-sizing: border-box;
             pointer-events: none; }
  .key-pen.down { background: #56b4e9; }`;

/** The canvas on which one draws, within what Streamlit's component keeps to itself. */
function drawnOn() {
  for (const element of document.querySelectorAll(".st-key-canvas *")) {
    const canvas = element.shadowRoot?.querySelector("canvas.upper-canvas");
    if (canvas) return canvas;
  }
  return null;
}

function press(place) {
  document.querySelector(`.st-key-${place} button`)?.click();
}

/** Let keys draw on a canvas, unless they do. */
function open(canvas, data, choose) {
  if (canvas.dataset.keys) return;
  canvas.dataset.keys = "true";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", data.label);
  const style = document.createElement("style");
  style.textContent = STYLE;
  const pen = document.createElement("div");
  pen.className = "key-pen";
  pen.hidden = true;
  canvas.parentElement.append(style, pen);
  let last = [0, 0];

  const send = (kind, [x, y]) => {
    last = [x, y];
    const box = canvas.getBoundingClientRect();
    const place = { clientX: box.left + x * box.width, clientY: box.top + y * box.height };
    const buttons = kind === "mouseup" ? 0 : 1;
    const how = { bubbles: true, composed: true, cancelable: true, view: window };
    canvas.dispatchEvent(new MouseEvent(kind, { ...how, ...place, buttons }));
  };
  followKeys(canvas, {
    down: (point) => send("mousedown", point),
    move: (points) => {
      for (const point of points) send("mousemove", point);
    },
    up: () => send("mouseup", last),
    undo: () => press("undo"),
    clear: () => press("clear"),
    shown: (point, down) => {
      pen.hidden = !point;
      pen.classList.toggle("down", down);
      if (!point) return;
      pen.style.left = `${point[0] * 100}%`;
      pen.style.top = `${point[1] * 100}%`;
    },
  });
  canvas.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, repeat }) => {
    if (data.digits && /^[0-9]$/.test(key) && !(ctrlKey || metaKey || altKey || repeat)) {
      choose(Number(key));
    }
  });
}

export default function ({ data, setTriggerValue }) {
  // The canvas comes by itself, and another one when the page changes its mode.
  const look = () => {
    const canvas = drawnOn();
    if (canvas) open(canvas, data, (digit) => setTriggerValue("digit", digit));
  };
  look();
  const timer = setInterval(look, LOOK);
  return () => clearInterval(timer);
}
