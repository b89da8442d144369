"""A search for a good network: one of those there are, or a new one."""

from __future__ import annotations

import streamlit as st

from mnist_core.experiments import search
from ui import access
from ui.compare import search_form, search_progress

NEW = "New search"


def show() -> None:
    """The whole section."""
    known, options = search.names(), search.names()
    if access.allowed():
        options.append(NEW)
    elif not known:
        st.info("There is no search yet.")
    access.note("Searching")
    if not options:
        return
    if "search_next" in st.session_state:
        st.session_state["search_name"] = st.session_state.pop("search_next")
    elif st.session_state.get("search_name") not in options:
        st.session_state["search_name"] = known[0] if known else NEW
    name = NEW
    if known:
        name = st.selectbox("Search", options, key="search_name", persist_state="session")
    if name != NEW:
        search_progress.watch(name)
    elif started := search_form.ask(known):
        st.session_state["search_next"] = started  # the box above is drawn already
        st.rerun()
