"""Links from page to page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parent.parent / "pages"


def train(recipe: str, label: str | None = None) -> None:
    """A link that opens the training page with a recipe chosen."""
    if (PAGES / "train.py").exists():
        st.page_link(
            "pages/train.py",
            label=label or recipe,
            icon=":material/play_arrow:",
            query_params={"recipe": recipe},
        )
    else:
        st.code(f"python -m mnist_core train {recipe}", language="bash")
