"""A network from elsewhere, made a run."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import InputError
from ui import access, actions, say
from ui.train import state

DONE = "imports"  # in the session: how many this visitor has made


def show() -> None:
    """A form that imports a .keras file; the run that it becomes is shown then."""
    if not access.allowed():
        return
    number = st.session_state.get(DONE, 0)
    # Another key makes another one, which is closed and empty.
    place = st.popover("Import a .keras file", icon=":material/upload:", key=f"import-{number}")
    with place, st.form(f"import-form-{number}"):
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
        st.session_state[DONE] = number + 1
        state.watch(run.name)
        st.rerun()
