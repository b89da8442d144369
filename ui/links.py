"""Links from page to page."""

from __future__ import annotations

import streamlit as st


def train(recipe: str, label: str | None = None) -> None:
    """A link that opens the training page with a recipe chosen."""
    st.page_link(
        "pages/train.py",
        label=label or recipe,
        icon=":material/play_arrow:",
        query_params={"recipe": recipe},
    )
