"""What the buttons of the lesson set up: a page, what is chosen on it, what lies on its canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image, ImageDraw

from mnist_core import datasets, runs
from ui import canvas, reading
from ui.train import state as training

Point = tuple[float, float]
Query = dict[str, str]
Opened = tuple[str, Query]  # the page's file, and what its address says

PEN = 22  # pixels of the canvas
# A 1 with a long upstroke, as it is taught in much of Europe.
FOREIGN_ONE: tuple[Point, ...] = ((60, 190), (150, 50), (155, 235))
NETWORK = "report-ann"
EPOCHS = 5
NAME = "lesson"


def empty_canvas() -> Opened:
    """The drawing page with nothing on its canvas, and the default network."""
    return on_canvas([], runs.DEFAULT_RUN)


def small_in_a_corner() -> Opened:
    """The drawing page with a small 1 in a corner of its canvas."""
    small = [(20 + x / 5, 20 + y / 5) for x, y in FOREIGN_ONE]
    return on_canvas([picture(small, PEN // 3)], runs.DEFAULT_RUN)


def foreign_one() -> Opened:
    """The drawing page with a 1 on it that the report's network has never met."""
    return on_canvas([picture(FOREIGN_ONE)], NETWORK)


def on_canvas(objects: list[dict[str, object]], run: str) -> Opened:
    st.session_state["to_canvas"] = (objects,)
    reading.pick(run)
    return "pages/draw.py", {}


def picture(points: Sequence[Point], width: int = PEN) -> dict[str, object]:
    """A stroke as a picture on the canvas."""
    return canvas.picture_object(stroke(points, width))


def stroke(points: Sequence[Point], width: int = PEN) -> npt.NDArray[np.uint8]:
    """A stroke through points of the canvas, as the canvas shows it: uint8 (280, 280)."""
    image = Image.new("L", (canvas.SIDE, canvas.SIDE))
    pen = ImageDraw.Draw(image)
    pen.line(list(points), fill=255, width=width, joint="curve")
    for x, y in points:  # round ends
        pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=255)
    return np.asarray(image)


def training_page() -> Opened:
    """The training page with a short training of the report's network, ready to be started."""
    dataset = "mnist" if datasets.at_hand("mnist") else "optical-digits"
    st.session_state[training.RECIPE] = NETWORK
    st.session_state[f"{NETWORK}-dataset"] = dataset
    st.session_state[f"{NETWORK}-epochs"] = EPOCHS
    st.session_state[f"{NETWORK}-name"] = free_name()
    return "pages/train.py", {"recipe": NETWORK}


def free_name() -> str:
    """A name for the class's run that no other run has."""
    taken = {run.name for run in runs.all_runs()}
    numbers = range(2, len(taken) + 3)
    return next(n for n in (NAME, *(f"{NAME} {i}" for i in numbers)) if n not in taken)


def confusion() -> Opened:
    """The confusion page with the report's network."""
    return "pages/confusion.py", {"run": NETWORK}


def dropout() -> Opened:
    """The compare page with the study of dropout."""
    st.session_state["study"] = "dropout"
    return "pages/compare.py", {"view": "What each choice does"}


READY: dict[str, Callable[[], Opened]] = {
    "empty_canvas": empty_canvas,
    "small_in_a_corner": small_in_a_corner,
    "training": training_page,
    "confusion": confusion,
    "dropout": dropout,
    "foreign_one": foreign_one,
}


def open_for(ready: str) -> None:
    """Set up what a step needs, and open its page."""
    page, query = READY[ready]()
    st.switch_page(page, query_params=query)
