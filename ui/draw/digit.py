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
from ui.draw import guess
from ui.draw.state import Objects

INVITATION = "Draw a digit from 0 to 9."


@dataclass(frozen=True)
class Places:
    """The containers that the reading of a digit goes into."""

    answer: DeltaGenerator
    bars: DeltaGenerator
    model_input: DeltaGenerator


def lay_out(run: Run) -> Places:
    """The containers, and in them the bars, which read by themselves while the pen moves."""
    places = Places(st.container(), st.container(key="bars"), st.container(key="model_input"))
    with places.bars:
        live_bars.show(run)
    return places


def show(active: reading.Active, objects: Objects, places: Places) -> None:
    """The run's reading of what lies on the canvas."""
    marks = canvas.marks(objects)
    image = canvas.read(objects, marks)
    probabilities, digit, words, unsure = None, "", INVITATION, False
    if image.any():
        answers, words = guess.probabilities_of(active.reader, image[None])
        if answers is not None:
            probabilities = answers[0]
            digit, words, unsure = in_words(probabilities, active.run.confidence_threshold)
    with places.answer:
        guess.show(digit, words, unsure, spoken=False)  # the bars speak
    data = live_bars.reading_data(objects, probabilities, digit, words, marks)
    with places.bars:
        st.html(live_bars.as_html(data, unsure, starting=words == guess.STARTING))
    with places.model_input:
        st.html(model_input(image))


def model_input(image: drawing.Ink) -> str:
    """The network's input, float32 (28, 28), as a picture of 28×28 pixels with a caption."""
    picture = pictures.data_uri(np.round(image * 255).astype(np.uint8))
    words = "What the network sees: your digit in 28×28 pixels, scaled and centred as MNIST's are."
    alt = "Your digit in 28 by 28 pixels" if image.any() else "An empty image of 28 by 28 pixels"
    return f'<figure><img src="{picture}" alt="{alt}"><figcaption>{words}</figcaption></figure>'
