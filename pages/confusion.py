"""The confusion matrix of any run on any test digits, and every mistake behind it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core import evaluation, runs
from mnist_core.evaluation import comparison, results
from mnist_core.runs import Evaluation, Run
from ui import heading
from ui.confusion import address, at_hand, doubtful, figures, grid, matrix, selection

heading.begin("Where it errs", wide=True)
st.html(
    """<style>
    .stMainBlockContainer { max-width: 1400px; }
    .st-key-headline p { font-size: 1.1rem; }
    .st-key-headline strong { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
    .pictures { display: flex; flex-wrap: wrap; gap: 0.75rem; }
    .st-key-samples_head h3, .st-key-digit h3 { font-size: 1.35rem; padding: 0; }
    figure.digit { margin: 0; }
    figure.digit img { display: block; }
    figure.digit figcaption { font-size: 0.8rem; opacity: 0.8; margin-top: 0.2rem; }
    </style>"""
)


def choose(found: dict[str, Run]) -> None:
    """Let the visitor choose a run, the digits it reads, and a run to compare it with."""
    names = list(found)
    if st.session_state["confusion_run"] not in names:
        st.session_state["confusion_run"] = runs.DEFAULT_RUN
    others = [None, *(name for name in names if name != st.session_state["confusion_run"])]
    if st.session_state.get("confusion_other") not in others:
        st.session_state["confusion_other"] = None

    def label(name: str | None) -> str:
        if name is None:
            return "no other"
        run = found.get(name)
        if run is None or run.usable:
            return name
        return f"{name} – {'broken' if run.problem else run.status}"

    with st.container(key="choice"):
        first, second, third = st.columns(3)
    first.selectbox(
        "Network", names, key="confusion_run", format_func=label, persist_state="session",
        on_change=selection.close_digit,
    )  # fmt: skip
    second.selectbox(
        "Test digits", results.TEST_SETS, key="confusion_dataset", persist_state="session",
        on_change=selection.close_digit,
    )  # fmt: skip
    third.selectbox(
        "Compare with", others, key="confusion_other", format_func=label, placeholder="no other",
        persist_state="session", on_change=selection.close_digit,
    )  # fmt: skip


def headline(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None) -> None:
    """How well the run reads, and the other one below it."""

    def one(name: str, given: Evaluation) -> str:
        share = evaluation.accuracy(given.probabilities, given.labels)
        wrong = round((1 - share) * len(given.labels))
        loss = evaluation.loss(given.probabilities, given.labels)
        return f"{name}**{share:.2%}** right · {wrong:,} of {len(given.labels):,} wrong · loss {loss:.4f}"  # noqa: E501

    with st.container(key="headline"):
        if other is None:
            st.markdown(one("", own))
        else:
            st.markdown(one(f"{run.name} ", own) + "  \n" + one(f"{other[0].name} ", other[1]))


def page() -> None:
    found = {run.name: run for run in runs.all_runs()}
    address.read(list(found))
    choose(found)
    if nonsense := address.nonsense():
        st.warning(f"Part of the address means nothing here and was left out: {nonsense}.")
    if problem := st.session_state.pop("confusion_problem", None):
        st.error(problem)
    run, dataset = found[st.session_state["confusion_run"]], st.session_state["confusion_dataset"]
    own = at_hand.evaluation(run, dataset)
    if own is None or len(own.labels) == 0:
        address.write()
        return
    other = None
    if st.session_state["confusion_other"] is not None:
        second = at_hand.evaluation(found[st.session_state["confusion_other"]], dataset)
        if second is not None and np.array_equal(second.labels, own.labels):
            other = found[st.session_state["confusion_other"]], second
    index = st.session_state["confusion_digit"]
    if index is not None and index >= len(own.labels):
        st.session_state["confusion_digit"] = None
        st.warning(f"There is no digit {index} among the {len(own.labels):,} of {dataset}.")
    address.write()
    if dataset == comparison.DRAWN and (writers := comparison.known_writers(run)):
        st.caption(
            f"{run.name} has learnt the hand of writer {', '.join(map(str, sorted(writers)))}, "
            "who is among these."
        )
    headline(run, own, other)
    view = st.segmented_control(
        "View", list(selection.VIEWS.values()), required=True, key="confusion_view",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if view == selection.MATRIX:
        left, right = st.columns([1, 1], gap="large")
        with left:
            matrix.show(run, own, other)
        with right:
            grid.show(run, own, other)
    elif view == selection.FIGURES:
        figures.show(run, own)
    else:
        doubtful.show(run, own)


page()
if "to_canvas" in st.session_state:
    st.switch_page("pages/draw.py")
