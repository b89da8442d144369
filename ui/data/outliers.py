"""Section Odd ones: images that look like another digit, and images that occur twice."""

from __future__ import annotations

import streamlit as st

from mnist_core.datasets import Dataset
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture
from ui.data import analyses, opened


def show(dataset: Dataset) -> None:
    """The whole section."""
    odd = analyses.outliers_of(dataset)
    found = analyses.analysis_of(dataset, "Looking for images that occur twice …")
    st.header("Digits that look like another", anchor=False)
    if odd:
        st.caption(
            "These training images look more like another digit than like their label, judged by "
            "principal components; the clearest come first. Some labels are wrong. Click one to "
            "see it large and to put it on the canvas."
        )
        with st.container(key="outliers"):
            words = {o.index: f"{o.label}, like {o.like} · #{o.index}" for o in odd}
            opened.grid(dataset, list(words), words.__getitem__, "outliers")
    else:
        st.write("Every training image looks most like its own digit.")
    st.header("Images that occur twice", anchor=False)
    if not found.duplicates and not found.shared:
        st.write("There are none, neither within the training images nor among the test images.")
    with st.container(key="duplicates"):
        groups = [
            Picture(
                dataset.x_train[group[0]],
                " = ".join(f"#{i}" for i in group[:4]),
                f"Training images {', '.join(map(str, group[:4]))} are the same",
            )
            for group in found.duplicates[:20]
        ]
        shared = [
            Picture(
                dataset.x_train[train],
                f"#{train} = test #{test}",
                f"Training image {train} is test image {test}",
            )
            for train, test in found.shared[:20]
        ]
        if groups or shared:
            st.html(pictures.grid([*groups, *shared], 84))
