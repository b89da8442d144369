"""Studies trained by workers, in a process of its own.

python -m mnist_core.experiments.study_pool STUDY … --workers N | --scheduler ADDRESS
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_core import background, datasets, runs
from mnist_core.background import LOADING, Job, Note
from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import DRAWN
from mnist_core.experiments import studies, study_progress, worker_pool
from mnist_core.experiments.study_tasks import StudyTasks
from mnist_core.experiments.study_trials import Row, StudyTrial
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus


@dataclass(frozen=True)
class Pool:
    """A pool of workers, and the studies that it trains."""

    name: str
    studies: tuple[str, ...]
    active: bool  # whether the process that hands out the trials is there
    status: PoolStatus | None  # None before the first look at the workers
    problem: str | None  # one sentence, where it failed


def folder() -> Path:
    return runs.models_dir() / ".workers"


def name_of(names: Sequence[str]) -> str:
    """The name of the pool that trains these studies."""
    return "-".join(["study", *names])[:80]


def job(name: str) -> Job:
    """The job of a pool's process."""
    return Job.named(folder(), name)


def pools() -> list[Pool]:
    """Those at work, and those that failed and were not begun anew."""
    found = []
    for path in sorted(folder().glob("[!.]*.json")):
        status = job(path.stem).status()
        if status is None:
            continue
        asked = status.details.get("studies")
        if not isinstance(asked, list):
            continue  # it is somebody else's
        workers = PoolStatus.from_dict(status.details.get("workers"))
        found.append(
            Pool(path.stem, tuple(map(str, asked)), status.active, workers, status.problem)
        )
    return found


def start(names: Sequence[str], where: ClusterSpec) -> None:
    """Have studies trained in a process that outlives this one, unless one is at it.

    Raises:
        InputError: Dask is missing, or no process can be started.
    """
    worker_pool.check()
    job(name_of(names)).start(
        "experiments.study_pool", *names, *where.arguments, studies=list(names)
    )


def stop(name: str) -> None:
    """Ask a pool to begin nothing more; what it is at, it brings to an end.

    Raises:
        InputError: the request cannot be written.
    """
    job(name).ask_to_stop()


@contextlib.contextmanager
def at_work(names: Sequence[str]) -> Iterator[Note]:
    """Say that this process has these studies trained, and at its end why it could not."""
    folder().mkdir(parents=True, exist_ok=True)
    with job(name_of(names)).at_work(studies=list(names)) as note:
        yield note


@dataclass(frozen=True)
class Listeners:
    """Who wants to know how far a pool is."""

    on_status: Callable[[PoolStatus], None] = lambda _: None
    on_row: Callable[[Row], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False  # whether nothing more is to be begun


def train(
    names: Sequence[str],
    trials: Sequence[StudyTrial],
    where: ClusterSpec,
    fetch: Callable[[Sequence[StudyTrial]], None],
    listeners: Listeners | None = None,
) -> None:
    """Have workers train the trials that are not measured yet.

    Args:
        names: of the studies that they belong to.
        fetch: sees to it that the digits are at hand.

    Raises:
        InputError: Dask or a scheduler is missing, or as `cluster.run_all`.
    """
    worker_pool.check()
    from mnist_core.experiments import cluster

    listeners = listeners or Listeners()
    mine = job(name_of(names))
    with at_work(names) as note:
        note(LOADING)
        fetch(trials)

        def show(status: PoolStatus) -> None:
            listeners.on_status(status)
            note("training", workers=status.to_dict())

        def stopping() -> bool:
            return listeners.stopping() or mine.asked_to_stop() is not None

        with cluster.at(where) as address:
            cluster.run_all(address, StudyTasks(trials, listeners.on_row), show, stopping)


def fetch(
    trials: Sequence[StudyTrial],
    load: Callable[[str], object] = datasets.load,
    on_missing: Callable[[str], None] = lambda _: None,
) -> None:
    """Have the digits at hand that trials need.

    Args:
        load: loads a dataset by name.
        on_missing: called with a sentence where there are no drawn digits; they are left out.

    Raises:
        InputError: a dataset cannot be had.
    """
    if study_progress.progress(trials).measured == len(trials):
        return
    for name in dict.fromkeys(trial.recipe.dataset for trial in trials):
        load(name)
    if not datasets.at_hand(DRAWN):
        try:
            load(DRAWN)
        except InputError as error:
            on_missing(f"Without drawn digits: {error}")


def main(arguments: list[str]) -> int:
    """The process."""
    parser = argparse.ArgumentParser(prog="python -m mnist_core.experiments.study_pool")
    parser.add_argument("studies", nargs="+")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--scheduler")
    options = parser.parse_args(arguments)
    background.lower_priority()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    where = ClusterSpec(options.workers, options.scheduler)
    try:
        train(options.studies, studies.trials_of(options.studies), where, fetch)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
