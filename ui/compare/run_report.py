"""The report of a run, written when it is asked for."""

from __future__ import annotations

import functools

import streamlit as st

from mnist_core import report
from mnist_core.runs import Run


def offer(names: list[str], found: dict[str, Run]) -> None:
    """Let the visitor choose one of `names`, runs in `found`, and download its report."""
    st.header("Report of a run", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="report"):
        name = st.selectbox("Run", names, key="report_run", persist_state="session")
        reason = report.refusal(found[name]) if name in found else "Choose a run."
        st.download_button(
            "Write report",
            functools.partial(report.make, found[name]) if not reason else "",
            f"{name}-report.html",
            "text/html",
            icon=":material/description:",
            on_click="ignore",
            disabled=reason is not None,
            key="write_report",
        )
    st.caption(
        reason
        or "One HTML file with data, architecture, curves, evaluation and mistakes, to read "
        "offline or to print."
    )
