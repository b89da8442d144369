"""Charts as every page shows them."""

from __future__ import annotations

from typing import Any

import streamlit as st


def show(figure: Any, alt: str, key: str) -> None:
    """Show a Plotly figure without its buttons, with words for those who cannot see it."""
    st.plotly_chart(figure, alt=alt, key=key, config={"displayModeBar": False})
