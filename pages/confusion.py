"""The confusion matrix of any run on any test digits, and every mistake behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnist_core import runs
from mnist_core.runs import Evaluation, Run
from ui import heading, links, say
from ui.confusion import (
    at_hand,
    choice,
    figures,
    grid,
    headline,
    label_issues,
    matrix,
    my_hand,
    state,
)
from ui.confusion.selection import FIGURES, MATRIX, VIEWS
from ui.confusion.state import State

heading.begin("Where it errs", wide=True)
st.html(
    """<style>
    .stMainBlockContainer { max-width: 2200px; }
    .st-key-confusion_true, .st-key-confusion_predicted { min-width: 5.6rem; }
    .st-key-headline p { font-size: 1.1rem; }
    .st-key-headline strong { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
    .pictures { display: flex; flex-wrap: wrap; gap: 0.75rem; }
    figure.digit { margin: 0; }
    figure.digit img { display: block; }
    figure.digit figcaption { font-size: 0.8rem; opacity: 0.8; margin-top: 0.2rem; }
    </style>"""
)


def page(found: Mapping[str, Run], now: State) -> None:
    """The page from its choice of networks down.

    Args:
        found: every run, by name.
    """
    selection, memory = now.selection, now.memory
    choice.show(found, selection.run)
    if memory.nonsense:
        parts = ", ".join(memory.nonsense)
        say.warning(f"Part of the address was not understood and is ignored: {parts}.")
    if memory.problem:
        say.error(memory.problem)
    run, checksum = found[selection.run], memory.checksums.get(selection.dataset)
    own = at_hand.evaluation(run, selection.dataset, checksum)
    if own is None or len(own.labels) == 0:
        state.write_address(selection)
        return
    own = my_hand.show(run, own)
    other: tuple[Run, Evaluation] | None = None
    if selection.other is not None:
        second = at_hand.evaluation(found[selection.other], selection.dataset, checksum)
        if second is not None and np.array_equal(second.labels, own.labels):
            other = found[selection.other], second
    if selection.digit is not None and selection.digit >= len(own.labels):
        st.warning(
            f"There is no digit {selection.digit} among the {len(own.labels):,} of "
            f"{selection.dataset}."
        )
        state.open_digit(None)
        now = dataclasses.replace(now, selection=dataclasses.replace(selection, digit=None))
    state.write_address(now.selection)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        headline.show(run, own, other, selection.dataset)
        view = st.segmented_control(
            "View",
            list(VIEWS.values()),
            required=True,
            key="confusion_view",
            label_visibility="collapsed",
            persist_state="session",
        )
    if view == MATRIX:
        left, right = st.columns([1, 1], gap="large")
        with left:
            matrix.show(run, own, other, selection.cell)
        with right:
            grid.show(run, own, other, now)
    elif view == FIGURES:
        figures.show(run, own)
    else:
        label_issues.show(run, own, now)


found = {run.name: run for run in runs.all_runs()}
now = state.read(list(found))
page(found, now)
if now.leaving:
    links.follow_to_drawing()
