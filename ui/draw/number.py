"""A drawn number as the network reads it, digit by digit."""

from __future__ import annotations

import base64

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.wording import percent
from ui import canvas, reading
from ui.draw import guess
from ui.draw.state import Objects

INVITATION = "Draw a number of several digits."


def show(
    active: reading.Active, objects: Objects, size: tuple[int, int], place: DeltaGenerator
) -> None:
    """The run's reading of a number on a canvas of that width and height in pixels.

    Args:
        place: the container that it goes into.
    """
    with place:
        _show(active, objects, size)


def _show(active: reading.Active, objects: Objects, size: tuple[int, int]) -> None:
    digits = canvas.read_number(objects, size)
    answers, words = None, INVITATION
    if digits:
        forms = np.stack([digit.form for digit in digits])
        answers, words = guess.probabilities_of(active.reader, forms)
    if answers is None:
        guess.show("", words)
        return
    best, read = answers.max(axis=1), answers.argmax(axis=1)
    sure = best >= active.run.confidence_threshold
    if sure.all():
        words = f"{percent(best.min())} sure of each digit"
    else:
        words = f"Not sure of {np.count_nonzero(~sure)} of {len(digits)} digits, marked with ?"
    labels = [f"{r} {b:.0%}" if s else "?" for r, b, s in zip(read, best, sure, strict=True)]
    guess.show("".join(str(r) if s else "?" for r, s in zip(read, sure, strict=True)), words)
    boxes = [digit.box for digit in digits]
    picture = canvas.boxed(canvas.image(objects, size), boxes, labels, sure.tolist())
    alt = f"Your number with a box around each digit: {', '.join(labels)}"
    with st.container(key="boxes"):
        data = base64.b64encode(picture).decode("ascii")
        st.html(f'<img src="data:image/png;base64,{data}" alt="{alt}">')
