"""What came out of a training run."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnist_core import runs
from mnist_core.runs import Run
from ui.train import charts, state


def show(run: Run, dataset: str, reads: bool) -> None:
    """The final figures of a run that has a network.

    Args:
        dataset: that it was trained on; of several, the first is what it was tested on.
        reads: whether it is the one that was picked for the drawing page.
    """
    metrics = run.metrics
    figures = {
        "Test accuracy": metrics.test_accuracy,
        "Validation": metrics.val_accuracy,
        "Training": metrics.train_accuracy,
    }
    with st.container(horizontal=True, key="result"):
        for label, value in figures.items():
            if value is not None:
                st.metric(label, f"{value:.2%}", width="content")
    offer_use(run, reads)
    if shares := metrics.test_digit_accuracy:
        charts.digit_accuracy(shares, dataset.split("+")[0])
    with st.expander("Summary"):
        st.table(pd.DataFrame(runs.summary(run).items(), columns=["", " "]).set_index(""))


def offer_use(run: Run, reads: bool) -> None:
    """A button that lets the run read on the drawing page, unless it does already."""
    if reads:
        st.caption(":material/check: This run reads on the drawing page.")
    else:
        st.button(
            "Use on the drawing page", key="use", type="primary", icon=":material/draw:",
            on_click=state.use, args=(run.name,),
        )  # fmt: skip
