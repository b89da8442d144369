"""What every page begins with."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.pages_manager import PagesManager

from ui import projector
from ui.inline import NAME_MENU

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
# Streamlit's own layout is the same on every page (`streamlit_app.py`): it forgets another one
# whenever a page is drawn anew before it has said which, and the page would change its width.
NARROW = "<style>.stMainBlockContainer { max-width: 736px; padding-inline: 1rem; }</style>"


def begin(title: str, wide: bool = False) -> DeltaGenerator:
    """The page's head: its title, its width and the style that all pages share.

    Returns:
        The place beside the title.
    """
    _inside_the_application()
    st.html(
        """<style>
        .stMainBlockContainer { padding-block: 3.5rem 2rem;
                                padding-inline: clamp(1rem, 4vw, 5rem); }
        .stMain { scrollbar-gutter: stable; }
        h1 { font-size: 1.75rem !important; padding: 0 !important; margin: 0; }
        h2 { font-size: 1.25rem !important; padding: 0 !important; margin: 0; }
        [role=dialog] h2 { padding: 1.25rem 1.5rem 0 !important; }
        @media (max-width: 900px) { .st-key-projector { display: none; } }
        </style>"""
    )
    st.html(f"<style>{STYLE}</style>")
    with st.container(key="page_script"):
        st.html(NAME_MENU, unsafe_allow_javascript=True)
    if not wide:
        st.html(NARROW)
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.html(f"<h1>{title}</h1>", width="content")
        beside = st.container()
        projector.switch()
    return beside


def _inside_the_application() -> None:
    """Begin again with the navigation if this page runs without it.

    Streamlit takes a folder `pages` for an older kind of application until the main script
    has called `st.navigation` once. A fresh server whose first visitor opens `/train` would
    show that page alone.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
