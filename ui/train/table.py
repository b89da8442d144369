"""All runs as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core.runs import Run


def show(found: Sequence[Run]) -> list[Run]:
    """All runs, sortable; the selected ones."""
    st.html("<h2>All runs</h2>")
    percent = st.column_config.NumberColumn(format="percent")
    picked = st.dataframe(
        pd.DataFrame([_row(run) for run in found]),
        hide_index=True,
        key="runs",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "parameters": st.column_config.NumberColumn(format="localized"),
            "seconds": st.column_config.NumberColumn(format="%.0f"),
            "validation": percent,
            "test": percent,
        },
    )
    return [found[index] for index in picked.selection.rows if index < len(found)]


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
