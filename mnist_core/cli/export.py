"""Write a run's network in another format."""

from __future__ import annotations

import argparse
from pathlib import Path

from mnist_core import runs
from mnist_core.cli.terminal import Commands
from mnist_core.networks.startup import start_tensorflow


def add(commands: Commands) -> None:
    command = commands.add_parser("export", help="write a run's network in another format")
    command.set_defaults(command=run)
    command.add_argument("run", metavar="RUN", help="name or directory of a run")
    command.add_argument("file", metavar="FILE", type=Path, help="ends in .keras, .h5 or .tflite")


def run(options: argparse.Namespace) -> None:
    start_tensorflow()
    from mnist_core.networks import formats

    formats.export(runs.read(options.run), options.file)
