"""What every page begins with."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from ui.inline import NAME_MENU

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def begin(title: str, wide: bool = False) -> None:
    """The page's head: its title, its width and the style that all pages share."""
    _inside_the_application()
    if wide:
        st.set_page_config(layout="wide")
    st.html(
        """<style>
        .stMainBlockContainer { padding-top: 3.5rem; padding-bottom: 2rem; }
        h1 { font-size: 1.75rem !important; padding: 0 !important; margin: 0; }
        h2 { font-size: 1.25rem !important; padding: 0 !important; margin: 0; }
        </style>"""
    )
    st.html(f"<style>{STYLE}</style>")
    with st.container(key="page_script"):
        st.html(NAME_MENU, unsafe_allow_javascript=True)
    st.html(f"<h1>{title}</h1>")


def _inside_the_application() -> None:
    """Begin again with the navigation if this page runs without it.

    Streamlit takes a folder `pages` for an older kind of application until the main script
    has called `st.navigation` once. A fresh server whose first visitor opens `/train` would
    show that page alone.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
