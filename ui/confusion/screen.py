"""What the visitor looks at the page with."""

from __future__ import annotations

import streamlit as st


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def on_phone() -> bool:
    return "Mobi" in st.context.headers.get("User-Agent", "")
