"""What the server can show of a network that no browser runs."""

from __future__ import annotations

import streamlit as st

from mnist_core.runs import Run
from ui import say
from ui.inside import exciting
from ui.inside.state import Seen


def show(run: Run, problem: str) -> None:
    """Why it cannot be seen live, and what excites its units.

    Args:
        problem: why no browser runs it.
    """
    say.info(problem)
    st.markdown(
        "So you cannot watch it while you draw. The server still reads with it on the page Draw, "
        "where **Why?** shows where it looked, and finds what excites its units:"
    )
    found = exciting.layers(run)
    if found is None:
        return
    _, known = found
    with st.container(horizontal=True):
        layer = st.selectbox("Layer", list(known), key="server_layer")
        count = len(known[layer].indices)
        unit = st.number_input("Unit", 1, count, key="server_unit")
    exciting.show(run, Seen(layer=layer, unit=int(unit) - 1))
