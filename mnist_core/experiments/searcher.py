"""The process that runs the trials that a search has left.

    python -m mnist_core.experiments.searcher NAME [--workers N | --scheduler ADDRESS]

Without workers it trains one trial after another itself, and takes turns with the queue: one
trains at a time. It reads training digits alone, of which a part is for validation.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnist_core import background, datasets
from mnist_core.background import LOADING, WAITING, Note, Stopped
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.experiments import search, search_storage
from mnist_core.experiments.search import SEARCHING, Search
from mnist_core.experiments.search_storage import Settings
from mnist_core.experiments.search_tasks import SearchTasks
from mnist_core.experiments.search_trials import TrialQueue, in_a_sentence, run_trial
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus
from mnist_core.networks.startup import start_tensorflow
from mnist_core.training import queue

if TYPE_CHECKING:
    import optuna

    from mnist_core.training.listeners import Progress

QUEUE_SECONDS = 20.0  # to let a run that waits begin

Load = Callable[[str], Dataset]


@dataclass(frozen=True)
class TrialProgress:
    """How far the trial under way is: its number, from 1, and the share of it that is done."""

    trial: int
    share: float  # 0 to 1
    epoch: int
    accuracy: float  # on the training digits, in this epoch


@dataclass(frozen=True)
class Listeners:
    """Who wants to know how far a search is."""

    on_trial: Callable[[TrialProgress], None] | None = None  # while this process trains a trial
    on_status: Callable[[PoolStatus], None] | None = None  # while workers train


def run_search(
    name: str,
    where: ClusterSpec | None = None,
    listeners: Listeners | None = None,
    load: Load | None = None,
) -> Search:
    """Run the trials that are left.

    Args:
        where: the workers that train the trials; by default this process does.
        load: gives the digits, by the name of their dataset.

    Returns:
        The search at its end, or where somebody asked it to stop.

    Raises:
        InputError: another process is at it, the digits are not those that it began with, or
            a file cannot be read or written. What was tried until then is kept.
    """
    search.state(name)
    listeners = listeners or Listeners()
    with search_storage.only_one(name), _at_work(name) as note:
        note(LOADING)
        path = search_storage.file_of(name)
        with search_storage.opened(path, patience=30) as study:
            settings = search_storage.settings_of(study)
            digits = (load or functools.partial(_load, note))(settings.dataset)
            _check_digits(study, settings, digits)
            if where is not None:
                _train_by_workers(name, SearchTasks(study, settings), note, where, listeners)
            else:
                start_tensorflow()
                _train_here(name, TrialQueue(study, settings), settings, digits, note, listeners)
    return search.state(name)


@contextlib.contextmanager
def _at_work(name: str) -> Iterator[Note]:
    """Say how far it is; what goes wrong with files and memory is said in a sentence."""
    with search_storage.job(name).at_work() as note:
        try:
            yield note
        except (OSError, MemoryError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(in_a_sentence(error)) from error


def _load(note: Note, dataset: str) -> Dataset:
    """Load the digits; a download is told of."""
    return datasets.load(dataset, lambda done, total: note(LOADING, done, total or 0))


def _train_here(
    name: str,
    trials: TrialQueue,
    settings: Settings,
    digits: Dataset,
    note: Note,
    listeners: Listeners,
) -> None:
    """Train one trial after another in this process."""

    def end_if_asked() -> None:
        if search.asked_to_stop(name):
            raise Stopped

    while (number := trials.next()) is not None:
        note(WAITING)
        _let_runs_begin(end_if_asked)
        with queue.one_at_a_time(on_wait=end_if_asked):
            end_if_asked()
            note(SEARCHING)

            def report(progress: Progress, number: int = number) -> None:
                share = (progress.epoch - 1 + progress.step / progress.steps) / progress.epochs
                note(SEARCHING, share, 1)
                if listeners.on_trial:
                    listeners.on_trial(
                        TrialProgress(number, share, progress.epoch, progress.accuracy)
                    )
                end_if_asked()

            trials.add(number, run_trial(settings, number, trials.before(number), digits, report))


def _let_runs_begin(end_if_asked: Callable[[], None]) -> None:
    """Wait until a run that waits has begun; it holds the turn then, and we come after."""
    until = time.monotonic() + QUEUE_SECONDS
    waiting = next((run.name for run in queue.waiting()), None)
    while waiting and time.monotonic() < until:
        queue.tend()
        end_if_asked()
        time.sleep(queue.POLL_SECONDS)
        if waiting not in [run.name for run in queue.waiting()]:
            return


def _train_by_workers(
    name: str, tasks: SearchTasks, note: Note, where: ClusterSpec, listeners: Listeners
) -> None:
    """Have workers train the trials."""
    from mnist_core.experiments import cluster

    def show(status: PoolStatus) -> None:
        note(SEARCHING, workers=status.to_dict())
        if listeners.on_status:
            listeners.on_status(status)

    note(WAITING)
    with cluster.at(where) as address:
        cluster.run_all(address, tasks, show, lambda: search.asked_to_stop(name))


def _check_digits(study: optuna.Study, settings: Settings, digits: Dataset) -> None:
    """Refuse to resume with other training digits than those of the trials until now."""
    digest = hashlib.sha256()
    for array in (digits.x_train, digits.y_train):
        digest.update(np.ascontiguousarray(array).data)
    known = study.user_attrs.get("training_digits")
    if known is None:
        study.set_user_attr("training_digits", digest.hexdigest())
    elif known != digest.hexdigest():
        raise InputError(
            f"The digits of {settings.dataset} are not those that this search began with: start "
            "a new search."
        )


def main(arguments: list[str]) -> int:
    """The process."""
    parser = argparse.ArgumentParser(prog="python -m mnist_core.experiments.searcher")
    parser.add_argument("name")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--scheduler")
    options = parser.parse_args(arguments)
    background.lower_priority()
    # Every trial makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        run_search(options.name, ClusterSpec.given(options.workers, options.scheduler))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
