"""Train a run that waits, or go on with an interrupted one."""

from __future__ import annotations

import argparse
import functools

from mnist_core import runs
from mnist_core.cli.progress import ProgressLine, load
from mnist_core.cli.terminal import Commands, print_summary, start_tensorflow
from mnist_core.experiments import trials
from mnist_core.training import queue


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "resume", help="train a run that waits, or go on with an interrupted one"
    )
    command.set_defaults(command=run)
    command.add_argument("run", metavar="RUN", help="name or directory of a run")


def run(options: argparse.Namespace) -> None:
    with queue.turn(runs.read(options.run)) as waiting, ProgressLine() as line:
        path = waiting.path
        dataset = load(
            waiting.info["dataset"]["name"],
            lambda share: runs.write_progress(path, {"phase": "downloading", "share": share}),
        )
        start_tensorflow()
        from mnist_core.training import loop

        measure = None
        if waiting.study:
            measure = functools.partial(
                trials.measure, dataset=dataset, recipe=waiting.recipe, seed=waiting.info["seed"]
            )
        trained = loop.carry_out(
            waiting, dataset, line.show, on_preparation=line.prepare, measure=measure
        )
    print_summary(trained)
    if trained.study:
        trials.gather()
