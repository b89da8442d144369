"""Train the documents' recipes over several seeds, into a table."""

from __future__ import annotations

import argparse
import contextlib
import logging
from typing import TYPE_CHECKING

from rich.table import Table

from mnist_core import recipes
from mnist_core.cli.progress import ProgressLine, load
from mnist_core.cli.terminal import Commands, console
from mnist_core.networks.startup import start_tensorflow

if TYPE_CHECKING:
    from mnist_core.training.listeners import Progress


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "reproduce", help="train the documents' recipes over several seeds, into a table"
    )
    command.set_defaults(command=run)
    command.add_argument(
        "recipes", metavar="RECIPE", nargs="*", help="default: all that documents report"
    )
    command.add_argument("--seeds", metavar="N", type=int, default=3, help="default: 3")


def run(options: argparse.Namespace) -> None:
    from mnist_core.experiments import reproductions
    from mnist_core.experiments.reproductions import Row

    names = options.recipes or list(reproductions.REPORTED)
    for recipe in [recipes.get(name) for name in names]:
        load(recipe.dataset)
    load(reproductions.DRAWN)
    start_tensorflow()
    # Every run makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    with contextlib.ExitStack() as lines:
        line: ProgressLine | None = None

        def start(name: str, seed: int) -> None:
            nonlocal line
            console.print(f"{name}, seed {seed}")
            line = lines.enter_context(ProgressLine())

        def show(progress: Progress) -> None:
            assert line is not None
            line.show(progress)

        def end(row: Row) -> None:
            lines.close()
            console.print(
                f"  test accuracy {row.test_accuracy:.2%}, on drawn digits "
                f"{row.drawn_accuracy:.2%}, in {row.seconds:,.0f} s"
            )

        rows = reproductions.reproduce(names, options.seeds, reproductions.TABLE, start, show, end)
    table = Table("recipe", "seeds", "test accuracy", "drawn digits", box=None)
    for name in dict.fromkeys(names):
        test = reproductions.summary(rows, name, "test_accuracy")
        drawn = reproductions.summary(rows, name, "drawn_accuracy")
        table.add_row(name, str(test.seeds), str(test), str(drawn))
    console.print(table)
