"""The confusion matrix, in which a cell can be clicked."""

from __future__ import annotations

import functools

import pandas as pd
import streamlit as st

from mnist_core import evaluation, figures
from mnist_core.runs import Evaluation, Run
from ui import say
from ui.confusion import saving, screen, state
from ui.confusion.selection import Cell

NUMBERS = {"Counts": None, "% of row": 1, "% of column": 0}
SCALES = {
    "Mistakes": figures.MISTAKES,
    "Logarithmic": figures.LOGARITHMIC,
    "Linear": figures.LINEAR,
}


def show(
    run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None, cell: Cell, chart: int
) -> None:
    """A run's matrix, or how it differs from that of another.

    Args:
        cell: what is selected.
        chart: its number; one with a new number holds no click.
    """
    matrix = evaluation.confusion_matrix(own.probabilities, own.labels)
    key = f"matrix_chart_{chart}"
    dark, small = screen.is_dark(), screen.on_phone()
    if other is None:
        with st.container(horizontal=True, key="matrix_options"):
            numbers = st.segmented_control(
                "Numbers",
                list(NUMBERS),
                default="Counts",
                required=True,
                key="confusion_numbers",
                persist_state="session",
            )
            scale = st.segmented_control(
                "Colours",
                list(SCALES),
                default="Mistakes",
                required=True,
                key="confusion_scale",
                persist_state="session",
            )
        figure = figures.confusion(matrix, SCALES[scale], NUMBERS[numbers], cell, dark, small)
        words = figures.confusion_in_words(matrix)
        table = pd.DataFrame(matrix)
        hint = "Empty cells are 0. Click a cell, or a sum for its whole row or column."
    else:
        second = evaluation.confusion_matrix(other[1].probabilities, other[1].labels)
        names = run.name, other[0].name
        figure = figures.confusion_difference(matrix, second, names, cell, dark, small)
        words = f"Confusion matrix of {names[0]} less that of {names[1]}."
        table = pd.DataFrame(matrix - second)
        hint = (
            f"How many more {names[0]} has than {names[1]}: blue where {names[0]} is better, "
            "orange where it is worse. Click a cell to see its digits."
        )
    with st.container(key="matrix"):
        st.plotly_chart(
            figure,
            key=key,
            on_select=functools.partial(state.select_clicked, key),
            selection_mode="points",
            config=saving.picture_config("confusion"),
            alt=words,
        )
    st.caption(say.plain(hint))
    table.index.name = "true"
    saving.csv_button("Matrix as CSV", table, "confusion.csv")
