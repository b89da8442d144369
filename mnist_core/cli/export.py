"""Write a run's network in another format, or within the page that reads with it."""

from __future__ import annotations

import argparse
from pathlib import Path

from mnist_core import pocket, runs
from mnist_core.cli.terminal import Commands
from mnist_core.networks.startup import start_tensorflow


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "export", help="write a run's network in another format, or a page that reads with it"
    )
    command.set_defaults(command=run)
    command.add_argument("run", metavar="RUN", help="name or directory of a run")
    command.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="ends in .keras, .h5 or .tflite; or in .html: a page to draw on, whole in one file",
    )


def run(options: argparse.Namespace) -> None:
    if options.file.suffix == ".html":
        pocket.export(runs.read(options.run), options.file)
        return
    start_tensorflow()
    from mnist_core.networks import formats

    formats.export(runs.read(options.run), options.file)
