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
    info, metrics = run.info, run.metrics
    return {
        "name": run.name,
        "recipe": "broken" if run.problem else run.recipe.name,
        "dataset": (info.get("dataset") or {}).get("name"),
        "parameters": info.get("parameters"),
        "epochs": info.get("epochs"),
        "seconds": info.get("seconds"),
        "validation": metrics.get("val_accuracy"),
        "test": metrics.get("test_accuracy"),
        "date": str(info.get("created", ""))[:16].replace("T", " "),
        "status": "broken" if run.problem else run.status,
        "note": info.get("note", ""),
    }
