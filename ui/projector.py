"""The projector's switch: everything as large as fits, so that it can be read from the back row.

Type grows with the window (`projector.css`), and with it all that is measured in `rem`. A page that
draws figures in pixels asks `on` and draws them larger.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

STYLE = (Path(__file__).parent / "projector.css").read_text(encoding="utf-8")
KEY = "projector"  # the switch's key; it holds on every page


def on() -> bool:
    """Whether this visitor's pages are shown by a projector."""
    return bool(st.session_state.get(KEY))


def switch() -> None:
    """The switch, and the style that goes with it."""
    st.toggle(
        "Projector",
        key=KEY,
        persist_state="session",
        help="Larger type and pictures, for a class.",
        width="content",
    )
    if on():
        st.html(f"<style>{STYLE}</style>", width="content")
