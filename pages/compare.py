"""What documents report beside what was measured here, and any runs side by side."""

from collections.abc import Callable

import streamlit as st

from ui import heading
from ui.compare import reports, search, side_by_side, studies

REPORTS = "Reports reproduced"
VIEWS: dict[str, Callable[[], None]] = {
    REPORTS: reports.show,
    "Runs side by side": side_by_side.show,
    "What each choice does": studies.show,
    "Search": search.show,
}

heading.begin("Compare")
view = st.segmented_control(
    "View",
    list(VIEWS),
    default=REPORTS,
    required=True,
    key="view",
    label_visibility="collapsed",
    bind="query-params",
)
VIEWS[view or REPORTS]()
