"""Label issues: labels that several good networks agree against (confident learning)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import evaluation
from mnist_core.datasets import Dataset
from mnist_core.evaluation import results
from mnist_core.evaluation.metrics import LabelIssue
from mnist_core.runs import Evaluation, Run
from ui.confusion import at_hand, digit, samples, saving, state, votes
from ui.confusion.samples import Sample
from ui.confusion.state import State

SHOWN = 100  # digits, the most suspect
GOOD = 0.95  # accuracy from which a network's vote against a label counts


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
            f"A label is suspect where several good networks agree against it: evaluate at "
            f"least two on {name} that reach {GOOD:.0%}. So far there "
            f"{'is one' if found else 'is none'}."
        )
        return
    chosen = st.multiselect(
        "Ask these networks", list(found), default=list(found), key=f"jury_{name}"
    )
    if len(chosen) < 2:
        st.info("Choose at least two networks.")
        return
    chosen = different(chosen, found)
    if len(chosen) < 2:
        st.info("These networks are the same: choose another one.")
        return
    issues = evaluation.find_label_issues([found[n].probabilities for n in chosen], own.labels)
    sure = sum(issue.confident for issue in issues)
    left, right = st.columns([1, 1.1], gap="large")
    with left:
        st.header(f"Is the label wrong? · {len(issues)}", anchor=False)
        st.caption(
            f"Most of {len(chosen)} networks agree against the label; the most suspect first. "
            f"Confident learning flags the {sure} marked ! as mislabelled."
        )
        dataset = at_hand.dataset(name, run)
        if dataset is None:
            return
        if not results.check(own, dataset):
            st.rerun()
        indices = np.array([issue.index for issue in issues], np.intp)[:SHOWN]
        if issues:
            show_digits(dataset, issues, chosen)
    with right:
        index = now.selection.digit
        if index is not None:
            for issue in issues:
                if issue.index == index:
                    ballot = dataset.checksum, index
                    votes.show(ballot, issue.label, issue.other, now.memory.visitor)
            digit.show(run, own, dataset, index, indices)
        elif issues:
            st.caption("Click a digit to see what each network says of it.")


def different(names: Sequence[str], found: Mapping[str, Evaluation]) -> list[str]:
    """The first of each network among those that are the same, such as copies of a run."""
    kept: list[str] = []
    for name in names:
        own = found[name].probabilities
        if not any(np.array_equal(own, found[other].probabilities) for other in kept):
            kept.append(name)
    return kept


def show_digits(dataset: Dataset, issues: list[LabelIssue], networks: Sequence[str]) -> None:
    """The most suspect digits as a grid, and all of them as a file.

    Args:
        networks: those that were asked.
    """
    shown = issues[:SHOWN]
    described = [
        Sample(
            issue.index,
            (
                f"{'! ' if issue.confident else ''}{issue.label} or {issue.other}?",
                f"{issue.agreeing} of {len(networks)} say {issue.other}",
                f"#{issue.index}",
            ),
        )
        for issue in shown
    ]
    images = dataset.x_test[[issue.index for issue in shown]]
    with st.container(key="doubts"):
        samples.grid(images, described, "doubts_grid", state.open_digit, 84)
    table = pd.DataFrame([vars(issue) for issue in issues])
    saving.csv_button(
        "List as CSV",
        table.set_index("index"),
        saving.file_name(dataset.name, networks, "doubtful-labels", "csv"),
    )
