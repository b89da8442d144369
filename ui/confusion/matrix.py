"""The confusion matrix, in which a cell can be selected by a click, a tap or a key."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from mnist_core import evaluation, figures
from mnist_core.runs import Evaluation, Run
from ui import glossary, say
from ui.confusion import matrix_picture, saving, screen, state
from ui.confusion.selection import Cell

NUMBERS = {"Counts": None, "% of row": 1, "% of column": 0}
SCALES = {
    "Mistakes": figures.MISTAKES,
    "Logarithmic": figures.LOGARITHMIC,
    "Linear": figures.LINEAR,
}
KEY = "matrix_table"
HERE = Path(__file__).parent
_table = st.components.v2.component(
    "confusion_matrix",
    html='<div class="frame"></div>',
    css=(HERE / "matrix_table.css").read_text(encoding="utf-8"),
    js=(HERE / "matrix_table.js").read_text(encoding="utf-8"),
)


def show(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None, cell: Cell) -> None:
    """A run's matrix, or how it differs from that of another.

    Args:
        cell: what is selected.
    """
    counts = evaluation.confusion_matrix(own.probabilities, own.labels)
    place, dark = st.container(key="matrix"), screen.is_dark()
    networks = [run.name] if other is None else [run.name, other[0].name]
    if other is None:
        with st.container(horizontal=True, key="matrix_options"):
            shown = _options()
        words, table = figures.confusion_in_words(counts), counts
        hint = "Empty cells are 0. Press a cell, or a sum for its whole row or column."
        draw = functools.partial(figures.confusion, counts, *shown)
    else:
        second = evaluation.confusion_matrix(other[1].probabilities, other[1].labels)
        words = f"Confusion matrix of {networks[0]} minus that of {networks[1]}."
        table = counts - second
        hint = (
            f"How many more {networks[0]} has than {networks[1]}: blue where {networks[0]} is "
            "better, orange where it is worse. Press a cell to see its digits."
        )
        draw = functools.partial(
            figures.confusion_difference, counts, second, (run.name, other[0].name)
        )
    with place:
        _show_cells(draw(dark=dark), cell, words)
    st.caption(say.plain(hint), help=glossary.help_for("confusion matrix"))
    named = functools.partial(saving.file_name, own.dataset, networks)
    with st.container(horizontal=True):
        saving.csv_button("Matrix as CSV", _with_axis(table), named("confusion", "csv"))
        st.download_button(
            "Matrix as picture",
            lambda: matrix_picture.draw(draw(), f"{' and '.join(networks)}, {own.dataset}"),
            named("confusion", "png"),
            "image/png",
            key="save_matrix_picture",
            icon=":material/image:",
            type="tertiary",
            on_click="ignore",
        )


def _options() -> tuple[str, int | None]:
    """The scale of the colours, and what the numbers are shares of."""
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
    return SCALES[scale], NUMBERS[numbers]


def _show_cells(cells: figures.Cells, selected: Cell, alt: str) -> None:
    def chosen() -> None:
        pressed = getattr(st.session_state[KEY], "selected", None)
        if pressed is not None:
            state.select(*pressed)

    _table(
        key=KEY,
        data={**vars(cells), "selected": list(selected), "alt": alt},
        on_selected_change=chosen,
    )


def _with_axis(matrix: npt.NDArray[np.int64]) -> pd.DataFrame:
    table = pd.DataFrame(matrix)
    table.index.name = "true"
    return table
