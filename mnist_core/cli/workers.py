"""By how many workers, and where, the trials of a command are trained."""

from __future__ import annotations

import argparse

from mnist_core.experiments import worker_pool
from mnist_core.experiments.worker_pool import ClusterSpec


def add_workers(command: argparse.ArgumentParser) -> None:
    group = command.add_mutually_exclusive_group()
    group.add_argument(
        "--workers",
        metavar="N",
        type=int,
        nargs="?",
        const=worker_pool.most(),
        help="train N trials at a time, each on its own cores (default: as many as cores and "
        "memory allow)",
    )
    group.add_argument(
        "--scheduler", metavar="ADDRESS", help="train on a Dask cluster, e.g. tcp://HOST:8786"
    )


def where(options: argparse.Namespace) -> ClusterSpec | None:
    """What was asked for; None where this machine trains one at a time."""
    return ClusterSpec.given(options.workers, options.scheduler)
