"""What is said of how long a class is kept, and the way to the page that says all of it."""

from __future__ import annotations

import streamlit as st

from ui import links

DAYS = 90


def note() -> None:
    """Two sentences and a link."""
    with st.container(key="class_kept"):
        st.caption(
            f"A class that nobody opens for {DAYS} days is deleted. "
            f"[What is kept, for parents and heads]({links.based('/kept')})"
        )


def counted(number: int, what: str = "class", many: str = "classes") -> str:
    return f"{number} {what if number == 1 else many}"
