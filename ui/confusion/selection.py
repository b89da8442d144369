"""What is selected on the page: a view, a cell of the matrix, a digit."""

from __future__ import annotations

import streamlit as st

from mnist_core import figures

MATRIX, FIGURES, LABELS = "Matrix", "Figures", "Doubtful labels"
VIEWS = {"matrix": MATRIX, "figures": FIGURES, "labels": LABELS}


def select(true: int | None, predicted: int | None) -> None:
    """Select a cell, a row (no predicted digit), a column (no true digit), or everything."""
    st.session_state["confusion_true"], st.session_state["confusion_predicted"] = true, predicted
    st.session_state["confusion_view"] = MATRIX
    st.session_state["confusion_digit"] = st.session_state["confusion_which"] = None
    renew_chart()


def select_clicked(key: str) -> None:
    """Select what was clicked in the matrix; a second click on it changes nothing."""
    points = st.session_state[key].selection.points
    if not points:
        return
    true, predicted = (int(points[0][axis]) for axis in ("y", "x"))
    st.session_state["confusion_true"] = None if true == figures.TOTAL else true
    st.session_state["confusion_predicted"] = None if predicted == figures.TOTAL else predicted
    st.session_state["confusion_digit"] = st.session_state["confusion_which"] = None


def open_digit(index: int | None) -> None:
    st.session_state["confusion_digit"] = index


def close_digit() -> None:
    st.session_state["confusion_digit"] = None
    renew_chart()


def renew_chart() -> None:
    """Give the matrix a new number: a new chart no longer holds what was clicked in the old one."""
    number = st.session_state.get("confusion_matrix_number", 0) + 1
    st.session_state["confusion_matrix_number"] = number


def cell() -> tuple[int | None, int | None]:
    """The true and the predicted digit that are selected; None is any."""
    return st.session_state.get("confusion_true"), st.session_state.get("confusion_predicted")


def in_words(true: int | None, predicted: int | None) -> str:
    """A cell, a row, a column or everything, as a heading."""
    if true is None and predicted is None:
        return "All digits"
    if true is None:
        return f"Everything read as {predicted}"
    if predicted is None:
        return f"All the {true}s"
    return f"{true} read as {predicted}" if true != predicted else f"{true} read rightly"
