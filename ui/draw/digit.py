"""One drawn digit as the network reads it: the guess, the bars, the network's input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core import drawing
from mnist_core.report import pictures
from mnist_core.runs import Run
from mnist_core.wording import in_words
from ui import canvas, live_bars, reading
from ui.draw import correct, guess, state, why
from ui.draw.state import Objects

INVITATION = "Draw a digit from 0 to 9."
MARKS = {True: "✓", False: "✗", None: ""}
SURE_OF_EACH = 0.8  # from which several digits are suggested in place of one


@dataclass(frozen=True)
class Places:
    """The containers that the reading of a digit goes into."""

    answer: DeltaGenerator
    bars: DeltaGenerator
    model_input: DeltaGenerator


def lay_out(run: Run) -> Places:
    """The containers, and in them the bars, which read by themselves while the pen moves."""
    with st.container(key="answer"):
        answer = st.container()
        # Seen once the reading says that there are several digits (`live_bars.as_html`).
        st.button("Two digits? Read a number", key="to_number", on_click=state.to_number)
        why.button()
    correct.show()
    places = Places(answer, st.container(key="bars"), st.container(key="model_input"))
    with places.bars:
        live_bars.show(run)
    return places


def show(
    active: reading.Active, objects: Objects, places: Places, label: int | None = None
) -> None:
    """The run's reading of what lies on the canvas.

    Args:
        label: what digit it is, if it is one of a dataset.
    """
    marks = canvas.marks(objects)
    image = canvas.read(objects, marks)
    probabilities, digit, words, unsure, several = None, "", INVITATION, False, False
    if image.any():
        answers, words = guess.probabilities_of(active.reader, image[None])
        if answers is not None:
            probabilities = answers[0]
            digit, words, unsure = in_words(probabilities, active.run.confidence_threshold)
            several = _are_several(active.reader, objects, marks, float(probabilities.max()))
    with places.answer:
        guess.show(digit, words, unsure, spoken=False)  # the bars speak
        if label is not None and marks[1]:
            with st.container(key="label"):
                st.html(beside(label, digit))
    data = live_bars.reading_data(objects, probabilities, digit, words, marks)
    with places.bars:
        st.html(live_bars.as_html(data, unsure, words == guess.STARTING, several))
    with places.model_input:
        st.html(model_input(image))


def _are_several(
    reader: reading.Reader, objects: Objects, marks: canvas.Marks, sure: float
) -> bool:
    """Whether the strokes read better as several digits than as one.

    Args:
        sure: the probability of what they are read as if they are one digit.
    """
    strokes, drawn = marks
    if drawn or len(strokes) < 2:
        return False
    digits = canvas.read_number(objects, found=marks)
    heights = [digit.box[3] - digit.box[1] for digit in digits]
    if len(digits) < 2 or min(heights) < max(heights) / 2:
        return False
    answers, _ = guess.probabilities_of(reader, np.stack([digit.form for digit in digits]))
    return answers is not None and float(answers.max(axis=1).min()) > max(sure, SURE_OF_EACH)


def beside(label: int, digit: str) -> str:
    """A test digit's label as plain as the guess, and whether they agree; no guess, no mark."""
    right = digit == str(label) if digit else None
    words = {True: "read right", False: "misread", None: "not read"}[right]
    return (
        f'<div data-label="{label}" role="img" '
        f'aria-label="Its label: {label}, {words}"><b>{label}</b>'
        f'<span class="mark">{MARKS[right]}</span><small>its label</small></div>'
    )


def model_input(image: drawing.Ink) -> str:
    """The network's input, float32 (28, 28), as a picture of 28×28 pixels with a caption."""
    picture = pictures.data_uri(np.round(image * 255).astype(np.uint8))
    words = "What the network sees: your digit in 28×28 pixels, scaled and centred as MNIST's are."
    alt = "Your digit in 28 by 28 pixels" if image.any() else "An empty image of 28 by 28 pixels"
    return f'<figure><img src="{picture}" alt="{alt}"><figcaption>{words}</figcaption></figure>'
