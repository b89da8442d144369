"""Section Samples: random digits of either part, of all classes or some."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.datasets import Dataset, analysis
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture

COUNTS = [9, 16, 25, 50, 100]


def show(dataset: Dataset) -> None:
    """The whole section."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control(
            "Part", ["Training", "Test"], default="Training", required=True, key="sample_part"
        )
        count = st.segmented_control("Number", COUNTS, default=9, required=True, key="sample_count")
        seed = st.number_input("Seed", 0, 2**31 - 1, 42, key="sample_seed", width=130)
    digits = st.pills(
        "Digits", range(10), selection_mode="multi", key="sample_digits", help="None chosen: all."
    )
    images, labels = (
        (dataset.x_train, dataset.y_train)
        if part == "Training"
        else (dataset.x_test, dataset.y_test)
    )
    among = np.flatnonzero(np.isin(labels, list(digits or range(10))))
    chosen = among[analysis.sample(count or 9, len(among), int(seed))]
    shown = [
        Picture(images[i], f"{labels[i]} · #{i}", f"{part} image {i}, labelled {labels[i]}")
        for i in chosen
    ]
    with st.container(key="samples"):
        if not shown:
            st.info("There are no such digits here: choose others.")
        elif len(shown) == 9:
            st.html(pictures.grid(shown, 112, 3))
        else:
            st.html(pictures.grid(shown, 64))
