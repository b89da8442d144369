// A map of digits on a canvas: the one that is pointed at shows its image.

const EDGE = 14; // pixels left free around the map
const REACH = 30; // pixels within which a digit is pointed at
const SIDE = 28; // pixels of an image
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

// Where the digits lie on a canvas of that size, in pixels, by x and y from 0 to 1.
function placed(x, y, width, height) {
  return x.map((_, i) => [
    EDGE + x[i] * (width - 2 * EDGE),
    EDGE + (1 - y[i]) * (height - 2 * EDGE),
  ]);
}

// The index of the spot nearest to a point, -1 if none is near.
function nearest(spots, a, b) {
  let best = -1;
  let least = REACH * REACH;
  spots.forEach(([c, d], i) => {
    const apart = (a - c) ** 2 + (b - d) ** 2;
    if (apart < least) [least, best] = [apart, i];
  });
  return best;
}

// The index of the spot that comes next in a direction.
function next(spots, chosen, [u, v]) {
  const [a, b] = spots[chosen];
  let best = chosen;
  let least = Infinity;
  spots.forEach(([c, d], i) => {
    const along = (c - a) * u + (d - b) * v;
    const aside = Math.abs((c - a) * v) + Math.abs((d - b) * u);
    if (i !== chosen && along > 0.5 && along + 3 * aside < least) {
      [least, best] = [along + 3 * aside, i];
    }
  });
  return best;
}

function drawDigits(pen, spots, { labels, colours }, size) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `${size}px sans-serif`;
  spots.forEach(([a, b], i) => {
    pen.fillStyle = colours[labels[i]];
    pen.fillText(labels[i], a, b);
  });
}

function drawRing(pen, spot, colour) {
  pen.beginPath();
  pen.arc(...spot, 11, 0, 7);
  pen.lineWidth = 2.5;
  pen.strokeStyle = colour;
  pen.stroke();
}

// Show a digit's image and words on the card beside its spot.
function fillCard(card, sheet, { columns, words }, index, [a, b], width, height) {
  const view = card.querySelector("canvas").getContext("2d");
  const corner = [(index % columns) * SIDE, Math.floor(index / columns) * SIDE];
  view.drawImage(sheet, ...corner, SIDE, SIDE, 0, 0, SIDE, SIDE);
  card.querySelector("p").textContent = words[index];
  card.style.left = `${Math.max(0, a + 150 > width ? a - 144 : a + 16)}px`;
  card.style.top = `${Math.max(0, Math.min(b - 60, height - 176))}px`;
}

export default function ({ data, parentElement }) {
  const canvas = parentElement.querySelector(".frame > canvas");
  const card = parentElement.querySelector(".card");
  const pen = canvas.getContext("2d");
  const sheet = new Image();
  let [width, height, spots, chosen] = [0, 0, [], -1];
  canvas.setAttribute("aria-label", data.alt);

  function lay() {
    const ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    height = Math.min(Math.round(width * 0.8), 560);
    if (!width) return;
    canvas.style.height = `${height}px`;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    spots = placed(data.x, data.y, width, height);
    draw();
  }

  function draw() {
    pen.clearRect(0, 0, width, height);
    drawDigits(pen, spots, data, width < 500 ? 10 : 12);
    if (chosen >= 0) drawRing(pen, spots[chosen], getComputedStyle(card).color);
  }

  function choose(index) {
    chosen = index;
    card.hidden = index < 0;
    draw();
    if (index >= 0) fillCard(card, sheet, data, index, spots[index], width, height);
  }

  function point(event) {
    const box = canvas.getBoundingClientRect();
    choose(nearest(spots, event.clientX - box.left, event.clientY - box.top));
  }

  function step(event) {
    if (event.key === "Escape") choose(-1);
    if (!(event.key in WAYS)) return;
    event.preventDefault();
    choose(chosen < 0 ? 0 : next(spots, chosen, WAYS[event.key]));
  }

  canvas.onpointermove = point;
  canvas.onpointerdown = point;
  canvas.onpointerleave = (event) => event.pointerType === "mouse" && choose(-1);
  canvas.onkeydown = step;
  canvas.onblur = () => choose(-1);
  sheet.onload = () => {
    canvas.dataset.ready = spots.length;
  };
  sheet.src = data.atlas;
  choose(-1);
  const watch = new ResizeObserver(lay);
  watch.observe(canvas.parentElement);
  lay();
  return () => watch.disconnect();
}
