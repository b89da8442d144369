"""The curves of several runs in one chart."""

from __future__ import annotations

import math

import streamlit as st

from mnist_core import figures, runs
from mnist_core.evaluation.comparison import Contender
from ui import charts


def show(contenders: list[Contender]) -> None:
    """The whole section; nothing where no run has a history."""
    histories = {c.name: runs.read_history(c.run) for c in contenders}
    histories = {name: rows for name, rows in histories.items() if rows}
    if not histories:
        return
    st.header("Curves", anchor=False)
    which = st.segmented_control(
        "Curve",
        ["Accuracy", "Loss"],
        default="Accuracy",
        required=True,
        key="curve",
        label_visibility="collapsed",
    )
    key = (which or "Accuracy").lower()
    words = ", ".join(
        f"{name} {rows[-1].get(f'val_{key}', rows[-1].get(key, math.nan)):.4f}"
        for name, rows in histories.items()
    )
    charts.show(
        figures.curves(histories, key),
        f"Validation {key} over the epochs; at the end {words}.",
        "curves",
    )
    st.caption("Thick: validation. Thin: training.")
