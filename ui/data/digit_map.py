"""A map of digits on which a point shows its image when it is pointed at.

Each point is drawn as the digit that its label says, so that colour is not needed to tell
them apart. All images come along in one picture: pointing at a digit asks the server nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import drawing
from mnist_core.report import pictures

COLUMNS = 64  # digits in a row of the picture that holds them all
COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
    "#8c6d1f",
    "#7f7f7f",
    "#b8a800",
    "#8a5bc7",
)

HTML = """
<div class="frame">
  <canvas tabindex="0" role="img"></canvas>
  <div class="card" hidden><canvas width="28" height="28"></canvas><p aria-live="polite"></p></div>
</div>
"""

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "digit_map",
    html=HTML,
    css=(HERE / "digit_map.css").read_text(encoding="utf-8"),
    js=(HERE / "digit_map.js").read_text(encoding="utf-8"),
)


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
