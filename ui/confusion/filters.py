"""Which digits of the selection are shown, and in what order."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from mnist_core import evaluation
from mnist_core.runs import Evaluation, Run
from ui.confusion import selection

ORDERS = {
    "Most confident mistakes first": evaluation.MISTAKES_FIRST,
    "Least confident first": evaluation.LEAST_SURE_FIRST,
    "By index": evaluation.BY_INDEX,
    "Random": evaluation.RANDOM,
}
RIGHTNESS = {"Right and wrong": None, "Wrong only": False, "Right only": True}
SIZES = [10, 24, 50, 100]


def chosen(own: Evaluation, other: tuple[Run, Evaluation] | None) -> evaluation.Indices:
    """The digits that the selection and the filters leave, in the chosen order."""
    true, predicted = selection.cell()
    low, high = st.session_state.get("confusion_sureness", (0, 100))
    right = RIGHTNESS[st.session_state.get("confusion_right", "Right and wrong")]
    order = ORDERS[st.session_state.get("confusion_order", next(iter(ORDERS)))]
    probabilities, labels = own.probabilities, own.labels
    # Certainty is never quite reached, and 0 to 100 % leaves nothing out.
    between = (low / 100, high / 100 if high < 100 else 1.1)
    if other is None:
        found = evaluation.select(probabilities, labels, true, predicted, right, between)
    else:
        second = other[1].probabilities
        parts = [
            evaluation.select(given, labels, true, predicted) for given in (probabilities, second)
        ]
        found = np.union1d(*parts)
        sure = evaluation.select(probabilities, labels, right=right, confidence=between)
        found = np.intersect1d(found, sure)
        which = st.session_state.get("confusion_which")
        split = evaluation.disagreement(probabilities, second, labels)
        groups = [split.only_first, split.only_second, split.both_wrong]
        if which is not None:
            found = np.intersect1d(found, groups[which])
        else:
            different = probabilities.argmax(axis=1) != second.argmax(axis=1)
            found = found[different[found]]
    seed = int(st.session_state.get("confusion_seed", 42))
    return evaluation.arrange(found, probabilities, labels, order, seed)


def choose_group(own: Evaluation, run: Run, other: tuple[Run, Evaluation]) -> str | None:
    """Lets the visitor choose digits by which of two runs reads them; what was chosen."""
    split = evaluation.disagreement(own.probabilities, other[1].probabilities, own.labels)
    words = [
        f"Only {run.name} right",
        f"Only {other[0].name} right",
        "Both wrong",
    ]
    counts = [len(split.only_first), len(split.only_second), len(split.both_wrong)]
    if "confusion_which" not in st.session_state:
        st.session_state["confusion_which"] = 0 if selection.cell() == (None, None) else None
    group = st.pills(
        "Digits", [0, 1, 2], key="confusion_which",
        format_func=lambda group: f"{words[group]} · {counts[group]:,}",
        label_visibility="collapsed", persist_state="session",
        on_change=selection.open_digit, args=(None,),
    )  # fmt: skip
    return None if group is None else words[group]


def show() -> None:
    """What to filter by, and how to order."""
    keep: dict[str, Any] = {"persist_state": "session"}
    st.selectbox("Correctness", list(RIGHTNESS), key="confusion_right", **keep)
    st.slider("Confidence, %", 0, 100, (0, 100), key="confusion_sureness", **keep)
    st.selectbox("Order", list(ORDERS), key="confusion_order", **keep)
    if st.session_state["confusion_order"] == "Random":
        st.number_input("Seed", 0, 2**31 - 1, 42, key="confusion_seed", **keep)
    st.segmented_control(
        "Digits on a page", SIZES, default=24, required=True, key="confusion_size", **keep
    )
