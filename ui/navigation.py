"""The way into a page."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def require() -> None:
    """See to it that a page is reached through `streamlit_app.py`.

    Where there is a folder `pages`, Streamlit has an older navigation of its own, and uses
    it until the first call of `st.navigation`: the first visitor of a fresh server who
    follows a link to a page would get the page without the main script around it.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
