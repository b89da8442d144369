"""How many images a dataset has, of how many pixels and classes."""

from __future__ import annotations

import streamlit as st

from mnist_core import datasets
from mnist_core.datasets import Dataset
from mnist_core.drawing import SIDE

STYLE = """<style>
.st-key-facts dl { display: flex; flex-wrap: wrap; gap: 6px 36px; margin: 0;
                   padding: 0 !important; }
.st-key-facts div { display: flex; flex-direction: column-reverse; }
.st-key-facts dd { font-size: 1.6rem; font-weight: 600; line-height: 1.25; margin: 0 !important;
                   font-variant-numeric: tabular-nums; }
.st-key-facts dt { font-size: 0.85rem; opacity: 0.75; }
</style>"""


def show(dataset: Dataset) -> None:
    """Four numbers in a row."""
    facts = {
        "training images": f"{len(dataset.x_train):,}",
        "test images": f"{len(dataset.x_test):,}",
        "pixels": f"{SIDE} × {SIDE}",
        "classes": str(datasets.CLASSES),
    }
    cells = "".join(
        f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in facts.items()
    )
    st.html(STYLE)
    with st.container(key="facts"):
        st.html(f"<dl>{cells}</dl>")
