"""Train the runs that wait, one after another."""

from __future__ import annotations

import argparse

from mnist_core.cli.terminal import Commands
from mnist_core.training import queue_worker


def add(commands: Commands) -> None:
    command = commands.add_parser("work", help="train the runs that wait, one after another")
    command.set_defaults(command=run)


def run(_: argparse.Namespace) -> None:
    queue_worker.work()
