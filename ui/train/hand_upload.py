"""A visitor's saved hand, made a dataset and a run that is fine-tuned to it."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import InputError
from ui import access, actions, say
from ui.train import state

DONE = "hands_brought"  # in the session: how many this visitor has brought


def show() -> None:
    """A form that takes a saved hand; the run that learns it is shown then."""
    if not access.allowed():
        return
    number = st.session_state.get(DONE, 0)
    # Another key makes another one, which is closed and empty.
    place = st.popover("Train on a saved hand", icon=":material/back_hand:", key=f"hand-{number}")
    with place, st.form(f"hand-form-{number}"):
        file = st.file_uploader("Saved on the drawing page, under “Your hand”", ["json"])
        name = st.text_input("Whose hand", "mine")
        if not st.form_submit_button("Train") or file is None:
            return
        try:
            run = actions.learn_hand(file.getvalue(), name)
        except InputError as error:
            say.error(error)
            return
        st.session_state[DONE] = number + 1
        state.watch(run.name)
        st.rerun()
