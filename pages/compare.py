"""What each choice does, any runs side by side, what documents report, and a search."""

from collections.abc import Callable

import streamlit as st

from ui import heading
from ui.compare import reports, search, side_by_side, studies

CHOICES = "What each choice does"
VIEWS: dict[str, Callable[[], None]] = {
    CHOICES: studies.show,
    "Runs side by side": side_by_side.show,
    "Reports reproduced": reports.show,
    "Search": search.show,
}

heading.begin("Compare", wide=True)
st.html("<style>.stMainBlockContainer { max-width: 1200px; }</style>")
view = st.segmented_control(
    "View",
    list(VIEWS),
    default=CHOICES,
    required=True,
    key="view",
    label_visibility="collapsed",
    bind="query-params",
)
VIEWS[view or CHOICES]()
