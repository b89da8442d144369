"""By how many workers, and where, the trials of a command are trained."""

from __future__ import annotations

import argparse

from mnist_core.experiments import worker_pool


def add_workers(command: argparse.ArgumentParser) -> None:
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--workers",
        metavar="N",
        type=int,
        nargs="?",
        const=worker_pool.most(),
        help="train N trials at a time, each on its own cores (default: as many as cores and "
        "memory allow)",
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="train on a Dask cluster, e.g. tcp://HOST:8786"
    )
