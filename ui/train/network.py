"""The network that a recipe makes, and about how long its training takes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from mnist_core import datasets, figures, recipes
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import estimate


def show(recipe: Recipe, found: Sequence[Run]) -> None:
    """The network in figures and as a diagram.

    Args:
        found: all runs but trials of studies, of which some show how fast this machine is.

    Raises:
        InputError: layers that do not fit.
    """
    rows = recipes.layer_table(recipe)
    images, pens = training_images(recipe)
    st.markdown(
        f"**{sum(row.parameters for row in rows):,} parameters** · {images:,} images · "
        f"about {duration(estimate.estimate(recipe, images, pens, found))}"
    )
    with st.expander("The network"):
        with st.container(key="diagram"):
            st.html(figures.architecture(rows))
        st.dataframe(
            pd.DataFrame(
                {
                    "layer": [row.name for row in rows],
                    "output": ["×".join(map(str, row.shape)) for row in rows],
                    "parameters": [row.parameters for row in rows],
                }
            ),
            hide_index=True,
            column_config={"parameters": st.column_config.NumberColumn(format="localized")},
        )


def training_images(recipe: Recipe) -> tuple[int, int]:
    """How many digits will be trained on, and how many of them have strokes."""
    total, pens = datasets.TRAIN_SIZES[recipe.dataset]
    chosen = min(recipe.train_images or total, total)
    images = int(chosen * (1 - recipe.validation_split))
    return images, round(pens * images / total)


def duration(seconds: float) -> str:
    """An estimated time in words, no more exact than an estimate is."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
