"""What is shown, saved as a file: tables as CSV, figures as pictures."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

SAVE = {  # every figure can be saved as a picture, by the browser itself
    "displayModeBar": True,
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
}


def file_name(dataset: str, networks: Sequence[str], what: str, ending: str) -> str:
    """A file's name that says what is in it: the networks, the digits, the day."""
    parts = [what, *networks, dataset, date.today().isoformat()]
    return "_".join(re.sub(r"[^\w.+-]+", "-", part) for part in parts) + f".{ending}"


def picture_config(name: str) -> dict[str, Any]:
    """What makes a chart one that can be saved as a picture."""
    return {**SAVE, "toImageButtonOptions": {"filename": name, "scale": 2}}


def csv_button(label: str, table: pd.DataFrame, name: str) -> None:
    """A button that saves a table; the file is only made once it is clicked."""
    st.download_button(
        label,
        functools.partial(csv_bytes, table),
        name,
        "text/csv",
        key=f"save_{label}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def csv_bytes(table: pd.DataFrame) -> bytes:
    text = io.StringIO()
    table.to_csv(text)
    return text.getvalue().encode("utf-8")
