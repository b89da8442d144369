"""List the runs."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from mnist_core import runs
from mnist_core.cli.terminal import Commands


def add(commands: Commands) -> None:
    command = commands.add_parser("runs", help="list the runs")
    command.set_defaults(command=run)


def run(_: argparse.Namespace) -> None:
    table = Table("run", "recipe", "dataset", "parameters", "test accuracy", "status", box=None)
    for found in runs.all_runs():
        if found.problem:
            table.add_row(found.name, "", "", "", "", f"broken: {found.problem}")
            continue
        record, accuracy = found.record, found.metrics.test_accuracy
        table.add_row(
            found.name,
            found.recipe.name,
            found.dataset,
            "" if record.parameters is None else f"{record.parameters:,}",
            f"{accuracy:.2%}" if accuracy is not None else "",
            found.status,
        )
    # As wide as it has to be: names are there to be copied whole.
    Console(highlight=False, markup=False, width=500).print(table)
