"""What the ink of each pixel adds, by gradients: found after the pen was lifted."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core import datasets
from mnist_core.evaluation import explanations
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture
from mnist_core.runs import Run
from ui import say, warm
from ui.inside.state import Seen

POLL_SECONDS = 0.4
CELL = 196  # pixels, the side of the picture


def show(run: Run, seen: Seen) -> None:
    """A switch, and where it is on, what speaks for what the drawing is read as."""
    with st.container(key="gradients"):
        on = st.toggle(
            "Pixel by pixel, when the pen is lifted",
            key="gradients_on",
            persist_state="session",
            help="Integrated gradients: what the ink of each pixel adds to what speaks for the "
            "digit. The server works it out, for the whole network after training.",
        )
        if not on:
            return
        if seen.form is None or seen.digit is None:
            st.caption("Draw a digit first.")
            return
        image = datasets.scale(np.array(seen.form, np.uint8).reshape(28, 28))
        maps = warm.explanation(run, image, seen.digit)
        st.fragment(_answer, run_every=None if maps.done() else POLL_SECONDS)(
            maps, image, seen.digit, maps.done()
        )


def _answer(maps: warm.Future, image: explanations.Ink, digit: int, was_done: bool) -> None:
    if not maps.done():
        st.caption("Looking for what speaks for it …")
        return
    if not was_done:
        st.rerun()
    if maps.exception() is not None:
        say.warning(maps.exception())
        return
    summed = explanations.overlay(image, maps.result()[1])
    words = f"What each pixel adds for a {digit}: blue speaks for it, orange against it"
    st.html(pictures.STYLE)
    st.html(pictures.grid([Picture(summed, f"for a {digit}", words)], CELL))
    st.caption(f"Blue speaks for a {digit}, orange against it.")
