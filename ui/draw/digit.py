"""One drawn digit as the network reads it: the guess, the bars, the network's input."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core import drawing
from mnist_core.report import pictures
from mnist_core.runs import Run
from ui import canvas, live_bars, reading
from ui.draw import guess
from ui.draw.state import Objects
from ui.wording import in_words

INVITATION = "Draw a digit from 0 to 9."


def show(run: Run, reader: reading.Reader, objects: Objects) -> None:
    """The run's reading of what lies on the canvas."""
    image = canvas.read(objects)
    probabilities, digit, words, unsure = None, "", INVITATION, False
    if image.any():
        answers, words = guess.probabilities_of(reader, image[None])
        if answers is not None:
            probabilities = answers[0]
            digit, words, unsure = in_words(probabilities, run.confidence_threshold)
    guess.show(digit, words, unsure, spoken=False)  # the bars speak
    with st.container(key="bars"):
        starting = words == guess.STARTING
        live_bars.show(run, objects, probabilities, digit, words, unsure, starting)
    with st.container(key="model_input"):
        st.html(model_input(image))


def model_input(image: drawing.Ink) -> str:
    """The network's input, float32 (28, 28), as a picture of 28×28 pixels with a caption."""
    picture = pictures.data_uri(np.round(image * 255).astype(np.uint8))
    words = "What the network sees: your digit in 28×28 pixels, scaled and centred as MNIST's are."
    alt = "Your digit in 28 by 28 pixels" if image.any() else "An empty image of 28 by 28 pixels"
    return f'<figure><img src="{picture}" alt="{alt}"><figcaption>{words}</figcaption></figure>'
