"""Labels that several good networks agree against."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import evaluation
from mnist_core.datasets import Dataset
from mnist_core.evaluation import results
from mnist_core.evaluation.metrics import Doubt
from mnist_core.runs import Evaluation, Run
from ui.confusion import at_hand, digit, samples, saving, state, votes
from ui.confusion.samples import Sample
from ui.confusion.state import State

SHOWN = 100  # digits, the most doubtful
GOOD = 0.95  # accuracy from which a network's doubt in a label is worth a look


def show(run: Run, own: Evaluation, now: State) -> None:
    """The whole view."""
    name = now.selection.dataset
    found = {
        other: given
        for other, given in at_hand.evaluations(name, now.memory.checksums.get(name)).items()
        if np.array_equal(given.labels, own.labels)
        and evaluation.accuracy(given.probabilities, given.labels) >= GOOD
    }
    if len(found) < 2:
        st.info(
            f"A label is doubtful where several good networks agree against it: evaluate at "
            f"least two on {name} that reach {GOOD:.0%}. So far there "
            f"{'is one' if found else 'is none'}."
        )
        return
    chosen = st.multiselect(
        "Networks that have a say", list(found), default=list(found), key=f"jury_{name}"
    )
    if len(chosen) < 2:
        st.info("Choose at least two networks.")
        return
    doubts = evaluation.doubtful_labels([found[n].probabilities for n in chosen], own.labels)
    sure = sum(doubt.confident for doubt in doubts)
    left, right = st.columns([1, 1.1], gap="large")
    with left:
        st.subheader(f"Is the label wrong? · {len(doubts)}", anchor=False)
        st.caption(
            f"Most of {len(chosen)} networks agree against the label; the most doubtful first. "
            f"Confident learning takes the {sure} marked ! for wrongly labelled."
        )
        dataset = at_hand.dataset(name, run)
        if dataset is None:
            return
        if not results.check(own, dataset):
            st.rerun()
        indices = np.array([doubt.index for doubt in doubts], np.intp)[:SHOWN]
        if doubts:
            show_digits(dataset, doubts, len(chosen))
    with right:
        index = now.selection.digit
        if index is not None:
            for doubt in doubts:
                if doubt.index == index:
                    ballot = dataset.checksum, index
                    votes.show(ballot, doubt.label, doubt.other, now.memory.visitor)
            digit.show(run, own, dataset, index, indices)
        elif doubts:
            st.caption("Click a digit to see what each network says of it.")


def show_digits(dataset: Dataset, doubts: list[Doubt], networks: int) -> None:
    """The most doubtful digits as a grid, and all of them as a file.

    Args:
        networks: how many of them were asked.
    """
    shown = doubts[:SHOWN]
    described = [
        Sample(
            doubt.index,
            (
                f"{'! ' if doubt.confident else ''}{doubt.label} or {doubt.other}?",
                f"{doubt.agreeing} of {networks} say {doubt.other}",
                f"#{doubt.index}",
            ),
        )
        for doubt in shown
    ]
    images = dataset.x_test[[doubt.index for doubt in shown]]
    with st.container(key="doubts"):
        samples.grid(images, described, "doubts_grid", state.open_digit, 84)
    table = pd.DataFrame([vars(doubt) for doubt in doubts])
    saving.csv_button("List as CSV", table.set_index("index"), "doubtful-labels.csv")
