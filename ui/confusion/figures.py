"""The figures of a run: per digit, what it mixes up, and what its confidence is worth."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import evaluation, figures
from mnist_core.runs import Evaluation, Run
from ui import glossary
from ui.confusion import saving, screen, state

Naming = Callable[[str, str], str]  # of a file, by what is in it and its ending


def show(run: Run, own: Evaluation) -> None:
    """The whole view."""
    probabilities, labels, dark = own.probabilities, own.labels, screen.is_dark()
    named = functools.partial(saving.file_name, own.dataset, [run.name])
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Per digit", anchor=False)
        report = evaluation.classification_report(probabilities, labels)
        table = pd.DataFrame(report).T
        table.insert(0, "accuracy", table["recall"])
        table["support"] = table["support"].astype(int)
        table.index.name = "digit"
        number = st.column_config.NumberColumn
        st.dataframe(
            table,
            column_config={
                name: number(format="%.4f")
                for name in ("accuracy", "precision", "recall", "f1-score")
            }
            | {"digit": st.column_config.TextColumn(width=110)},
            height=460,
            alt="Accuracy, precision, recall, F1 and support of each digit and both averages.",
        )
        glossary.words("precision", "recall", "F1", "support")
        show_in_words(report, evaluation.confusion_matrix(probabilities, labels))
        saving.csv_button("Table as CSV", table, named("report", "csv"))
    with right:
        show_pairs(evaluation.confusion_matrix(probabilities, labels), named)
    left, right = st.columns(2, gap="large")
    with left:
        show_confidence(probabilities, labels, dark, named)
    with right:
        show_reliability(probabilities, labels, dark, named)
    show_answering(run, own, dark, named)


def show_in_words(report: Any, matrix: Any) -> None:
    """Precision and recall of a chosen digit as a sentence with its counts."""
    hardest = min(range(10), key=lambda digit: report[str(digit)]["f1-score"])
    digit = st.segmented_control(
        "In words",
        range(10),
        default=hardest,
        required=True,
        key="words_digit",
        persist_state="session",
    )
    right, read, there = matrix[digit, digit], matrix[:, digit].sum(), matrix[digit].sum()
    with st.container(key="in_words"):
        st.markdown(
            f"Of {read:,} digits that it read as {digit}, {right:,} were {digit}s: precision "
            f"**{_share(right, read)}**. Of {there:,} that are a {digit}, it found {right:,}: "
            f"recall **{_share(right, there)}**."
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def show_pairs(matrix: Any, named: Naming) -> None:
    st.header("Most confused", anchor=False)
    pairs = evaluation.most_confused(matrix, 12)
    if not pairs:
        st.markdown("Nothing is mixed up.")
    with st.container(key="pairs", horizontal=True, gap="small"):
        for pair in pairs:
            st.button(
                f"{pair.true} read as {pair.predicted} · {pair.count:,}",
                key=f"pair_{pair.true}_{pair.predicted}",
                on_click=state.select,
                args=(pair.true, pair.predicted),
            )
    every = evaluation.most_confused(matrix, 90)
    rows = [(pair.true, pair.predicted, pair.count) for pair in every]
    table = pd.DataFrame(rows, columns=["true", "predicted", "count"]).set_index("true")
    saving.csv_button("Pairs as CSV", table, named("pairs", "csv"))


def show_confidence(probabilities: Any, labels: Any, dark: bool, named: Naming) -> None:
    st.header("How sure it is", anchor=False, help=glossary.help_for("confidence"))
    sure, is_right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    means = [
        f"{word}: {part.mean():.1%} sure on average"
        for word, part in (("Right", sure[is_right]), ("wrong", sure[~is_right]))
        if len(part)
    ]
    st.plotly_chart(
        figures.confidence(sure[is_right], sure[~is_right], dark),
        key="confidence_chart",
        config=saving.picture_config(named("confidence", "png")[:-4]),
        alt=f"Histogram of the confidence. {', '.join(means)}.",
    )
    st.caption(", ".join(means) + ".")
    table = pd.DataFrame({"confidence": sure, "right": is_right})
    table.index.name = "index"
    saving.csv_button("Confidence as CSV", table, named("confidence", "csv"))


def show_reliability(probabilities: Any, labels: Any, dark: bool, named: Naming) -> None:
    st.header("Is it calibrated?", anchor=False, help=glossary.help_for("calibration"))
    bins = evaluation.reliability(probabilities, labels)
    words = f"Calibration error {bins.calibration_error:.2%}"
    st.plotly_chart(
        figures.reliability(bins, dark),
        key="reliability_chart",
        config=saving.picture_config(named("reliability", "png")[:-4]),
        alt=f"Reliability diagram in {len(bins.counts)} bins. {words}.",
    )
    st.caption(f"{words}. On the dashed line, of 100 digits it is 90% sure of, 90 are right.")
    table = pd.DataFrame(vars(bins))
    table.index.name = "bin"
    saving.csv_button("Reliability as CSV", table, named("reliability", "csv"))


def show_answering(run: Run, own: Evaluation, dark: bool, named: Naming) -> None:
    probabilities, labels = own.probabilities, own.labels
    st.header(
        "When should it say “not sure”?",
        anchor=False,
        help=glossary.help_for("confidence threshold"),
    )
    chosen = st.slider(
        "Not sure below, %",
        0,
        100,
        round(100 * run.confidence_threshold),
        key=f"threshold_{run.name}",
        persist_state="session",
    )
    (answered,), (right,) = evaluation.coverage_and_accuracy(probabilities, labels, [chosen / 100])
    count, given = len(labels), round(answered * len(labels))
    correct = "" if np.isnan(right) else f" and {right:.2%} of those are right"
    with st.container(key="answering"):
        st.markdown(f"**{given:,}** of {count:,} are answered ({answered:.1%}){correct}.")
    thresholds = np.linspace(0, 1, 101)
    shares = evaluation.coverage_and_accuracy(probabilities, labels, thresholds)
    st.plotly_chart(
        figures.coverage(thresholds, *shares, chosen / 100, dark),
        key="answering_chart",
        config=saving.picture_config(named("answering", "png")[:-4]),
        alt=f"Below {chosen}% not sure: {answered:.1%} are answered{correct}.",
    )
    table = pd.DataFrame(
        {"answered": shares[0], "right": shares[1]}, index=pd.Index(thresholds, name="threshold")
    )
    saving.csv_button("Thresholds as CSV", table, named("thresholds", "csv"))
