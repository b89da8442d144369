"""What takes a while to find out about a dataset, found once for everybody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core.datasets import Dataset, analysis
from mnist_core.datasets.analysis import Analysis, Outlier
from mnist_core.report.pictures import Picture


def analysis_of(dataset: Dataset, words: str) -> Analysis:
    """What was counted in a dataset; `words` are for those who wait for it."""
    with st.spinner(words, show_time=True):
        return _analysis(dataset.checksum, dataset)


def typicality_of(dataset: Dataset) -> npt.NDArray[np.float64]:
    """How far each training image is from the mean of its digit: float64 (n,)."""
    with st.spinner("Comparing each digit with the mean …", show_time=True):
        return _typicality(dataset.checksum, dataset)


def outliers_of(dataset: Dataset) -> list[Outlier]:
    """The training images that look like another digit, the clearest first."""
    with st.spinner("Looking for digits that look like others …", show_time=True):
        return _outliers(dataset.checksum, dataset)


def training_picture(dataset: Dataset, index: int, caption: str = "") -> Picture:
    """A training image with its label and number, or another caption, below it."""
    label = dataset.y_train[index]
    return Picture(
        dataset.x_train[index],
        caption or f"{label} · #{index}",
        f"Training image {index}, labelled {label}",
    )


# The checksum tells datasets apart; Streamlit leaves out what begins with an underscore.


@st.cache_resource(max_entries=8, show_spinner=False)
def _analysis(checksum: str, _dataset: Dataset) -> Analysis:
    return analysis.analyse(_dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _typicality(checksum: str, _dataset: Dataset) -> npt.NDArray[np.float64]:
    return analysis.typicality(_dataset.x_train, _dataset.y_train)


@st.cache_resource(max_entries=8, show_spinner=False)
def _outliers(checksum: str, _dataset: Dataset) -> list[Outlier]:
    return analysis.outliers(_dataset.x_train, _dataset.y_train)
