"""The queue of training runs: submit, stop, discard, resume.

The run directories are the queue: whatever has the status `queued` waits, the oldest first.
One worker at a time (`queue_worker`) has one run after another trained, each in a process of its
own (`trainer`). Nobody has to be there meanwhile: the worker outlives the server, a trainer
outlives the worker, and whoever looks next (`tend`) starts a new worker where one is needed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import filelock
import msgspec

from mnist_core import background, limits, recipes, runs
from mnist_core.errors import InputError
from mnist_core.files import read_bounded, written_whole
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import transfer

LOCK, TURN, WORKER = ".worker.lock", ".training.lock", ".worker.json"
POLL_SECONDS = 0.2  # between two polls of a process or a lock
START_SECONDS_APART = 3.0  # between two workers that one process starts
_started = -START_SECONDS_APART


def submit(recipe: Recipe, dataset: str, seed: int = 0, name: str | None = None) -> Run:
    """Put a run at the end of the queue.

    Returns:
        The queued run; its directory says from now on how far it is.

    Raises:
        InputError: hyperparameters, layers or a name that cannot be used, too many runs that
            wait, a disk that is nearly full, or a folder that cannot be written to.
    """
    recipes.layer_table(recipe)
    transfer.check(recipe)
    recipes.check_seed(seed)
    before = [run for run in waiting() if run.record.study is None]
    limits.check_count(len(before), limits.MOST_WAITING, "runs wait", "take one out, or come later")
    run = runs.create(recipe, dataset, seed, name, order=_behind(before))
    tend()
    return run


def _behind(before: Sequence[Run]) -> int:
    """What sorts a run behind those that wait, also where the clock was put back."""
    return max([time.time_ns(), *(run.record.order + 1 for run in before)])


def waiting(among: Sequence[Run] | None = None) -> list[Run]:
    """The runs that wait, in the order in which they will be trained.

    Trials of studies come last: there may be hundreds, and nobody waits for a single one.

    Args:
        among: runs that were read already, trials with them; by default they are read now.
    """
    found = runs.all_runs(trials=True) if among is None else among
    queued = [run for run in found if run.problem is None and run.status == runs.QUEUED]
    return sorted(
        queued, key=lambda run: (run.record.study is not None, run.record.order, run.name)
    )


def current(among: Sequence[Run] | None = None) -> Run | None:
    """The run that is being trained, if there is one; `among` as for `waiting`."""
    found = runs.all_runs(trials=True) if among is None else among
    return next((run for run in found if run.training), None)


def stop(run: Run) -> None:
    """End a training run and keep its best weights so far; one that waits is taken out.

    Raises:
        InputError: the request cannot be written.
    """
    _ask(run, runs.KEEP)


def discard(run: Run) -> Path | None:
    """End a training run, or take it out of the queue, and delete it.

    Returns:
        Where a run that waited lies now, for `runs.restore`; one in training goes there as well,
        but only when it has ended.
    """
    return _ask(run, runs.DISCARD)


def _ask(run: Run, then: str) -> Path | None:
    run = runs.read(run.path)
    if run.status == runs.QUEUED and run.problem is None:
        return runs.delete(run)
    if run.training:
        # It may have ended, or somebody else may have discarded it, in this very moment.
        if run.path.is_dir():
            runs.ask_to_stop(run, then)
        tend()
    return None


def resume(run: Run) -> Run:
    """Put an interrupted run into the queue again; it resumes after its last whole epoch.

    Raises:
        InputError: it has no checkpoint.
    """
    run = runs.read(run.path)
    if run.active:
        return run
    if not run.resumable:
        raise InputError(f"The run {run.name} has no checkpoint to resume from: train it anew.")
    return _again(run)


def start_again(run: Run) -> Run:
    """Put a run that failed into the queue again; it begins with its first epoch.

    Raises:
        InputError: it has not failed, or was never trained here.
    """
    run = runs.read(run.path)
    if run.active:
        return run
    if not run.restartable:
        raise InputError(f"The run {run.name} cannot be started again: train its recipe anew.")
    with background.claim(runs.job(run.path).claim_file):
        for name in (runs.CHECKPOINT, runs.HISTORY_FILE, runs.LIVE_FILE, runs.EVALUATION_FILE):
            with contextlib.suppress(OSError):
                (run.path / name).unlink(missing_ok=True)
    return _again(run)


def _again(run: Run) -> Run:
    limits.check_disk(run.path)
    runs.job(run.path).stop_file.unlink(missing_ok=True)
    order = _behind(waiting())
    run = runs.change(run, status=runs.QUEUED, reason=None, finished=None, order=order)
    tend()
    return run


def tend(among: Sequence[Run] | None = None) -> bool:
    """See to it that a worker is there if one is needed; whether one was started.

    Args:
        among: as for `waiting`.
    """
    global _started
    # A run that can neither be trained nor marked as failed (a full disk) would otherwise start
    # a worker with every look.
    if time.monotonic() - _started < START_SECONDS_APART:
        return False
    if not _work_to_do(runs.all_runs(trials=True) if among is None else among):
        return False
    if _worker_is_there():
        return False
    _started = time.monotonic()
    background.start("training.queue_worker")
    return True


def _work_to_do(found: Sequence[Run]) -> bool:
    """Whether a run waits, or one that nobody watches is to be discarded."""
    return any(
        run.status == runs.QUEUED or runs.asked_to_stop(run.path) == runs.DISCARD
        for run in found
        if run.problem is None
    )


def worker_lock() -> filelock.FileLock:
    """What the one worker holds."""
    return filelock.FileLock(runs.models_dir() / LOCK)


def _worker_is_there() -> bool:
    try:
        with worker_lock().acquire(timeout=0):
            return False
    except filelock.Timeout:
        # One that somebody paused would hold up all; whatever it began goes on without it.
        if background.paused(worker := _worker()):
            background.kill(worker)
            return False
        return True
    except OSError:  # nothing can be written here, a worker could do nothing either
        return True


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """Be the one worker.

    Raises:
        filelock.Timeout: there is one.
    """
    with worker_lock().acquire(timeout=0):
        place = runs.models_dir() / WORKER
        with contextlib.suppress(InputError), written_whole(place, sync=False) as beside:
            beside.write_bytes(msgspec.json.encode(background.this_process()))
        runs.tidy()
        yield


def _worker() -> background.Process | None:
    """The process that is the worker, as it says."""
    with contextlib.suppress(OSError, ValueError):
        text = read_bounded(runs.models_dir() / WORKER, 1000)
        return msgspec.json.decode(text, type=background.Process)
    return None


def held_up() -> str | None:
    """Why no run is begun although some wait, as a sentence; None if nothing is wrong."""
    return limits.disk_problem(runs.models_dir())


@contextlib.contextmanager
def one_at_a_time(on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the right to train on this machine; who has it is waited for.

    Args:
        on_wait: called several times a second while somebody else has it; may raise.

    Raises:
        InputError: the folder of runs cannot be written to.
    """
    folder = runs.models_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / TURN)
        while True:
            try:
                lock.acquire(timeout=POLL_SECONDS)
                break
            except filelock.Timeout:
                on_wait()
    except OSError as error:
        raise InputError(
            f"Cannot write to {folder} ({error.strerror}): free some space."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def turn(run: Run) -> Iterator[Run]:
    """Hold the right to train a run that waits or was interrupted; others wait meanwhile.

    Raises:
        InputError: the run is broken, or has been trained already; another process trains it; or
            the disk is nearly full.
    """
    if run.problem:
        raise InputError(run.problem)
    with one_at_a_time(), background.claim(runs.job(run.path).claim_file):
        run = runs.read(run.path)  # it may have changed while we waited
        if run.problem:
            raise InputError(run.problem)
        if run.status != runs.QUEUED and not run.resumable:
            raise InputError(f"The run {run.name} is {run.status}: it needs no training.")
        limits.check_disk(run.path)
        yield runs.change(run, status=runs.RUNNING, process=background.this_process())
