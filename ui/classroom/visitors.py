"""What somebody without the teacher's key sees: the way into a class, and nothing of any."""

from __future__ import annotations

import streamlit as st

from ui import access, links


def show() -> None:
    """A link for members, and a line for the teacher."""
    st.markdown("To join a class, open this page on your phone and type the class's code.")
    st.link_button("Join a class", links.based("/join"), icon=":material/login:", type="primary")
    access.note("Opening a class")
