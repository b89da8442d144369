"""Write a run's report, one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path

from mnist_core import runs
from mnist_core.cli.terminal import Commands


def add(commands: Commands) -> None:
    command = commands.add_parser("report", help="write a run's report, one HTML file")
    command.set_defaults(command=run)
    command.add_argument("run", metavar="RUN", help="name or directory of a run")
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="default: RUN-report.html in this folder"
    )


def run(options: argparse.Namespace) -> None:
    from mnist_core import report

    reported = runs.read(options.run)
    name = f"{reported.name}-report.html"
    path = options.output or Path(name)
    if path.is_dir():
        path = path / name
    report.write(reported, path)
    print(path)
