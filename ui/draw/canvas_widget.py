"""The canvas itself."""

from __future__ import annotations

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from mnist_core.errors import InputError
from ui import canvas, say
from ui.draw import state
from ui.draw.state import Objects, State
from ui.inline import HIDE_TOOLBAR


def show(now: State) -> Objects:
    """The canvas; the objects that lie on it, none where it reports what is no drawing."""
    try:
        reported = _reported(now)
    except InputError as error:
        say.error(error)
        reported = []
    return state.drawn(reported)


def _reported(now: State) -> Objects:
    width, height = now.size
    try:
        result = st_canvas(
            stroke_width=state.ERASER if now.erasing else now.brush,
            stroke_color=canvas.GROUND if now.erasing else canvas.INK,
            background_color=canvas.GROUND,
            width=width,
            height=height,
            initial_drawing=now.start,
            key="drawing_canvas",
        )
        return canvas.checked((result.json_data or {}).get("objects", []))
    except (AttributeError, KeyError, TypeError) as error:  # it takes for granted what is sent
        raise InputError(canvas.NO_DRAWING) from error


def hide_toolbar() -> None:
    """Take away the canvas' own toolbar, once for as long as the canvas is there."""
    st.html(HIDE_TOOLBAR, unsafe_allow_javascript=True)
