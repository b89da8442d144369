"""Links from page to page."""

from __future__ import annotations

import streamlit as st

from ui.inline import FOLLOW


def train(recipe: str, label: str | None = None) -> None:
    """A link that opens the training page with a recipe chosen."""
    st.page_link(
        "pages/train.py",
        label=label or recipe,
        icon=":material/play_arrow:",
        query_params={"recipe": recipe},
    )


def follow_to_drawing() -> None:
    """Open the drawing page, as a click on its link does.

    `st.switch_page` would leave an empty page now and then: where a fragment is drawn anew every
    moment, the browser may ask for the next time while the server changes the page, and Streamlit
    takes that for a way back. A link that is clicked ends such requests first.
    """
    with st.container(key="way_to_draw"):
        st.page_link("pages/draw.py", label="Draw")
        st.html(FOLLOW, unsafe_allow_javascript=True)
