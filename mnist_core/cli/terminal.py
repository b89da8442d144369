"""What all commands share: the terminal, TensorFlow's quiet start, a run's summary."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mnist_core import runs

# To what each command adds itself.
Commands = argparse._SubParsersAction

PROGRAM = "mnist-canvas" if Path(sys.argv[0]).stem == "mnist-canvas" else "python -m mnist_core"
console = Console(highlight=False, markup=False)


def start_tensorflow() -> None:
    """Import TensorFlow without its start-up notices, which no setting turns off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def print_summary(run: runs.Run) -> None:
    table = Table(show_header=False, box=None)
    for label, value in runs.summary(run).items():
        table.add_row(label, value)
    console.print(table)


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
