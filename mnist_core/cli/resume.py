"""Train a run that waits, or resume an interrupted one."""

from __future__ import annotations

import argparse

from mnist_core import runs
from mnist_core.cli.progress import Download, ProgressLine
from mnist_core.cli.terminal import Commands, print_summary
from mnist_core.experiments import study_trials
from mnist_core.training import trainer
from mnist_core.training.listeners import Listeners


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "resume", help="train a run that waits, or resume an interrupted one"
    )
    command.set_defaults(command=run)
    command.add_argument("run", metavar="RUN", help="name or directory of a run")


def run(options: argparse.Namespace) -> None:
    found = runs.read(options.run)
    with Download(found.dataset) as download, ProgressLine() as line:
        trained = trainer.train_waiting(found, Listeners(line.show, line.prepare), download.show)
    print_summary(trained)
    if trained.record.study:
        study_trials.gather()
