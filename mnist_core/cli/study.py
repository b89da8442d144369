"""Measure what one choice does to accuracy, over several seeds."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Sequence

from rich.table import Table

from mnist_core import datasets
from mnist_core.cli.progress import TrialsLine, interrupt_asks, load
from mnist_core.cli.terminal import PROGRAM, Commands, console
from mnist_core.cli.workers import add_workers
from mnist_core.errors import InputError
from mnist_core.experiments import studies, trials, worker_pool


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
    wanted = studies.wanted(options.studies, options.seeds)
    here = options.scheduler is None and options.workers is None
    if not here:
        worker_pool.check()
    try:
        if here:
            _fetch(wanted)
            trials.submit(wanted)
        else:
            at = options.studies or list(studies.STUDIES)
            with worker_pool.noted(worker_pool.name_of("study", at), at) as crew:
                _fetch(wanted)
                _train_by_workers(options.scheduler, options.workers, wanted, crew)
        with TrialsLine() as line:
            state = trials.follow(wanted, line.show)
    except KeyboardInterrupt:
        trials.stop(wanted)
        if here:
            console.print("No further trials wait in the queue; one in training ends by itself.")
        console.print(f"Go on with: {PROGRAM} {shlex.join(options.arguments)}")
        raise
    rows = trials.read()
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
            + "".join(f"; {trials.why(run)}" for run in state.failed[:1])
            + f" Try them again with: {PROGRAM} {shlex.join(options.arguments)}"
        )


def _fetch(wanted: Sequence[trials.Trial]) -> None:
    """Have the digits at hand that trials need."""
    if trials.look(wanted).measured < len(wanted):
        for name in dict.fromkeys(trial.recipe.dataset for trial in wanted):
            load(name)
        try:
            if not datasets.at_hand(trials.DRAWN):
                load(trials.DRAWN)
        except InputError as error:
            console.print(f"Without drawn digits: {error}")


def _train_by_workers(
    scheduler: str | None,
    count: int | None,
    wanted: Sequence[trials.Trial],
    crew: worker_pool.Noted,
) -> None:
    from mnist_core.experiments import cluster

    def stop() -> None:
        console.print(
            "No further trials are begun; those in training are waited for. Ctrl-C again leaves "
            "them."
        )

    with contextlib.ExitStack() as stack:
        if scheduler is None:
            scheduler = stack.enter_context(cluster.local(count or 0))
        line = stack.enter_context(TrialsLine())
        asked = stack.enter_context(interrupt_asks(stop))

        def show(look: worker_pool.Look) -> None:
            line.show_workers(look)
            crew.tell(look)

        work = trials.ForWorkers(wanted, line.show_row)
        cluster.carry_out_all(scheduler, work, show, lambda: asked.is_set() or crew.asked_to_stop())
    if asked.is_set():
        raise KeyboardInterrupt
