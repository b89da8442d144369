"""Digits that can be opened: shown large, and put on the canvas of the drawing page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from mnist_core.datasets import Dataset
from ui import canvas
from ui.confusion import samples
from ui.confusion.samples import Sample
from ui.confusion.state import TO_CANVAS

OPENED = "data_opened"  # in the session: the training digit that was clicked, and its dataset


def grid(dataset: Dataset, indices: Sequence[int], lines: Callable[[int], str], key: str) -> None:
    """Training digits as a grid in which each can be clicked.

    Args:
        lines: what stands below the digit with an index.
    """

    def on_open(index: int) -> None:
        st.session_state[OPENED] = dataset.name, index

    described = [Sample(index, (lines(index),)) for index in indices]
    samples.grid(dataset.x_train[list(indices)], described, f"{key}_grid", on_open, 72, room=96)


def show(dataset: Dataset) -> None:
    """The digit that was clicked, if there is one."""
    name, index = st.session_state.pop(OPENED, ("", 0))
    if name == dataset.name and index < len(dataset.x_train):
        _dialog(dataset, index)


def leaving() -> bool:
    """Whether a digit was left for the drawing page."""
    return TO_CANVAS in st.session_state


@st.dialog("A training digit")
def _dialog(dataset: Dataset, index: int) -> None:
    if leaving():
        st.rerun()  # the whole page, which leads to the drawing page
    label = int(dataset.y_train[index])
    words = f"Training digit {index} of {dataset.name}. Its label says **{label}**."
    with st.container(key="opened"):
        st.markdown(words)
        st.html(samples.picture(dataset.x_train[index], f"Training digit {index}", 196))
        st.button(
            "Put it on the canvas",
            key="to_canvas_button",
            type="primary",
            icon=":material/draw:",
            on_click=_hand_over,
            args=(dataset, index, words),
        )


def _hand_over(dataset: Dataset, index: int, words: str) -> None:
    picture = canvas.picture_object(dataset.x_train[index])
    st.session_state[TO_CANVAS] = [picture], f"{words} Draw on it to change it."
