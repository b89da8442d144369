"""Evaluations and digits that are at hand, or in their place how to get them."""

from __future__ import annotations

import streamlit as st

from mnist_core import datasets, runs
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.runs import Evaluation, Run
from ui import samples
from ui.confusion import work


def evaluation(run: Run, dataset: str) -> Evaluation | None:
    """The run's evaluation; if there is none, what is shown instead: why, or how far it is."""
    told = results.progress(run, dataset)
    try:
        known = st.session_state.setdefault("confusion_checksums", {}).get(dataset)
        return results.find(run, dataset, known)
    except InputError as error:
        if told is None:
            st.info(str(error), icon=":material/info:")
            if run.usable:
                offer(run, dataset)
            return None
    work.follow(run, dataset, results.EVALUATION, f"Evaluating {run.name} on {dataset}")
    return None


def offer(run: Run, dataset: str) -> None:
    words = "Evaluate" if datasets.at_hand(dataset) else "Download the digits and evaluate"
    st.button(
        f"{words} {run.name} on {dataset}",
        key=f"evaluate_{run.name}",
        type="primary",
        icon=":material/play_arrow:",
        on_click=work.start,
        args=(run, dataset, results.EVALUATION),
    )


def dataset(name: str) -> Dataset | None:
    """The dataset, or None where it cannot be had; then what is missing is said."""
    try:
        with st.spinner("Reading the digits …"):
            found = samples.dataset(name)
    except InputError as error:
        st.info(str(error), icon=":material/info:")
        run = runs.read(st.session_state["confusion_run"])
        if name in ("mnist", "pen-strokes") and not datasets.at_hand(name) and run.usable:
            if results.progress(run, name, results.DIGITS):
                work.follow(run, name, results.DIGITS, f"Downloading {name}")
            else:
                st.button(
                    f"Download {name}",
                    on_click=work.start,
                    args=(run, name, results.DIGITS),
                    icon=":material/download:",
                )
        return None
    st.session_state["confusion_checksums"][name] = found.checksum
    return found


def evaluations(dataset: str) -> dict[str, Evaluation]:
    """Every run that has been evaluated on a test set, by name."""
    found = {}
    known = st.session_state.get("confusion_checksums", {}).get(dataset)
    for run in runs.all_runs():
        try:
            found[run.name] = results.find(run, dataset, known)
        except InputError:
            continue
    return found
