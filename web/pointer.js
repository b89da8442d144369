// One pen, finger or mouse on a canvas, by pointer events; a palm or a second finger does no harm.

const PALM = 90; // pixels that no fingertip is wide
const PEN_STAYS = 1000; // milliseconds after a pen was seen in which touches are the hand beside it

/**
 * Follow what draws on an element.
 *
 * @param {HTMLElement} element which nothing is to scroll or zoom: `touch-action: none` in CSS
 * @param {object} listener
 * @param {(point: [number, number]) => void} listener.down a stroke begins; points are x and y as
 *   shares of the element's width and height, y downward, and may lie outside [0, 1]
 * @param {(points: [number, number][]) => void} listener.move it goes on: all points since
 * @param {() => void} listener.up it is finished
 * @param {() => void} listener.cancel it was a palm's
 * @returns {() => void} ends the stroke under way, if there is one
 */
export function followPointer(element, listener) {
  let active = null; // the pointer that draws
  let penSeen = -Infinity;

  const isPalm = (event) =>
    event.pointerType === "touch" &&
    (Math.max(event.width, event.height) > PALM || event.timeStamp - penSeen < PEN_STAYS);

  const end = () => {
    if (!active) return;
    active = null;
    listener.up();
  };

  const down = (event) => {
    if (event.pointerType === "pen") penSeen = event.timeStamp;
    if (event.button !== 0 || isPalm(event)) return;
    if (active) {
      if (event.pointerType !== "pen" || active.type !== "touch") return;
      listener.cancel(); // what drew was the hand that holds the pen
    }
    active = { id: event.pointerId, type: event.pointerType };
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      // it has gone already, or a script made it up
    }
    listener.down(shareOf(element, event));
  };

  const move = (event) => {
    if (event.pointerType === "pen") penSeen = event.timeStamp;
    if (event.pointerId !== active?.id) return;
    if (event.pointerType === "mouse" && event.buttons === 0) {
      end(); // lifted where no one could see it
      return;
    }
    const all = event.getCoalescedEvents?.() ?? [];
    listener.move((all.length ? all : [event]).map((one) => shareOf(element, one)));
  };

  const up = (event) => {
    if (event.pointerId === active?.id) end();
  };

  const acts = {
    ...{ pointerdown: down, pointermove: move },
    ...{ pointerup: up, pointercancel: up, lostpointercapture: up },
  };
  for (const [kind, act] of Object.entries(acts)) element.addEventListener(kind, act);
  stayInPlace(element);
  document.addEventListener("visibilitychange", () => document.hidden && end());
  return end;
}

/** No magnifier, menu, selection, zoom or handwriting field of a phone's or an iPad's own. */
function stayInPlace(element) {
  for (const kind of ["touchstart", "touchmove", "gesturestart", "dblclick", "contextmenu"]) {
    element.addEventListener(kind, (event) => event.preventDefault(), { passive: false });
  }
}

function shareOf(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
}
