"""Curves of accuracy and loss, of one run and of several, and the accuracy of each digit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import figures
from mnist_core.runs import Run

COLUMNS = ("accuracy", "loss")
NO_TOOLBAR = {"displayModeBar": False}


def curves(run: Run, history: list[dict[str, float]], live: npt.NDArray[np.float64]) -> None:
    """A run's curves by epoch.

    Args:
        history: the rows of history.csv, one an epoch.
        live: (n, 3), the points within the epochs: epoch as a fraction, loss, accuracy.
    """
    best: float | None = run.metrics.best_epoch
    if best is None and history and "val_loss" in history[0]:
        best = min(history, key=lambda row: row["val_loss"])["epoch"]
    draw(history, live, best, run.active)


def growing(history: list[dict[str, float]], live: npt.NDArray[np.float64]) -> None:
    """As `curves`, of a part of a run from its beginning."""
    draw(history, live, None, True)


def draw(
    history: list[dict[str, float]],
    live: npt.NDArray[np.float64],
    best: float | None,
    grow: bool,
) -> None:
    for place, column in zip(st.columns(2), COLUMNS, strict=True):
        with place, st.container(key=f"curve-{column}"):
            st.plotly_chart(
                figures.curve(column, history, live, best, grow),
                key=f"{column}-chart",
                config=NO_TOOLBAR,
                alt=figures.curves_in_words(column, history),
            )


def digit_accuracy(shares: Sequence[float | None], dataset: str) -> None:
    """The accuracy of each of the ten digits; None where a digit does not occur."""
    words = ", ".join(
        f"{digit} {share:.1%}" for digit, share in enumerate(shares) if share is not None
    )
    st.caption(f"Accuracy of each digit on the test digits of {dataset}")
    st.plotly_chart(
        figures.digit_accuracy(shares),
        key="digits-chart",
        config=NO_TOOLBAR,
        alt=f"Accuracy of each digit: {words}",
    )
