// A map of digits on a canvas: the one that is pointed at shows its image.
export default function ({ data, parentElement }) {
  const canvas = parentElement.querySelector(".frame > canvas");
  const card = parentElement.querySelector(".card");
  const pen = canvas.getContext("2d");
  const { x, y, labels, words, atlas, columns, colours, alt } = data;
  canvas.setAttribute("aria-label", alt);
  const sheet = new Image();
  let width = 0;
  let height = 0;
  let spots = [];
  let chosen = -1;

  function lay() {
    const ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    height = Math.min(Math.round(width * 0.8), 560);
    if (!width) return;
    canvas.style.height = `${height}px`;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const edge = 14;
    spots = x.map((_, i) => [
      edge + x[i] * (width - 2 * edge),
      edge + (1 - y[i]) * (height - 2 * edge),
    ]);
    draw();
  }

  function draw() {
    pen.clearRect(0, 0, width, height);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `${width < 500 ? 10 : 12}px sans-serif`;
    spots.forEach(([a, b], i) => {
      pen.fillStyle = colours[labels[i]];
      pen.fillText(labels[i], a, b);
    });
    if (chosen >= 0) {
      pen.beginPath();
      pen.arc(...spots[chosen], 11, 0, 7);
      pen.lineWidth = 2.5;
      pen.strokeStyle = getComputedStyle(card).color;
      pen.stroke();
    }
  }

  function choose(index) {
    chosen = index;
    card.hidden = index < 0;
    draw();
    if (index < 0) return;
    const view = card.querySelector("canvas").getContext("2d");
    const corner = [(index % columns) * 28, Math.floor(index / columns) * 28];
    view.drawImage(sheet, ...corner, 28, 28, 0, 0, 28, 28);
    card.querySelector("p").textContent = words[index];
    const [a, b] = spots[index];
    card.style.left = `${Math.max(0, a + 150 > width ? a - 144 : a + 16)}px`;
    card.style.top = `${Math.max(0, Math.min(b - 60, height - 176))}px`;
  }

  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    const a = event.clientX - box.left;
    const b = event.clientY - box.top;
    let best = -1;
    let least = 30 * 30;
    spots.forEach(([c, d], i) => {
      const apart = (a - c) ** 2 + (b - d) ** 2;
      if (apart < least) [least, best] = [apart, i];
    });
    choose(best);
  }

  // The arrow keys go to the nearest digit in their direction.
  function step(event) {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (event.key === "Escape") choose(-1);
    if (!(event.key in way)) return;
    event.preventDefault();
    if (chosen < 0) return choose(0);
    const [u, v] = way[event.key];
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
    choose(best);
  }

  canvas.onpointermove = nearest;
  canvas.onpointerdown = nearest;
  canvas.onpointerleave = (event) => event.pointerType === "mouse" && choose(-1);
  canvas.onkeydown = step;
  canvas.onblur = () => choose(-1);
  sheet.onload = () => {
    canvas.dataset.ready = spots.length;
  };
  sheet.src = atlas;
  choose(-1);
  const watch = new ResizeObserver(lay);
  watch.observe(canvas.parentElement);
  lay();
  return () => watch.disconnect();
}
