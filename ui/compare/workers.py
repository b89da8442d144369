"""The workers that train: asked for, and shown at work."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnist_core.experiments import worker_pool
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus
from ui import say

ONE, CLUSTER = "This machine, one at a time", "A Dask cluster"
HELP = (
    "Several at a time share the processors. A Dask cluster is offered where the server was "
    f"started with {worker_pool.SCHEDULER}; whoever reaches its scheduler can run programs on its "
    "workers and on this machine."
)


def ask(key: str, most: int | None = None) -> ClusterSpec | None:
    """Let the visitor choose who trains.

    Args:
        most: how many there can be at a time.

    Returns:
        The workers; None if this machine is to train one at a time.
    """
    here = {ONE: 1}
    choices = [ONE]
    cluster = worker_pool.configured_scheduler()
    if worker_pool.available():
        for count in range(2, min(worker_pool.most(), most or worker_pool.most()) + 1):
            here[f"This machine, {count} at a time"] = count
        choices = [*here, CLUSTER] if cluster else list(here)
    by = st.selectbox(
        "Trained by",
        choices,
        key=f"{key}_by",
        help=HELP if worker_pool.available() else worker_pool.MISSING,
    )
    if cluster and by == CLUSTER:
        return ClusterSpec(scheduler=cluster)
    return None if by == ONE else ClusterSpec(here[by])


def in_words(status: PoolStatus) -> str:
    """How many workers there are, or what is wrong with them."""
    return (
        say.plain(status.note) or f"{len(status.workers)} worker{'s' * (len(status.workers) != 1)}"
    )


def show(status: PoolStatus) -> None:
    """A line for each worker."""
    if status.workers:
        lines = [
            {"Worker": address, "Trains": "; ".join(tasks) or "–"}
            for address, tasks in status.workers.items()
        ]
        st.dataframe(
            pd.DataFrame(lines), hide_index=True, key="workers", alt="What each worker trains now"
        )
