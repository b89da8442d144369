"""Several runs in one chart, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from mnist_core import figures, recipes, runs
from mnist_core.runs import Run
from ui import say
from ui.train.charts import COLUMNS, NO_TOOLBAR


def show(ticked: Sequence[Run]) -> None:
    """The curves of the runs that have some, and a table of what differs between all of them."""
    whole = [run for run in ticked if run.problem is None]
    histories = {run.name: rows for run in whole if (rows := runs.read_history(run))}
    if len(histories) > 1:
        show_curves(histories)
    without = [run.name for run in whole if run.name not in histories]
    if without:
        st.caption(f"No curves are known of {say.plain(', '.join(without))}.")
    if len(whole) > 1:
        show_differences(whole)


def show_curves(histories: dict[str, list[dict[str, float]]]) -> None:
    validated = all("val_loss" in rows[0] for rows in histories.values())
    digits = "validation digits" if validated else "validation digits, or training if marked so"
    for place, column in zip(st.columns(2), COLUMNS, strict=True):
        with place, st.container(key=f"comparison-{column}"):
            st.markdown(f"**{column.capitalize()} on the {digits}**")
            st.plotly_chart(
                figures.curves_of(column, histories),
                key=f"compare-{column}",
                config=NO_TOOLBAR,
                alt=f"{column.capitalize()} on the {digits} by epoch of {', '.join(histories)}.",
            )


def show_differences(compared: Sequence[Run]) -> None:
    """A table of what differs: a row an entry, a column a run."""
    rows = recipes.differences([run.recipe for run in compared])
    for entry, values in (
        ("dataset", [run.dataset for run in compared]),
        ("seed", [str(run.record.seed) for run in compared]),
    ):
        if len(set(values)) > 1:
            rows[entry] = values
    with st.container(key="differences"):
        st.markdown("**What differs**")
        if not rows:
            st.caption("Nothing: the same recipe, dataset and seed.")
            return
        table = pd.DataFrame(rows, index=[run.name for run in compared]).T
        table.columns = [say.plain(name) for name in table.columns]
        st.table(table)
