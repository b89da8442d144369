"""What all commands share: the terminal, TensorFlow's quiet start, a run's summary."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mnist_core import runs

# To what each command adds itself.
Commands = argparse._SubParsersAction

PROGRAM = "mnist-canvas" if Path(sys.argv[0]).stem == "mnist-canvas" else "python -m mnist_core"
console = Console(highlight=False, markup=False)


def print_summary(run: runs.Run) -> None:
    table = Table(show_header=False, box=None)
    for label, value in runs.summary(run).items():
        table.add_row(label, value)
    console.print(table)


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
