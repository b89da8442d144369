"""Drawing by keys: the canvas has a name, arrows move a pen, and a digit's key puts one there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from mnist_core import javascript
from ui.draw.state import State

KEY = "canvas_keys"
LABEL = (
    "Canvas to draw on. Arrow keys move the pen, the space bar puts it down and lifts it, "
    "Backspace undoes, Delete clears."
)
SAMPLES = " The keys 0 to 9 put a test digit there."

JS = javascript.join(Path(__file__).parent / "canvas_keys.js")
_component = st.components.v2.component("canvas_keys", js=JS, html="<span></span>")


def show(now: State, choose: Callable[[int], None]) -> None:
    """Let keys draw on the page's canvas.

    Args:
        choose: puts a sample of a digit on the canvas; keys do so where one digit is drawn.
    """

    def chosen() -> None:
        digit = st.session_state[KEY].digit
        if digit in range(10):  # whatever the browser sends
            choose(digit)

    _component(
        key=KEY,
        data={"label": LABEL if now.number else LABEL + SAMPLES, "digits": not now.number},
        on_digit_change=chosen,
    )
