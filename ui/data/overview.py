"""Section Overview: balance, pixels, ink, and a label as a network is taught it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core import datasets, figures
from mnist_core.datasets import Dataset, analysis
from mnist_core.datasets.analysis import Analysis
from mnist_core.report import pictures
from ui import charts
from ui.data import analyses

ONE_HOT_STYLE = """<style>
.one-hot { display: flex; flex-wrap: wrap; gap: 24px; align-items: center; }
.one-hot table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.one-hot th, .one-hot td { padding: 2px 8px; text-align: center;
                           border: 1px solid #8886; font-weight: 400; }
.one-hot th { opacity: 0.7; font-size: 0.85rem; }
</style>"""


def show(dataset: Dataset) -> None:
    """The whole section."""
    found = analyses.analysis_of(dataset, "Counting the pixels …")
    st.markdown("\n".join(f"- {sentence}" for sentence in analysis.in_words(found)))
    st.header("Class balance", anchor=False)
    words = ", ".join(f"{n:,} of {digit}" for digit, n in enumerate(found.train_per_class))
    charts.show(
        figures.balance(found.train_per_class, found.test_per_class),
        f"Images of each digit. Training: {words}.",
        "balance",
    )
    show_pixels(found)
    show_ink(found)
    show_one_hot(dataset)


def show_pixels(found: Analysis) -> None:
    st.header("Pixels before and after scaling", anchor=False)
    left, right = st.columns(2)
    empty = found.pixels[0] / found.pixels.sum()
    for column, scaled in ((left, False), (right, True)):
        with column:
            span = "0 to 1" if scaled else "0 to 255"
            charts.show(
                figures.pixel_values(found.pixels, scaled),
                f"How often each pixel value from {span} occurs; {empty:.0%} are 0.",
                "scaled" if scaled else "pixels",
            )


def show_ink(found: Analysis) -> None:
    st.header("Ink of each digit", anchor=False)
    medians = ", ".join(
        f"{digit}: {np.median(ink):.1%}" for digit, ink in enumerate(found.ink) if len(ink)
    )
    charts.show(
        figures.ink_of_digits(found.ink),
        f"The share of the image that is ink, in the median: {medians}.",
        "ink",
    )
    st.caption("Box: the middle half of the images; whiskers: nine in ten.")


def show_one_hot(dataset: Dataset) -> None:
    st.header("A label as a network is taught it", anchor=False)
    label = int(dataset.y_train[0])
    cells = "".join(
        f"<td>{'<b>1</b>' if value else '0'}</td>"
        for value in datasets.one_hot(np.array([label]))[0]
    )
    heads = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    st.html(ONE_HOT_STYLE)
    with st.container(key="one_hot"):
        st.html(
            '<div class="one-hot">'
            + pictures.grid([analyses.training_picture(dataset, 0, f"label {label}")], 84, 1)
            + f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table></div>"
        )
        st.caption(f"One-hot: ten numbers, a one in the place of the label {label}.")
