"""Section Pens: who wrote, and their digits written again as the pen wrote them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core import datasets, figures
from mnist_core.datasets import Dataset, Labels
from ui import charts
from ui.data import replay


def show(dataset: Dataset) -> None:
    """The whole section; the dataset has strokes."""
    strokes, labels, writers = _written(dataset)
    counts = {int(w): int((writers == w).sum()) for w in np.unique(writers)}
    tested = set() if dataset.writers_test is None else set(map(int, dataset.writers_test))
    charts.show(
        figures.writers(counts, tested),
        f"{len(counts)} writers with {min(counts.values())} to {max(counts.values())} digits each.",
        "writers",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        writer = st.selectbox(
            "Writer",
            list(counts),
            key="writer",
            format_func=lambda w: f"{w}, kept for testing" if w in tested else str(w),
        )
        nth = st.number_input(
            "Which of each digit", 1, 30, 1, key="writing", help="Every writer wrote each often."
        )
    digits = []
    for digit in range(10):
        those = np.flatnonzero((writers == writer) & (labels == digit))
        if len(those):
            index = those[(int(nth) - 1) % len(those)]
            count = sum(map(len, strokes[index]))
            digits.append(
                (
                    strokes[index],
                    f"{digit} · {len(strokes[index])} stroke{'s' * (len(strokes[index]) != 1)}",
                    f"A {digit} by writer {writer}, {count} points",
                )
            )
    with st.container(key="replay"):
        replay.show(digits)
    st.caption("At the pace of the pen, whose place was taken at equal steps of time.")


def _written(dataset: Dataset) -> tuple[list[datasets.Strokes], Labels, datasets.Writers]:
    """Strokes, labels and writers of all digits that have strokes, test digits included."""
    strokes: list[datasets.Strokes] = []
    labels, writers = [], []
    for paths, digits, hands in (
        (dataset.strokes_train, dataset.y_train, dataset.writers_train),
        (dataset.strokes_test, dataset.y_test, dataset.writers_test),
    ):
        if hands is None or not paths:
            continue
        for index in map(int, np.flatnonzero(hands > 0)):
            strokes.append(paths[index])
            labels.append(digits[index])
            writers.append(hands[index])
    return strokes, np.array(labels, np.uint8), np.array(writers, np.int16)
