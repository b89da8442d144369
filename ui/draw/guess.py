"""What the network makes of images, and how it is shown in large type."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core.errors import InputError
from ui import reading, say
from ui.draw import hand

STARTING = "The network is starting …"


def probabilities_of(
    reader: reading.Reader, images: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32] | None, str]:
    """The network's probabilities (n, 10) of images (n, 28, 28), or None and why there are none."""
    if not reader.done():
        return None, STARTING
    try:
        return hand.predict(reader, images), ""
    except InputError as error:
        return None, str(error)


def show(guess: str, words: str, unsure: bool = False, spoken: bool = True) -> None:
    """The guess in large type, and the confidence in words below it.

    Args:
        unsure: whether a question mark follows the guess.
        spoken: whether a screen reader speaks it when it changes.
    """
    role = ' role="status" aria-live="polite"' if spoken else ""
    with st.container(key="guess"):
        kind = ' class="unsure"' if unsure else ""
        st.html(f"<p{role}{kind}>{guess}</p>")
    with st.container(key="confidence"):
        st.html(f"<p{role}>{html.escape(say.without_paths(words), quote=False)}</p>")
