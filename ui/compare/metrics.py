"""The metrics of runs in a table, the best of each marked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnist_core.evaluation import comparison
from mnist_core.evaluation.comparison import METRICS, Contender


def show(contenders: list[Contender]) -> None:
    """A column for each run."""
    lines: list[dict[str, str]] = []
    for metric in METRICS:
        winners = {c.name for c in comparison.best(contenders, metric)}
        level = len(winners) == len(contenders)
        line = {"Metric": metric.title}
        for c in contenders:
            value = c.metrics.get(metric.key)
            mark = "★ " if c.name in winners and not level and len(contenders) > 1 else ""
            line[c.name] = "–" if value is None else mark + metric.write(value)
        lines.append(line)
    if len({c.test_digits for c in contenders}) > 1:
        lines.insert(0, {"Metric": "Test digits of"} | {c.name: c.test_digits for c in contenders})
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content",
        column_config={"Metric": st.column_config.TextColumn(pinned=True)},
        key="figures",
        alt="Metrics of the runs; a star marks the best",
    )
    st.caption("★ the best of these.")
