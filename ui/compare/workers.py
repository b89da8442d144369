"""Who trains several trainings: asked for, and shown at work."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnist_core.experiments import worker_pool
from mnist_core.experiments.worker_pool import Look

ONE, CLUSTER = "This machine, one at a time", "A Dask cluster"


def ask(key: str, most: int | None = None) -> list[str]:
    """Let the visitor choose who trains.

    Args:
        most: how many there can be at a time.

    Returns:
        As the command line takes it: nothing, `--workers N` or `--scheduler ADDRESS`.
    """
    here = {ONE: 1}
    choices = [ONE]
    if worker_pool.available():
        for count in range(2, min(worker_pool.most(), most or worker_pool.most()) + 1):
            here[f"This machine, {count} at a time"] = count
        choices = [*here, CLUSTER]
    by = st.selectbox(
        "Trained by",
        choices,
        key=f"{key}_by",
        help="Several at a time share the processors."
        if worker_pool.available()
        else worker_pool.MISSING,
    )
    if by == CLUSTER:
        address = st.text_input("Scheduler", placeholder="tcp://HOST:8786", key=f"{key}_scheduler")
        return ["--scheduler", address.strip()]
    return [] if by == ONE else ["--workers", str(here[by])]


def missing(by: list[str]) -> bool:
    """Whether the address of a scheduler is still to be given."""
    return by == ["--scheduler", ""]


def in_words(look: Look) -> str:
    """How many workers there are, or what is wrong with them."""
    return look.note or f"{len(look.workers)} worker{'s' * (len(look.workers) != 1)}"


def show(look: Look) -> None:
    """A line for each worker."""
    if look.workers:
        lines = [
            {"Worker": address, "Trains": "; ".join(tasks) or "–"}
            for address, tasks in look.workers.items()
        ]
        st.dataframe(
            pd.DataFrame(lines), hide_index=True, key="workers", alt="What each worker trains now"
        )
