// Strokes written again, point by point, by all digits at once.
export default function ({ data, parentElement }) {
  const SVG = "http://www.w3.org/2000/svg";
  const frame = parentElement.querySelector(".digits");
  frame.replaceChildren();
  const digits = data.digits.map(({ strokes, caption, alt }) => {
    const figure = document.createElement("figure");
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("viewBox", "0 0 100 100");
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", alt);
    const lines = strokes.map(() => {
      const line = document.createElementNS(SVG, "polyline");
      drawing.append(line);
      return line;
    });
    const words = document.createElement("figcaption");
    words.textContent = caption;
    figure.append(drawing, words);
    frame.append(figure);
    return { strokes, lines };
  });
  const most = Math.max(...digits.map((d) => d.strokes.reduce((n, s) => n + s.length, 0)));
  let started = 0;
  let pending = 0;

  function show(count) {
    digits.forEach(({ strokes, lines }) => {
      let left = count;
      strokes.forEach((stroke, i) => {
        const part = stroke.slice(0, Math.max(0, left));
        if (part.length === 1) part.push(part[0]); // a dot
        lines[i].setAttribute("points", part.map((p) => p.join(",")).join(" "));
        left -= stroke.length;
      });
    });
  }

  function frameOf(now) {
    started ||= now;
    const count = Math.floor((now - started) / 1000 / data.step) + 1;
    show(count);
    pending = count < most ? requestAnimationFrame(frameOf) : 0;
    if (!pending) frame.dataset.done = "yes";
  }

  function write() {
    cancelAnimationFrame(pending);
    started = 0;
    delete frame.dataset.done;
    pending = requestAnimationFrame(frameOf);
  }

  parentElement.querySelector("button").onclick = write;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) show(most);
  else write();
  return () => cancelAnimationFrame(pending);
}
