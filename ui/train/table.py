"""All runs as a table, in which some can be ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core.runs import Run
from ui import glossary
from ui.train import state


def show(found: Sequence[Run], ticked: Sequence[int]) -> list[Run]:
    """All runs, sortable; those that are ticked.

    Streamlit ticks rows by their numbers. Whenever these stand for other runs the table gets
    another key, and so begins anew with the ticks where the runs are now.

    Args:
        ticked: the identities of the runs that are ticked.
    """
    st.html("<h2>All runs</h2>")
    identities = [run.identity or 0 for run in found]
    key = f"runs-{hash(tuple(identities)) & 0xFFFFFFFF:08x}"
    rows = [row for row, identity in enumerate(identities) if identity in ticked]

    def tick() -> None:
        picked = st.session_state[key]["selection"]["rows"]
        state.tick([identities[row] for row in picked if row < len(identities)])

    with st.container(key="runs"):
        st.dataframe(
            pd.DataFrame([_row(run) for run in found]),
            hide_index=True,
            key=key,
            on_select=tick,
            selection_mode="multi-row",
            selection_default={"selection": {"rows": rows}},
            column_config=_columns(),
        )
    return [found[row] for row in rows]


def _columns() -> dict[str, Any]:
    number, terms = st.column_config.NumberColumn, glossary.help_for
    return {
        "parameters": number(format="localized", help=terms("parameters")),
        "epochs": number(help=terms("epoch")),
        "seconds": number(format="%.0f", help="How long the training took."),
        "validation": number(format="percent", help=terms("accuracy", "validation")),
        "test": number(format="percent", help=terms("accuracy", "test")),
    }


def _row(run: Run) -> dict[str, Any]:
    record, metrics = run.record, run.metrics
    return {
        "name": run.name,
        "recipe": "broken" if run.problem else run.recipe.name,
        "dataset": None if run.problem else run.dataset,
        "parameters": record.parameters,
        "epochs": record.epochs,
        "seconds": record.seconds,
        "validation": metrics.val_accuracy,
        "test": metrics.test_accuracy,
        "date": record.created[:16].replace("T", " "),
        "status": "broken" if run.problem else run.status,
        "note": record.note or "",
    }
