"""Section Typical: the mean of each digit, and what is nearest to it and farthest from it."""

from __future__ import annotations

import streamlit as st

from mnist_core.datasets import Dataset, analysis
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture
from ui.data import analyses, opened


def show(dataset: Dataset) -> None:
    """The whole section."""
    found = analyses.analysis_of(dataset, "Averaging the digits …")
    apart = analyses.typicality_of(dataset)
    st.header("The mean of each digit", anchor=False)
    with st.container(key="means"):
        means = [
            Picture(mean, str(digit), f"The mean of all images of {digit}")
            for digit, mean in enumerate(found.means)
        ]
        st.html(pictures.grid(means, 58))
    digit = st.segmented_control("Digit", range(10), default=0, required=True, key="typical_digit")
    most, least = analysis.extremes(apart, dataset.y_train, int(digit or 0), 10)
    for title, chosen, key in (
        (f"The most typical images of {digit}", most, "most_typical"),
        (f"The least typical images of {digit}", least, "least_typical"),
    ):
        st.header(title, anchor=False)
        with st.container(key=key):
            opened.grid(dataset, [int(i) for i in chosen], lambda i: f"#{i} · {apart[i]:.2f}", key)
    st.caption(
        "Below each: its number and its distance from the mean (root mean square over the pixels). "
        "Click one to see it large and to put it on the canvas."
    )
