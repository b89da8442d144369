"""What a network in training makes of a few test digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mnist_core import datasets
from mnist_core.datasets import Images
from mnist_core.errors import InputError
from mnist_core.report import pictures


@st.cache_resource(show_spinner=False, max_entries=4)
def test_images(dataset: str) -> Images:
    """The test images of a dataset, uint8 (n, 28, 28).

    Raises:
        InputError: it is not on this machine, or is damaged.
    """
    return datasets.load(dataset, fetch=False).x_test


def show(dataset: str, digits: Mapping[str, Any]) -> None:
    """Test digits with what a network in training makes of them now.

    Args:
        digits: `indices`, `labels`, `guesses` and `confidences`, as training reports them.
    """
    try:
        images = test_images(dataset)
    except InputError:
        return
    if max(digits["indices"], default=0) >= len(images):
        return
    cells = []
    for index, label, guess, confidence in zip(
        *(digits[key] for key in ("indices", "labels", "guesses", "confidences")), strict=True
    ):
        right = guess == label
        mark, kind = ("✓", "right") if right else ("✗", "wrong")
        cells.append(
            f'<figure class="{kind}"><img src="{pictures.data_uri(images[index])}" '
            f'alt="Test digit {index}, a {label}"><figcaption><b>{guess}</b> {mark}<br>'
            f"<small>{confidence:.0%}</small></figcaption></figure>"
        )
    st.caption("How it reads nine test digits now")
    with st.container(key="guesses"):
        st.html(
            """<style>
            .guesses { display: flex; flex-wrap: wrap; gap: 0.5rem; }
            .guesses figure { margin: 0; width: 64px; text-align: center; border-radius: 6px;
                              border: 2px solid; padding: 3px; }
            .guesses figure.right { border-color: #0072b2; }
            .guesses figure.wrong { border-color: #e69f00; border-style: dashed; }
            .guesses img { width: 100%; image-rendering: pixelated; border-radius: 3px; }
            .guesses figcaption { line-height: 1.2; font-size: 1.05rem; }
            </style>"""
            f'<div class="guesses">{"".join(cells)}</div>'
        )
