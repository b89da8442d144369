"""Which network reads which digits, and which one it is compared with."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mnist_core.evaluation import results
from mnist_core.runs import Run
from ui.confusion import state


def show(found: Mapping[str, Run], run: str) -> None:
    """Let the visitor choose.

    Args:
        found: every run, by name.
        run: the one that is chosen; it is not compared with itself.
    """

    def label(name: str | None) -> str:
        if name is None:
            return "no other"
        run = found.get(name)
        if run is None or run.usable:
            return name
        return f"{name} – {'broken' if run.problem else run.status}"

    names = list(found)
    with st.container(key="choice"):
        first, second, third = st.columns(3)
    first.selectbox(
        "Network",
        names,
        key="confusion_run",
        format_func=label,
        persist_state="session",
        on_change=state.close_digit,
    )
    second.selectbox(
        "Test digits",
        results.test_sets(),
        key="confusion_dataset",
        persist_state="session",
        on_change=state.close_digit,
    )
    third.selectbox(
        "Compare with",
        [None, *(name for name in names if name != run)],
        key="confusion_other",
        format_func=label,
        placeholder="no other",
        persist_state="session",
        on_change=state.close_digit,
    )
