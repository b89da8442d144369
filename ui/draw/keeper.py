"""The visitor's hand in the browser's storage: it is there again when the page is opened again."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mnist_core import javascript
from ui.draw import hand

KEY = "hand_keeper"
FULL = "Learnt until this page is closed: this browser has no room to keep it. Save it."

JS = javascript.join(Path(__file__).parent / "keeper.js")
_component = st.components.v2.component("hand_keeper", html="", js=JS, isolate_styles=False)


def show() -> None:
    """Keep what was learnt, and take over what the browser had kept."""
    mine = hand.mine()
    _component(
        key=KEY,
        data={"changes": mine.changes, "hand": mine.text if mine.changes else None},
        on_found_change=_found,
        on_full_change=_full,
    )


def _found() -> None:
    text = st.session_state[KEY].found
    if text is not None:
        hand.found(text or None)


def _full() -> None:
    if st.session_state[KEY].full:
        hand.mine().note = FULL
