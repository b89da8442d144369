"""What the class is asked to do now, on all phones at once."""

from __future__ import annotations

import streamlit as st

from mnist_core.classroom import Class
from mnist_core.classroom.records import Kind
from ui import actions
from ui.classroom import state, subjects

KINDS: dict[Kind, str] = {
    "write": "Write",
    "free": "Draw freely",
    "fool": "Fool it",
    "what": "What is it?",
    "pause": "Pause",
}
ICONS: dict[Kind, str] = {
    "write": "edit",
    "free": "gesture",
    "fool": "theater_comedy",
    "what": "contact_support",
    "pause": "pause",
}
ASKED: dict[Kind, str] = {
    "write": "Each phone asks for a digit, so that all ten come in equally often.",
    "free": "Everybody draws, and says whether it was read right.",
    "fool": "Draw a digit that people read and the network does not.",
    "what": "All vote on what a doubtful digit is.",
    "pause": "Eyes to the front: nothing can be drawn.",
}


def show(found: Class) -> None:
    """The choice of an activity, and for those with a vote the next digit."""
    kind = found.activity.kind
    key = state.control("activity", kind)
    with st.container(horizontal=True, vertical_alignment="center", key="asked"):
        with st.container(width="content", key="activity"):
            st.segmented_control(
                "Activity",
                list(KINDS),
                format_func=lambda kind: f":material/{ICONS[kind]}: {KINDS[kind]}",
                key=key,
                required=True,
                on_change=_chosen,
                args=(found.code, key),
                label_visibility="collapsed",
                width="content",
            )
        st.caption(ASKED[kind], width="content")
        if kind in ("fool", "what"):
            st.button(
                "Next digit" if found.activity.subject else "Vote on a digit",
                key="next_subject",
                type="primary",
                icon=":material/how_to_vote:",
                on_click=_next,
                args=(found,),
            )
        if kind == "fool" and found.activity.subject:
            st.button(
                "Draw again",
                key="draw_again",
                icon=":material/gesture:",
                on_click=state.attempt,
                args=(actions.set_activity, found.code, kind),
            )


def _chosen(code: str, key: str) -> None:
    kind = st.session_state[key]
    if kind == "what":
        _vote(code, kind)
    else:
        state.attempt(actions.set_activity, code, kind)


def _next(found: Class) -> None:
    _vote(found.code, found.activity.kind)


def _vote(code: str, kind: Kind) -> None:
    """Put the next digit to the vote: one that nobody has voted on, while there are some."""

    def begin() -> None:
        actions.set_activity(code, kind, subjects.following(code, kind))

    if not state.done(begin) and kind == "what":
        state.attempt(actions.set_activity, code, kind)
