"""Draw a digit and see what the network makes of it."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from ui import canvas, heading, links, reading, say
from ui.draw import canvas_keys, canvas_widget, controls, digit, number, sizes, state, why

POLL_SECONDS = 0.2  # between polls of a network that is starting

beside = heading.begin("Draw a digit", wide=True)
st.html(
    """<style>
    .st-key-guess p { font-size: 6.5rem; line-height: 1; height: 6.5rem; margin: 0;
                      font-weight: 700; font-variant-numeric: tabular-nums; }
    .st-key-guess p.unsure::after { content: "?"; opacity: 0.45; }
    .st-key-confidence p { min-height: 1.5rem; line-height: 1.5rem; margin: 0; }
    .st-key-model_input img { width: 112px; height: 112px; image-rendering: pixelated;
                              border: 1px solid #8888; border-radius: 4px; display: block; }
    .st-key-model_input figure { display: flex; gap: 1rem; align-items: center; margin: 0; }
    .st-key-canvas { max-width: 100%; }
    .st-key-bars { gap: 0; }
    @media (max-width: 640px) {
        .st-key-guess p { font-size: 3.5rem; height: 3.5rem; }
    }
    </style>"""
)


def desk(
    now: state.State, shown: reading.Active, show: Callable[[reading.Active, state.Objects], None]
) -> None:
    """The canvas, and the reading of what is on it; drawn anew with every stroke.

    What a stroke does not change lies outside: the rest of the page is not sent again.

    Args:
        shown: what the whole page was drawn for.
        show: puts a run's reading of what is on the canvas into its place.
    """
    active = reading.active(lately=True)
    if active != shown:
        st.rerun()  # another run reads, or it has started
    show(active, canvas_widget.show(now))


state.take_over()
beside.segmented_control(
    "What to draw",
    [state.ONE, state.NUMBER],
    default=state.ONE,
    required=True,
    key="mode",
    on_change=state.change_mode,
    label_visibility="collapsed",
    persist_state="session",
)
# The network begins to load now. Drawing never waits for it: until it has started, the desk
# looks every moment whether it has.
reading.follow()
active, now = reading.active(), state.read()
sizes.show(now)
with st.container(key="desk"):
    if now.number:
        board = st.container(key="canvas")
        controls.show(now)
        problem = st.container()
        show = partial(number.show, size=now.size, places=number.lay_out(active.run))
    else:
        left, right = st.columns([canvas.SIDE, 330], gap="medium")
        with left:
            board = st.container(key="canvas")
            controls.show(now)
        with right:
            problem = st.container()
            show = partial(digit.show, places=digit.lay_out(active.run), label=now.label)
if gone := reading.gone():
    problem.info(say.plain(gone))
if active.problem:
    problem.warning(say.plain(active.problem))
with board:
    st.fragment(desk, run_every=None if active.started else POLL_SECONDS)(now, active, show)
    canvas_widget.hide_toolbar()
    canvas_keys.show(now, controls.put_test_digit)
why.show()
reading.picker()
with st.container(horizontal=True):
    links.inside(run=active.run.name)
    links.pocket(active.run)
