"""Average several runs into a new run."""

from __future__ import annotations

import argparse
import logging

from rich.table import Table

from mnist_core import runs
from mnist_core.cli.terminal import Commands, console, print_summary
from mnist_core.networks.startup import start_tensorflow


def add(commands: Commands) -> None:
    command = commands.add_parser("ensemble", help="average several runs into a new run")
    command.set_defaults(command=run)
    command.add_argument("name", metavar="NAME", help="of the new run")
    command.add_argument("runs", metavar="RUN", nargs="+", help="names or directories of runs")


def run(options: argparse.Namespace) -> None:
    from mnist_core.evaluation import comparison
    from mnist_core.training import ensembles

    members = [runs.read(name) for name in options.runs]
    ensembles.check(members)
    start_tensorflow()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each member makes a graph
    average = ensembles.create(options.name, members)
    print_summary(average)
    found = [comparison.contender(one, comparison.measure(one)) for one in (*members, average)]
    table = Table("run", *(metric.title for metric in comparison.GAIN_AND_COST), box=None)
    for contender in found:
        values = [(f, contender.metrics.get(f.key)) for f in comparison.GAIN_AND_COST]
        table.add_row(contender.name, *("–" if v is None else f.write(v) for f, v in values))
    console.print(table)
    console.print(comparison.gain(found[-1], found[:-1]))
