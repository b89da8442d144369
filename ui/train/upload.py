"""A network from elsewhere, made a run."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import InputError
from ui import access, actions, say
from ui.train import state


def show() -> None:
    """A form that imports a .keras file; the run that it becomes is shown then."""
    if not access.allowed():
        return
    with st.popover("Import a .keras file", icon=":material/upload:"), st.form("import"):
        file = st.file_uploader("A network that reads 28×28 pixels", ["keras"])
        name = st.text_input("Name of the run", "mine")
        if not st.form_submit_button("Import") or file is None:
            return
        try:
            with st.spinner("Reading the test digits with it …"):
                run = actions.import_keras(file.getvalue(), name)
        except InputError as error:
            say.error(error)
            return
        state.watch(run.name)
        st.rerun()
