"""Digits written again as a pen wrote them.

The tablet took the pen's place at equal steps of time, so that a digit that appears point
by point, at equal steps, appears at the pace of its writer.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.datasets import Strokes

STEP = 0.035  # seconds from point to point
SIDE = 100.0

HTML = """<button type="button">Write again</button><div class="digits"></div>"""

CSS = """
.digits { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 12px; }
figure { margin: 0; }
svg { width: 100%; aspect-ratio: 1; background: #101010; border-radius: 4px; display: block; }
polyline { fill: none; stroke: #fff; stroke-width: 6; stroke-linecap: round;
           stroke-linejoin: round; }
figcaption { font: 13px/1.4 var(--st-font); color: var(--st-text-color); text-align: center;
             padding-top: 3px; }
button { font: 14px var(--st-font); color: var(--st-text-color); padding: 6px 14px;
         background: none; border-radius: 8px; cursor: pointer; margin-bottom: 12px;
         border: 1px solid color-mix(in srgb, var(--st-text-color) 30%, transparent); }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
                                     color: var(--st-primary-color); }
"""

JS = """
export default function ({ data, parentElement }) {
    const SVG = 'http://www.w3.org/2000/svg';
    const frame = parentElement.querySelector('.digits');
    frame.replaceChildren();
    const digits = data.digits.map(({ strokes, caption, alt }) => {
        const figure = document.createElement('figure');
        const drawing = document.createElementNS(SVG, 'svg');
        drawing.setAttribute('viewBox', '0 0 100 100');
        drawing.setAttribute('role', 'img');
        drawing.setAttribute('aria-label', alt);
        const lines = strokes.map(() => {
            const line = document.createElementNS(SVG, 'polyline');
            drawing.append(line);
            return line;
        });
        const words = document.createElement('figcaption');
        words.textContent = caption;
        figure.append(drawing, words);
        frame.append(figure);
        return { strokes, lines };
    });
    const most = Math.max(...digits.map((d) => d.strokes.reduce((n, s) => n + s.length, 0)));
    let started = 0, pending = 0;

    function show(count) {
        digits.forEach(({ strokes, lines }) => {
            let left = count;
            strokes.forEach((stroke, i) => {
                const part = stroke.slice(0, Math.max(0, left));
                if (part.length === 1) part.push(part[0]);  // a dot
                lines[i].setAttribute('points', part.map((p) => p.join(',')).join(' '));
                left -= stroke.length;
            });
        });
    }

    function frameOf(now) {
        started ||= now;
        const count = Math.floor((now - started) / 1000 / data.step) + 1;
        show(count);
        pending = count < most ? requestAnimationFrame(frameOf) : 0;
        if (!pending) frame.dataset.done = 'yes';
    }

    function write() {
        cancelAnimationFrame(pending);
        started = 0;
        delete frame.dataset.done;
        pending = requestAnimationFrame(frameOf);
    }

    parentElement.querySelector('button').onclick = write;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) show(most);
    else write();
    return () => cancelAnimationFrame(pending);
}
"""


_component = st.components.v2.component("replay", html=HTML, css=CSS, js=JS)


def show(digits: list[tuple[Strokes, str, str]]) -> None:
    """Write digits, all at once: the strokes, a caption and words for who cannot see it."""
    data = [
        {"strokes": _fitted(strokes), "caption": caption, "alt": alt}
        for strokes, caption, alt in digits
    ]
    _component(data={"digits": data, "step": STEP}, key="replayed_digits")


def _fitted(strokes: Strokes) -> list[list[list[float]]]:
    """Strokes scaled into a box of 100 × 100 with a margin, in the middle."""
    points = np.concatenate(list(strokes))
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = 0.76 * SIDE / max(float(size.max()), 1e-9)
    corner = (SIDE - size * scale) / 2
    return [np.round((path - low) * scale + corner, 1).tolist() for path in strokes]
