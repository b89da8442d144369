// Drawing by keys: arrows move the pen, the space bar puts it down and lifts it.

const STEP = 0.03; // share of the canvas' height that an arrow moves the pen,
const FINE = 0.01; // and with the shift key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {HTMLElement} element that the keys are pressed on
 * @param {object} listener
 * @param {(point: [number, number]) => void} listener.down the pen is put down; points are shares
 *   of width and height, as pointer.js has them
 * @param {(points: [number, number][]) => void} listener.move
 * @param {() => void} listener.up
 * @param {() => void} listener.undo
 * @param {() => void} listener.clear
 * @param {(point: ?[number, number], down: boolean) => void} listener.shown where the pen is; null
 *   where it is not used
 */
export function followKeys(element, listener) {
  const held = new Set();
  let place = [0.5, 0.3];
  let isDown = false;
  const show = () => listener.shown(place, isDown);

  const lift = () => {
    if (isDown) listener.up();
    isDown = false;
  };

  const arrow = (fine) => {
    const step = fine ? FINE : STEP;
    const { width, height } = element.getBoundingClientRect();
    for (const key of held) {
      const [x, y] = ARROWS[key];
      place = [inside(place[0] + (x * step * height) / width), inside(place[1] + y * step)];
    }
    if (isDown) listener.move([place]);
  };

  const acts = {
    " ": () => {
      if (isDown) {
        lift();
      } else {
        isDown = true;
        listener.down(place);
      }
    },
    Backspace: () => listener.undo(),
    Delete: () => listener.clear(),
  };
  acts.Enter = acts[" "];

  element.addEventListener("keydown", (event) => {
    const undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
    if (undo) {
      listener.undo();
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key in ARROWS) {
      held.add(event.key);
      arrow(event.shiftKey);
    } else if (event.key in acts) {
      if (event.repeat) return;
      acts[event.key]();
    } else {
      return;
    }
    event.preventDefault();
    show();
  });
  element.addEventListener("keyup", ({ key }) => held.delete(key));
  element.addEventListener("blur", () => {
    held.clear();
    lift();
    listener.shown(null, false);
  });
  element.addEventListener("pointerdown", () => {
    lift();
    listener.shown(null, false);
  });
}

function inside(share) {
  return Math.min(Math.max(share, 0), 1);
}
