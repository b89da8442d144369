"""Draw a digit and see what the network makes of it."""

import streamlit as st

from ui import canvas, heading, reading, say
from ui.draw import canvas_widget, controls, digit, number, state

POLL_SECONDS = 0.5  # between polls of a network that is starting

heading.begin("Draw a digit")
st.html(
    """<style>
    .st-key-guess p { font-size: 6.5rem; line-height: 1; height: 6.5rem; margin: 0;
                      font-weight: 700; font-variant-numeric: tabular-nums; }
    .st-key-guess p.unsure::after { content: "?"; opacity: 0.45; }
    .st-key-confidence p { min-height: 1.5rem; line-height: 1.5rem; margin: 0; }
    .st-key-model_input img { width: 112px; height: 112px; image-rendering: pixelated;
                              border: 1px solid #8888; border-radius: 4px; display: block; }
    .st-key-model_input figure { display: flex; gap: 1rem; align-items: center; margin: 0; }
    .st-key-boxes img { width: 100%; border-radius: 4px; display: block; }
    .st-key-canvas { max-width: 100%; }
    .st-key-bars { gap: 0; }
    @media (max-width: 640px) {
        .st-key-guess p { font-size: 3.5rem; height: 3.5rem; }
    }
    </style>"""
)


def desk(ready: bool) -> None:
    """The canvas and the reading of what is on it; drawn anew with every stroke.

    Args:
        ready: whether the network had started when the whole page was drawn.
    """
    active, now = reading.active(), state.read()
    if not ready and active.started:
        st.rerun()  # no need to look every half second any more
    if now.number:
        objects = canvas_widget.show(now)
        controls.show(now, objects)
        if active.problem:
            say.warning(active.problem)
        number.show(active.run, active.reader, objects, now.size)
        return
    left, right = st.columns([canvas.SIDE, 330], gap="medium")
    with left:
        objects = canvas_widget.show(now)
    with right:
        if active.problem:
            say.warning(active.problem)
        digit.show(active.run, active.reader, objects)
    with left:  # the answer first: these hardly ever change
        controls.show(now, objects)


state.take_over()
st.segmented_control(
    "What to draw",
    [state.ONE, state.NUMBER],
    default=state.ONE,
    required=True,
    key="mode",
    on_change=state.put,
    args=([],),
    label_visibility="collapsed",
    persist_state="session",
)
# The network begins to load now. Drawing never waits for it: until it has started, the desk
# looks every half second whether it has.
ready = reading.active().started
st.fragment(desk, run_every=None if ready else POLL_SECONDS)(ready)
reading.picker()
