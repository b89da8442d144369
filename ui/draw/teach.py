"""A guided minute in which a visitor writes each digit and the reader learns it."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core.errors import InputError
from ui import canvas, reading
from ui.draw import hand, state

EACH = 3  # of every digit
Written = list[tuple[npt.NDArray[np.float32], int]]


def _written() -> Written | None:
    """What was written so far; None if nobody is teaching."""
    found: Written | None = st.session_state.get("teaching")
    return found


def under_way() -> bool:
    """Whether the visitor is teaching."""
    return _written() is not None


def begin() -> None:
    """Ask for the first digit."""
    st.session_state["teaching"] = []
    hand.mine().note = None
    state.put([])


def show() -> None:
    """What to write now."""
    written = _written() or []
    label, number = len(written) % 10, len(written) + 1
    words = f"Write {'an' if label == 8 else 'a'} {label}, then press Next."
    problem = hand.mine().note or ""
    with st.container(key="teaching"):
        st.html(f'<p role="status"><strong>{words}</strong> {html.escape(problem)}</p>')
        st.progress(len(written) / (10 * EACH), f"{number} of {10 * EACH}")
        with st.container(horizontal=True):
            st.button("Next", key="teach_next", type="primary", on_click=_next, args=(label,))
            st.button("Enough", key="teach_enough", on_click=_enough)


def _next(label: int) -> None:
    image = canvas.read(state.at_hand().objects)
    mine, written = hand.mine(), _written()
    if written is None:
        return
    changes = mine.changes
    hand.teach(image, label)
    if mine.changes == changes:
        return  # nothing was drawn: the note says so
    written.append((image, label))
    mine.note = None
    state.put([])
    if len(written) == 10 * EACH:
        _enough()


def _enough() -> None:
    """End it, and say what it came to."""
    written = st.session_state.pop("teaching", None)
    state.put([])
    if not written:
        return
    images = np.stack([image for image, _ in written])
    labels = np.array([label for _, label in written])
    reader = reading.active().reader
    try:
        before, now = (
            int((given.argmax(axis=1) == labels).sum())
            for given in (reading.predict(reader, images), hand.predict(reader, images))
        )
    except InputError as error:
        hand.mine().note = str(error)
        return
    hand.mine().note = f"It read {before} of {len(labels)}; now it reads {now}."
