"""A map of digits on which a point shows its image when it is pointed at.

Each point is drawn as the digit that its label says, so that colour is not needed to tell
them apart. All images come along in one picture: pointing at a digit asks the server nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import drawing
from mnist_core.report import pictures

COLUMNS = 64  # digits in a row of the picture that holds them all
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9",
           "#cc79a7", "#8c6d1f", "#7f7f7f", "#b8a800", "#8a5bc7")  # fmt: skip

HTML = """
<div class="frame">
  <canvas tabindex="0" role="img"></canvas>
  <div class="card" hidden><canvas width="28" height="28"></canvas><p aria-live="polite"></p></div>
</div>
"""

CSS = """
.frame { position: relative; width: 100%; }
.frame > canvas { width: 100%; display: block; border-radius: 6px; cursor: crosshair;
                  border: 1px solid color-mix(in srgb, var(--st-text-color) 20%, transparent);
                  box-sizing: border-box; touch-action: pan-y; }
.frame > canvas:focus-visible { outline: 2px solid var(--st-primary-color); }
.card { position: absolute; pointer-events: none; padding: 8px; border-radius: 8px;
        background: var(--st-background-color); color: var(--st-text-color);
        box-shadow: 0 2px 12px #0006; font: 13px/1.35 var(--st-font); width: 112px; }
.card[hidden] { display: none; }
.card canvas { width: 112px; height: 112px; image-rendering: pixelated; border-radius: 4px;
               display: block; }
.card p { margin: 6px 0 0; text-align: center; }
"""

JS = """
export default function ({ data, parentElement }) {
    const canvas = parentElement.querySelector('.frame > canvas');
    const card = parentElement.querySelector('.card');
    const pen = canvas.getContext('2d');
    const { x, y, labels, words, atlas, columns, colours, alt } = data;
    canvas.setAttribute('aria-label', alt);
    const sheet = new Image();
    let width = 0, height = 0, spots = [], chosen = -1;

    function lay() {
        const ratio = window.devicePixelRatio || 1;
        width = canvas.clientWidth;
        height = Math.min(Math.round(width * 0.8), 560);
        if (!width) return;
        canvas.style.height = height + 'px';
        canvas.width = width * ratio;
        canvas.height = height * ratio;
        pen.setTransform(ratio, 0, 0, ratio, 0, 0);
        const edge = 14;
        spots = x.map((_, i) => [
            edge + x[i] * (width - 2 * edge), edge + (1 - y[i]) * (height - 2 * edge)]);
        draw();
    }

    function draw() {
        pen.clearRect(0, 0, width, height);
        pen.textAlign = 'center';
        pen.textBaseline = 'middle';
        pen.font = (width < 500 ? 10 : 12) + 'px sans-serif';
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
        const view = card.querySelector('canvas').getContext('2d');
        view.drawImage(
            sheet, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
        card.querySelector('p').textContent = words[index];
        const [a, b] = spots[index];
        card.style.left = Math.max(0, a + 150 > width ? a - 144 : a + 16) + 'px';
        card.style.top = Math.max(0, Math.min(b - 60, height - 176)) + 'px';
    }

    function nearest(event) {
        const box = canvas.getBoundingClientRect();
        const a = event.clientX - box.left, b = event.clientY - box.top;
        let best = -1, least = 30 * 30;
        spots.forEach(([c, d], i) => {
            const apart = (a - c) ** 2 + (b - d) ** 2;
            if (apart < least) [least, best] = [apart, i];
        });
        choose(best);
    }

    // The arrow keys go to the nearest digit in their direction.
    function step(event) {
        const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
        if (event.key === 'Escape') choose(-1);
        if (!(event.key in way)) return;
        event.preventDefault();
        if (chosen < 0) return choose(0);
        const [u, v] = way[event.key], [a, b] = spots[chosen];
        let best = chosen, least = Infinity;
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
    canvas.onpointerleave = (event) => event.pointerType === 'mouse' && choose(-1);
    canvas.onkeydown = step;
    canvas.onblur = () => choose(-1);
    sheet.onload = () => { canvas.dataset.ready = spots.length; };
    sheet.src = atlas;
    choose(-1);
    const watch = new ResizeObserver(lay);
    watch.observe(canvas.parentElement);
    lay();
    return () => watch.disconnect();
}
"""


_component = st.components.v2.component("digit_map", html=HTML, css=CSS, js=JS)


@st.cache_data(max_entries=16, show_spinner=False)
def _atlas(pixels: bytes) -> str:
    images = np.frombuffer(pixels, np.uint8).reshape(-1, drawing.SIDE, drawing.SIDE)
    return pictures.data_uri(pictures.atlas(images, COLUMNS))


def show(
    points: npt.NDArray[np.floating],
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    words: list[str],
    alt: str,
) -> None:
    """Show a map.

    Args:
        points: (n, 2), any unit, y upward.
        images: uint8 (n, 28, 28).
        labels: (n,), 0 to 9.
        words: what stands below each image when its point is pointed at.
        alt: what the map shows, for those who cannot see it.
    """
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    spots = (points - low) / np.where(size > 0, size, 1)
    _component(
        data={
            "x": np.round(spots[:, 0], 4).tolist(),
            "y": np.round(spots[:, 1], 4).tolist(),
            "labels": labels.tolist(),
            "words": words,
            "atlas": _atlas(images.tobytes()),
            "columns": COLUMNS,
            "colours": list(COLOURS),
            "alt": alt,
        },
        key="digit_map",
    )
