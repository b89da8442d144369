"""A drawn number as the network reads it, digit by digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.runs import Run
from mnist_core.wording import percent
from ui import canvas, live_bars, reading
from ui.draw import guess
from ui.draw.state import Objects

INVITATION = "Draw a number of several digits."


@dataclass(frozen=True)
class Places:
    """The containers that the reading of a number goes into."""

    answer: DeltaGenerator
    live: DeltaGenerator


def lay_out(run: Run) -> Places:
    """The containers, and in them what reads by itself while the pen moves."""
    places = Places(st.container(), st.container(key="bars"))
    with places.live:
        live_bars.show(run, number=True)
    return places


def show(active: reading.Active, objects: Objects, size: tuple[int, int], places: Places) -> None:
    """The run's reading of a number on a canvas of that width and height in pixels."""
    marks = canvas.marks(objects)
    digits = canvas.read_number(objects, size, marks)
    answers, number, words = None, "", INVITATION
    boxes: list[dict[str, Any]] = []
    if digits:
        forms = np.stack([digit.form for digit in digits])
        answers, words = guess.probabilities_of(active.reader, forms)
    if answers is not None:
        best, read = answers.max(axis=1), answers.argmax(axis=1)
        sure = best >= active.run.confidence_threshold
        if sure.all():
            words = f"{percent(best.min())} sure of each digit"
        else:
            words = f"Not sure of {np.count_nonzero(~sure)} of {len(digits)} digits, marked with ?"
        number = "".join(str(r) if s else "?" for r, s in zip(read, sure, strict=True))
        labels = [f"{r} {b:.0%}" if s else "?" for r, b, s in zip(read, best, sure, strict=True)]
        boxes = [
            {"box": [round(edge, 1) for edge in digit.box], "label": label, "sure": certain}
            for digit, label, certain in zip(digits, labels, sure.tolist(), strict=True)
        ]
    with places.answer:
        guess.show(number, words, spoken=False)  # what reads live speaks
    data = live_bars.number_data(objects, boxes, number, words, marks)
    with places.live:
        st.html(live_bars.as_html(data, starting=words == guess.STARTING))
