"""Evaluations and digits that are at hand, or in their place how to get them."""

from __future__ import annotations

import streamlit as st

from mnist_core import datasets, runs
from mnist_core.datasets import Dataset, hands
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.runs import Evaluation, Run
from ui import access, say
from ui.confusion import state, work


def evaluation(run: Run, dataset: str, checksum: str | None) -> Evaluation | None:
    """The run's evaluation; if there is none, what is shown instead: why, or how far it is.

    Args:
        checksum: of the dataset, if it is known.
    """
    status = results.progress(run, dataset)
    try:
        return results.find(run, dataset, checksum)
    except InputError as error:
        if status is None:
            say.info(error)
            if run.usable:
                offer(run, dataset)
            return None
    work.follow(run, dataset, results.EVALUATION, f"Evaluating {say.plain(run.name)} on {dataset}")
    return None


def offer(run: Run, dataset: str) -> None:
    access.note("Evaluating")
    if not access.allowed():
        return
    words = "Evaluate" if datasets.at_hand(dataset) else "Download the digits and evaluate"
    st.button(
        f"{words} {say.plain(run.name)} on {dataset}",
        key=f"evaluate_{run.name}",
        type="primary",
        icon=":material/play_arrow:",
        on_click=work.start,
        args=(run, dataset, results.EVALUATION),
    )


def dataset(name: str, run: Run) -> Dataset | None:
    """The dataset, or None where it cannot be had; then what is missing is said.

    Args:
        run: the one that is looked at; a download is noted as work for it.
    """
    try:
        with st.spinner("Reading the digits …"):
            found = loaded(name)
    except InputError as error:
        say.info(error)
        if name in datasets.FILES and not datasets.at_hand(name) and run.usable:
            if results.progress(run, name, results.DIGITS):
                work.follow(run, name, results.DIGITS, f"Downloading {name}")
            elif access.allowed():
                st.button(
                    f"Download {name}",
                    on_click=work.start,
                    args=(run, name, results.DIGITS),
                    icon=":material/download:",
                )
        return None
    state.note_checksum(name, found.checksum)
    return found


def loaded(name: str) -> Dataset:
    """A dataset, loaded once for everybody; it is not downloaded.

    Raises:
        InputError: it is not on this machine, or is damaged.
    """
    files = [str(datasets.find(part)) for part in name.split("+") if part in datasets.FILES]
    return _loaded(name, (*files, hands.stamp(name)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _loaded(name: str, files: tuple[str, ...]) -> Dataset:
    return datasets.load(name, fetch=False)


def evaluations(dataset: str, checksum: str | None) -> dict[str, Evaluation]:
    """Every run that has been evaluated on a test set, by name.

    Args:
        checksum: of the dataset, if it is known.
    """
    found = {}
    for run in runs.all_runs():
        try:
            found[run.name] = results.find(run, dataset, checksum)
        except InputError:
            continue
    return found
