"""Measure what one choice does to accuracy, over several seeds."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence

from rich.table import Table

from mnist_core.cli.progress import TrialsLine, interrupt_asks, load
from mnist_core.cli.terminal import PROGRAM, Commands, console
from mnist_core.cli.workers import add_workers, where
from mnist_core.errors import InputError
from mnist_core.experiments import studies, study_pool, study_progress, study_trials, worker_pool
from mnist_core.experiments.study_trials import StudyTrial
from mnist_core.experiments.worker_pool import ClusterSpec


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "study", help="measure what one choice does to accuracy, over several seeds"
    )
    command.set_defaults(command=run)
    command.add_argument(
        "studies", metavar="STUDY", nargs="*", help=f"{', '.join(studies.STUDIES)} (default: all)"
    )
    command.add_argument(
        "--seeds", metavar="N", type=int, default=studies.SEEDS, help="default: %(default)s"
    )
    add_workers(command)


def run(options: argparse.Namespace) -> None:
    trials = studies.trials_of(options.studies, options.seeds)
    pool = where(options)
    if pool is not None:
        worker_pool.check()
    try:
        if pool is None:
            _fetch(trials)
            study_trials.submit(trials)
        else:
            _train_by_workers(options.studies or list(studies.STUDIES), trials, pool)
        with TrialsLine() as line:
            state = study_progress.follow(trials, line.show)
    except KeyboardInterrupt:
        study_trials.stop(trials)
        if pool is None:
            console.print("No further trials wait in the queue; one in training ends by itself.")
        console.print(f"Resume with: {PROGRAM} {shlex.join(options.arguments)}")
        raise
    rows = study_trials.read()
    for name in options.studies or studies.STUDIES:
        study = studies.STUDIES[name]
        table = Table(study.title, "seeds", "test accuracy", "drawn digits", box=None)
        for value in study.values:
            test, drawn = (study.summary(rows, value, f) for f in (studies.TEST, studies.DRAWN))
            table.add_row(value, str(test.seeds), str(test), str(drawn))
        console.print(table)
        console.print(studies.conclusion(study, rows).replace("**", "") + "\n")
    if state.measured < state.total:
        raise InputError(
            f"{state.total - state.measured} of {state.total} trials are not measured"
            + "".join(f"; {study_trials.why(run)}" for run in state.failed[:1])
            + f" Try them again with: {PROGRAM} {shlex.join(options.arguments)}"
        )


def _fetch(trials: Sequence[StudyTrial]) -> None:
    """Have the digits at hand that trials need."""
    study_pool.fetch(trials, load, console.print)


def _train_by_workers(
    names: Sequence[str], trials: Sequence[StudyTrial], where: ClusterSpec
) -> None:
    def stop() -> None:
        console.print(
            "No further trials are begun; those in training are waited for. Ctrl-C again leaves "
            "them."
        )

    with TrialsLine() as line, interrupt_asks(stop) as asked:
        listeners = study_pool.Listeners(line.show_workers, line.show_row, asked.is_set)
        study_pool.train(names, trials, where, _fetch, listeners)
    if asked.is_set():
        raise KeyboardInterrupt
