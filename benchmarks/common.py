"""What the benchmarks share: the checkout on the path, and a table.

A benchmark runs alone, from anywhere: `python benchmarks/predict.py`.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, ready for a page of docs/."""
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def need(name: str) -> None:
    """Leave with one sentence if a dataset is not on this machine."""
    from mnist_core import datasets

    if not datasets.at_hand(name):
        sys.exit(datasets.missing(name))


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """The median time of a call, after three that do not count."""
    import statistics
    import time

    for _ in range(3):
        call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
