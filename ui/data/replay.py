"""Digits written again as a pen wrote them.

The tablet took the pen's place at equal steps of time, so that a digit that appears point
by point, at equal steps, appears at the pace of its writer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from mnist_core.datasets import Strokes

STEP = 0.035  # seconds from point to point
SIDE = 100.0

HTML = """<button type="button">Write again</button><div class="digits"></div>"""

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "replay",
    html=HTML,
    css=(HERE / "replay.css").read_text(encoding="utf-8"),
    js=(HERE / "replay.js").read_text(encoding="utf-8"),
)


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
