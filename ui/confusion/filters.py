"""Which digits of the selection are shown, and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from mnist_core import evaluation
from mnist_core.runs import Evaluation, Run
from ui import say
from ui.confusion import state
from ui.confusion.selection import ORDERS, RIGHTNESS, SIZES, Filters, Selection


@dataclass(frozen=True)
class Group:
    """Digits by which of two runs reads them."""

    words: str
    indices: evaluation.Indices


def chosen(
    own: Evaluation,
    other: Evaluation | None,
    selection: Selection,
    filters: Filters,
    group: Group | None = None,
) -> evaluation.Indices:
    """The digits that the selection and the filters leave, in the chosen order.

    Args:
        other: of the run that it is compared with: then only digits of `group` are left, or,
            if there is none, those that the two runs read differently.
    """
    low, high = filters.sureness
    right = RIGHTNESS[filters.right]
    probabilities, labels = own.probabilities, own.labels
    # Certainty is never quite reached, and 0 to 100 % leaves nothing out.
    between = (low / 100, high / 100 if high < 100 else 1.1)
    if other is None:
        found = evaluation.select(probabilities, labels, *selection.cell, right, between)
    else:
        second = other.probabilities
        parts = [
            evaluation.select(given, labels, *selection.cell) for given in (probabilities, second)
        ]
        found = np.union1d(*parts)
        sure = evaluation.select(probabilities, labels, right=right, confidence=between)
        found = np.intersect1d(found, sure)
        if group is not None:
            found = np.intersect1d(found, group.indices)
        else:
            different = probabilities.argmax(axis=1) != second.argmax(axis=1)
            found = found[different[found]]
    return evaluation.arrange(found, probabilities, labels, ORDERS[filters.order], filters.seed)


def choose_group(
    own: Evaluation, run: Run, other: tuple[Run, Evaluation], selection: Selection
) -> Group | None:
    """Let the visitor choose digits by which of two runs reads them; what was chosen."""
    split = evaluation.disagreement(own.probabilities, other[1].probabilities, own.labels)
    groups = [
        Group(f"Only {say.plain(run.name)} right", split.only_first),
        Group(f"Only {say.plain(other[0].name)} right", split.only_second),
        Group("Both wrong", split.both_wrong),
    ]
    state.begin_comparison(selection)
    group = st.pills(
        "Digits",
        [0, 1, 2],
        key="confusion_which",
        format_func=lambda group: f"{groups[group].words} · {len(groups[group].indices):,}",
        label_visibility="collapsed",
        persist_state="session",
        on_change=state.open_digit,
        args=(None,),
    )
    return None if group is None else groups[group]


def show() -> None:
    """What to filter by, and how to order."""
    keep: dict[str, Any] = {"persist_state": "session"}
    st.selectbox("Correctness", list(RIGHTNESS), key="confusion_right", **keep)
    st.slider("Confidence, %", 0, 100, Filters.sureness, key="confusion_sureness", **keep)
    order = st.selectbox("Order", list(ORDERS), key="confusion_order", **keep)
    if ORDERS[order] == evaluation.RANDOM:
        st.number_input("Seed", 0, 2**31 - 1, Filters.seed, key="confusion_seed", **keep)
    st.segmented_control(
        "Digits on a page", SIZES, default=Filters.size, required=True, key="confusion_size", **keep
    )
