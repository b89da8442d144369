"""The canvas itself."""

from __future__ import annotations

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from ui import canvas
from ui.draw import state
from ui.draw.state import Objects, State
from ui.inline import HIDE_TOOLBAR


def show(now: State) -> Objects:
    """The canvas; the objects that lie on it."""
    width, height = now.size
    result = st_canvas(
        stroke_width=now.brush,
        stroke_color=canvas.INK,
        background_color=canvas.GROUND,
        width=width,
        height=height,
        initial_drawing=now.start,
        key="drawing_canvas",
    )
    return state.drawn((result.json_data or {}).get("objects", []))


def hide_toolbar() -> None:
    """Take away the canvas' own toolbar, once for as long as the canvas is there."""
    st.html(HIDE_TOOLBAR, unsafe_allow_javascript=True)
