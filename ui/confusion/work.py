"""Long work on a run, in a process of its own: started, and followed."""

from __future__ import annotations

import streamlit as st

from mnist_core.background import LOADING, WAITING, WORKING
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.runs import Run
from ui import access, actions, say
from ui.confusion import state


def start(run: Run, dataset: str, kind: str) -> None:
    """Start it; if that fails, the page says why when it runs again."""
    try:
        actions.evaluate(run, dataset, kind)
    except InputError as error:
        state.tell(str(error))


@st.fragment(run_every=1)
def follow(run: Run, dataset: str, kind: str, what: str) -> None:
    """How far it is, looked at again and again; the whole page runs anew once it is done."""
    status = results.progress(run, dataset, kind)
    if status is None:
        st.rerun()
    elif status.problem:
        say.error(status.problem)
        if access.allowed():
            again = f"again_{kind}_{run.name}"
            st.button("Try again", key=again, on_click=start, args=(run, dataset, kind))
    else:
        left = "" if status.seconds_left is None else f", {status.seconds_left:.0f} s left"
        words = {
            WAITING: f"{what}: starting …",
            LOADING: f"{what}: reading the digits …",
            WORKING: f"{what}{left}",
        }
        st.progress(status.share, text=words[status.state])
