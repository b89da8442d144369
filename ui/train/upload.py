"""What comes from elsewhere and becomes a run: a network, or the hand of a visitor to learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.runs import Run
from ui import access, actions, say
from ui.train import state


@dataclass(frozen=True)
class Form:
    """A form behind a button that makes a run of a file."""

    key: str
    title: str
    icon: str
    file: str  # what is asked for,
    ending: str  # and how its name ends
    name: str
    button: str
    waiting: str
    make: Callable[[bytes, str], Run]  # of the file's content and a name


NETWORK = Form(
    "import",
    "Import a .keras file",
    ":material/upload:",
    "A network that reads 28×28 pixels",
    "keras",
    "Name of the run",
    "Import",
    "Reading the test digits with it …",
    actions.import_keras,
)
HAND = Form(
    "hand",
    "Train on a saved hand",
    ":material/back_hand:",
    "Saved on the drawing page, under “Your hand”",
    "json",
    "Whose hand",
    "Train",
    "Keeping its digits …",
    actions.learn_hand,
)


def show() -> None:
    """Both forms; the run that is made is shown then."""
    if not access.allowed():
        return
    with st.container(horizontal=True):
        for form in (NETWORK, HAND):
            _show(form)


def _show(form: Form) -> None:
    done = f"{form.key}_done"  # in the session: how many this visitor has made
    number = st.session_state.get(done, 0)
    # Another key makes another one, which is closed and empty.
    place = st.popover(form.title, icon=form.icon, key=f"{form.key}-{number}")
    with place, st.form(f"{form.key}-form-{number}"):
        file = st.file_uploader(form.file, [form.ending])
        name = st.text_input(form.name, "mine")
        if not st.form_submit_button(form.button) or file is None:
            return
        try:
            with st.spinner(form.waiting):
                run = form.make(file.getvalue(), name)
        except InputError as error:
            say.error(error)
            return
        st.session_state[done] = number + 1
        state.watch(run.name)
        st.rerun()
