"""Search architectures and hyperparameters."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import time
from typing import TYPE_CHECKING, Any

from mnist_core import recipes, runs
from mnist_core.cli.progress import ProgressLine, TrialsLine, interrupt_asks, load
from mnist_core.cli.terminal import PROGRAM, Commands, console, print_summary
from mnist_core.cli.workers import add_workers, where
from mnist_core.errors import InputError
from mnist_core.experiments import search, worker_pool
from mnist_core.networks.startup import start_tensorflow
from mnist_core.training import queue

if TYPE_CHECKING:
    from mnist_core.experiments.search import Search
    from mnist_core.experiments.searcher import TrialProgress
    from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus

SEVERAL = 4  # trials of a search at a time, on a cluster whose size is not known yet


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "search",
        help="search architectures and hyperparameters",
        description=(
            "Search architectures and hyperparameters by validation accuracy, or resume a "
            "search that was stopped or interrupted. Ctrl-C ends it; the same command resumes it. "
            "Test digits are read for the winner alone, once it has been trained."
        ),
    )
    command.set_defaults(command=run)
    command.add_argument("name", metavar="NAME", help="of the search, new or to be resumed")
    command.add_argument("--trials", metavar="N", type=int, help="in all (default: 20)")
    command.add_argument(
        "--winner", action="store_true", help="train the best trial into a run at the end"
    )
    add_workers(command)
    new = command.add_argument_group("settings of a new search")
    new.add_argument("--dataset", metavar="D", help="default: mnist")
    new.add_argument("--seed", metavar="S", type=int, help="default: 0")
    new.add_argument(
        "--at-a-time",
        metavar="K",
        type=int,
        help="trials that can be trained beside each other: each is chosen by all but the K "
        f"before it (default: as many as workers, {SEVERAL} with --scheduler, else 1)",
    )
    new.add_argument("--epochs", metavar="N", type=int, help="of each trial (default: 5)")
    new.add_argument(
        "--train-images", metavar="N", type=int, help="that each trial sees (default: all)"
    )
    new.add_argument(
        "--layers", metavar=("LOW", "HIGH"), type=int, nargs=2, help="hidden (default: 1 3)"
    )
    new.add_argument("--widths", metavar="N", type=int, nargs="+", help="of hidden layers")
    new.add_argument("--dropout", metavar=("LOW", "HIGH"), type=float, nargs=2)
    new.add_argument("--learning-rate", metavar=("LOW", "HIGH"), type=float, nargs=2)
    new.add_argument("--batch-sizes", metavar="N", type=int, nargs="+")
    for plural, choices in (
        ("activations", recipes.ACTIVATIONS),
        ("optimizers", tuple(recipes.OPTIMIZERS)),
        ("augmentations", tuple(recipes.AUGMENTED)),
        ("families", search.FAMILIES),
    ):
        new.add_argument(
            f"--{plural}", metavar=plural.upper()[:1], nargs="+", help=", ".join(choices)
        )


def run(options: argparse.Namespace) -> None:
    fields = {field.name for field in dataclasses.fields(search.Space)}
    asked: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in vars(options).items()
        if key in fields | {"dataset", "seed", "at_a_time"} and value is not None
    }
    space = {key: value for key, value in asked.items() if key in fields}
    if options.name in search.names():
        settings = search.state(options.name).settings
        known = {**vars(settings.space), **vars(settings)}
        for key, value in asked.items():
            if known[key] != value:
                raise InputError(
                    f"The search {options.name} has other settings ({key.replace('_', ' ')}): "
                    "leave them out to resume it, or give another name."
                )
        _more_trials(options)
    else:
        search.create(
            options.name,
            asked.get("dataset", "mnist"),
            20 if options.trials is None else options.trials,
            asked.get("seed", 0),
            search.Space(**space),
            asked.get("at_a_time", SEVERAL if options.scheduler else options.workers or 1),
        )
    found = search.state(options.name)
    if len(found.trials) < found.settings.trials:
        found = _run_trials(options.name, where(options))
    best = found.best
    if best is None:
        console.print("no trial ran to its end yet")
    else:
        console.print(f"best: trial {best.number}, validation accuracy {best.value:.2%}")
        for key, value in best.params.items():
            console.print(f"  {key.replace('_', ' ')} {_short(value)}")
    if found.activity != search.FINISHED:
        console.print(f"stopped: the same command resumes {found.name}")
    elif options.winner:
        print_summary(_follow(search.winner(options.name)))
    elif best is not None and found.winner is None:
        console.print(f"train it: {PROGRAM} search {found.name} --winner")


def _more_trials(options: argparse.Namespace) -> None:
    """Make an existing search longer, if that is asked for."""
    found = search.state(options.name)
    if options.trials is not None and options.trials != found.settings.trials:
        search.extend(options.name, options.trials)
    elif len(found.trials) >= found.settings.trials and not options.winner:
        search.extend(options.name)  # which says that there is nothing left to try


def _run_trials(name: str, pool: ClusterSpec | None) -> Search:
    """Run the trials that are left, with a live line for those under way and a line for each."""
    if pool is not None:
        worker_pool.check()
    load(search.state(name).settings.dataset)
    if pool is None:
        start_tensorflow()
    from mnist_core.experiments import searcher
    from mnist_core.experiments.searcher import Listeners

    # Every trial makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    search.job(name).stop_file.unlink(missing_ok=True)
    printed = {trial.number for trial in search.state(name).trials}

    def report_ended(found: Search) -> None:
        for trial in found.trials:
            if trial.number not in printed:
                printed.add(trial.number)
                value = "–" if trial.value is None else f"{trial.value:.2%}"
                console.print(
                    f"trial {trial.number}: {value}  {trial.state}, "
                    f"{runs.duration(trial.seconds or 0)}"
                    + (f"  {trial.note}" if trial.note else "")
                )

    if pool is not None:
        with TrialsLine() as line, interrupt_asks(lambda: search.stop(name)) as asked:

            def show_status(status: PoolStatus) -> None:
                report_ended(search.state(name))
                line.show_workers(status)

            found = searcher.run_search(name, pool, Listeners(on_status=show_status))
    else:
        with ProgressLine() as bar, interrupt_asks(lambda: search.stop(name)) as asked:

            def show_trial(step: TrialProgress) -> None:
                found = search.state(name)
                if step.trial - 1 not in printed:
                    report_ended(found)
                bar.show_trial(step, found)

            found = searcher.run_search(name, listeners=Listeners(show_trial))
    report_ended(found)
    if asked.is_set():
        console.print(f"the same command resumes {name}")
        raise KeyboardInterrupt
    return found


def _follow(run: runs.Run) -> runs.Run:
    """Wait for a run that trains in a process of its own, and show its progress."""
    with ProgressLine() as line:
        while run.active:
            status = runs.read_progress(run)
            if status.get("phase") == "training":
                line.show_status(status)
            queue.tend()
            time.sleep(0.3)
            run = runs.read(run.path)
    if not run.usable:
        raise InputError(run.problem or run.record.reason or f"{run.name} failed.")
    return run


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
