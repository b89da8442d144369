"""Training in processes of its own: a queue, its worker, and the requests to stop.

The run directories are the queue: whatever has the status `queued` waits, the oldest first.
One worker at a time, told by a lock on a file, starts a training process for each and waits
for it. Nobody has to be there meanwhile: the worker outlives the server, a training outlives
the worker, and whoever looks next (`tend`) starts a new worker where one is needed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import filelock
import psutil

from mnist_core import background, recipes, runs
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import transfer

LOCK, TURN = ".worker.lock", ".training.lock"
LOOK_SECONDS = 0.2  # how often the worker looks after its training
START_SECONDS_APART = 3.0  # between two workers that one process starts
_started = -START_SECONDS_APART


def submit(recipe: Recipe, dataset: str, seed: int = 0, name: str | None = None) -> Run:
    """Put a training at the end of the queue.

    Returns:
        The queued run; its directory says from now on how far it is.

    Raises:
        InputError: hyperparameters, layers or a name that cannot be used, or a folder that
            cannot be written to.
    """
    recipes.layer_table(recipe)
    transfer.check(recipe)
    recipes.check_seed(seed)
    run = runs.create(recipe, dataset, seed, name)
    tend()
    return run


def waiting() -> list[Run]:
    """The runs that wait, in the order in which they will be trained.

    Trials of studies come last: there may be hundreds, and nobody waits for a single one.
    """
    found = runs.all_runs(trials=True)
    waiting = [run for run in found if run.problem is None and run.status == runs.QUEUED]
    return sorted(waiting, key=lambda run: (bool(run.study), run.info.get("order", 0), run.name))


def current() -> Run | None:
    """The run that is being trained, if there is one."""
    return next((run for run in runs.all_runs(trials=True) if _in_training(run)), None)


def _in_training(run: Run) -> bool:
    return run.problem is None and run.status == runs.RUNNING


def stop(run: Run) -> None:
    """End a training and keep its best weights so far; a run that waits is taken out.

    Raises:
        InputError: the request cannot be written.
    """
    _ask(run, runs.KEEP)


def discard(run: Run) -> None:
    """End a training, or take a run out of the queue, and delete it."""
    _ask(run, runs.DISCARD)


def _ask(run: Run, then: str) -> None:
    run = runs.read(run.path)
    if run.status == runs.QUEUED and run.problem is None:
        runs.delete(run)
    elif _in_training(run):
        # It may have ended, or somebody else may have discarded it, in this very moment.
        if run.path.is_dir():
            runs.ask_to_stop(run, then)
        tend()


def resume(run: Run) -> Run:
    """Put an interrupted run into the queue again; it goes on after its last whole epoch.

    Raises:
        InputError: there is nothing that it could go on from.
    """
    run = runs.read(run.path)
    if run.active:
        return run
    if not run.resumable:
        raise InputError(f"The run {run.name} has no checkpoint to go on from: train it anew.")
    (run.path / "stop").unlink(missing_ok=True)
    run = runs.change(run, status=runs.QUEUED, reason=None, finished=None, order=time.time_ns())
    tend()
    return run


def tend() -> bool:
    """See to it that a worker is there if one is needed; whether one was started."""
    global _started
    # A run that can neither be trained nor marked as failed (a full disk) would otherwise start
    # a worker with every look.
    if time.monotonic() - _started < START_SECONDS_APART:
        return False
    if not _work_to_do() or _worker_is_there():
        return False
    _started = time.monotonic()
    with open(os.devnull) as nothing:  # noqa: PTH123
        subprocess.Popen(
            [sys.executable, "-m", "mnist_core", "work"],
            cwd=background.PROJECT,
            env=background.environment(),
            stdin=nothing,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it goes on when the server is stopped
        )
    return True


def _work_to_do() -> bool:
    """Whether a run waits, or one that nobody watches is to be discarded."""
    return any(
        run.status == runs.QUEUED or runs.asked_to_stop(run.path) == runs.DISCARD
        for run in runs.all_runs(trials=True)
        if run.problem is None
    )


def _lock() -> filelock.FileLock:
    return filelock.FileLock(runs.models_dir() / LOCK)


def _worker_is_there() -> bool:
    try:
        with _lock().acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # nothing can be written here, a worker could do nothing either
        return True


def work() -> None:
    """Train what waits, one run after another, until nothing waits any more.

    Returns at once if another worker is at it.
    """
    with contextlib.suppress(psutil.Error, OSError):
        # Whoever draws meanwhile comes first; a training has what is left of the machine.
        psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10))
    tried: set[tuple[str, int]] = set()  # what cannot even be marked as failed is left alone
    while True:
        try:
            with _lock().acquire(timeout=0):
                while _work_once(tried):
                    pass
        except filelock.Timeout:
            return
        # Something may have come after the last look, while the lock was still held.
        if not _next(tried):
            return


def _next(tried: set[tuple[str, int]]) -> Run | None:
    return next((run for run in waiting() if _key(run) not in tried), None)


def _key(run: Run) -> tuple[str, int]:
    return run.name, run.info.get("order", 0)


def _work_once(tried: set[tuple[str, int]]) -> bool:
    """Wait for a training that is under way, or train the next run; False if there is none."""
    for ended in runs.all_runs(trials=True):  # a training may end before it hears of the request
        if not _in_training(ended) and runs.asked_to_stop(ended.path) == runs.DISCARD:
            _remove(ended)
    under_way = current()
    if under_way is not None:  # it outlived the worker that started it
        if runs.asked_to_stop(under_way.path) == runs.DISCARD:
            _kill(under_way)
            _remove(under_way)
        time.sleep(LOOK_SECONDS)
        return True
    run = _next(tried)
    if run is None:
        return False
    tried.add(_key(run))
    _train(run)
    return True


@contextlib.contextmanager
def turn(run: Run) -> Iterator[Run]:
    """Hold the right to train a run that waits or was interrupted; others wait meanwhile.

    Raises:
        InputError: the run is broken, or has been trained already.
    """
    try:
        with filelock.FileLock(run.path.parent / TURN):
            run = runs.read(run.path)  # it may have changed while we waited
            if run.problem:
                raise InputError(run.problem)
            if run.status != runs.QUEUED and not run.resumable:
                raise InputError(f"The run {run.name} is {run.status}: it needs no training.")
            yield runs.change(run, status=runs.RUNNING, process=background.this_process())
    except OSError as error:
        raise InputError(
            f"Cannot write to {run.path.parent} ({error.strerror}): free some space."
        ) from error


def _train(run: Run) -> None:
    """Train a run in a process of its own, and say how it ended if it cannot."""
    try:
        with (run.path / "log.txt").open("a", encoding="utf-8") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "mnist_core", "resume", str(run.path.resolve())],
                cwd=background.PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError:  # deleted in this very moment, or no room for a process
        return
    while child.poll() is None:
        if runs.asked_to_stop(run.path) == runs.DISCARD:
            child.kill()
            child.wait()
            _remove(run)
            return
        time.sleep(LOOK_SECONDS)
    if runs.asked_to_stop(run.path) == runs.DISCARD:
        _remove(run)
        return
    after = runs.read(run.path)
    # What is on the disk, not what `read` makes of a run whose process is gone.
    if run.path.is_dir() and "finished" not in after.info:
        reason = why(child.returncode, after)
        with contextlib.suppress(InputError, OSError, ValueError):
            runs.log(run.path, f"failed: {reason}")
            runs.change(run, status=runs.FAILED, reason=reason, finished=runs.now(), process=None)


def why(code: int, run: Run) -> str:
    """Why a training process ended that does not say so itself, as a sentence."""
    return why_ended(code, runs.log_end(run, 1))


def why_ended(code: int, log: str) -> str:
    """Why a process ended, by its exit status and what it said."""
    if code < 0:
        name = signal.Signals(-code).name
        more = ": the machine may have run out of memory" if name == "SIGKILL" else ""
        return f"The training process was killed ({name}){more}."
    last = (log.strip().splitlines() or [""])[-1].removeprefix("error: ")
    return last or f"The training process ended with exit status {code}."


def _kill(run: Run) -> None:
    process = run.info.get("process") or {}
    with contextlib.suppress(psutil.Error, KeyError, TypeError):
        found = psutil.Process(process["pid"])
        if abs(found.create_time() - process["created"]) < 1:
            found.kill()
            found.wait(10)


def _remove(run: Run) -> None:
    with contextlib.suppress(InputError):
        runs.delete(runs.read(run.path))


# --- how long it will take -----------------------------------------------------------

# Seconds on two cores: for a batch, for an image, and for a million multiplications.
BATCH_SECONDS, IMAGE_SECONDS, WORK_SECONDS = 2.5e-4, 5e-6, 3.0e-5
AUGMENTATION_SECONDS, STROKE_SECONDS, START_SECONDS = 2.5e-5, 9e-4, 5.0
STEPS_OF_A_SEQUENCE = 28  # a recurrent layer goes through the rows one after another


def estimate(recipe: Recipe, images: int, pens: int = 0) -> float:
    """About how many seconds a training will take on this machine.

    It starts from what was measured on two cores and corrects itself by how long the runs
    that were trained here took.

    Args:
        images: training digits, validation left out.
        pens: how many of them have strokes, of which `recipe.renderings` are drawn.

    Raises:
        InputError: layers that do not fit.
    """
    ratios = []
    for run in runs.all_runs():
        if run.problem is None and run.status == runs.FINISHED and not runs.is_shipped(run):
            rows = runs.read_history(run)[1:]  # the first epoch includes the making of the graph
            if rows and "images" in run.info:
                with contextlib.suppress(InputError):
                    expected = _epoch_seconds(run.recipe, int(run.info["images"]))
                    ratios.append(sum(row["seconds"] for row in rows) / len(rows) / expected)
    pace = sorted(ratios[:9])[len(ratios[:9]) // 2] if ratios else 1.0
    drawn = images + pens * max(0, recipe.renderings - 1) + recipe.non_digits
    before = START_SECONDS + (pens * recipe.renderings + recipe.non_digits) * STROKE_SECONDS
    return before + pace * recipe.epochs * _epoch_seconds(recipe, drawn)


def _epoch_seconds(recipe: Recipe, images: int) -> float:
    work = sum(row.multiplications for row in recipes.layer_table(recipe)) / 1e6
    image = IMAGE_SECONDS + work * WORK_SECONDS
    if any(recipe.augmentation.values()):
        image += AUGMENTATION_SECONDS
    batch = BATCH_SECONDS
    if any(layer["kind"] == "lstm" for layer in recipe.hidden):
        batch *= STEPS_OF_A_SEQUENCE
    return images * image + images / recipe.batch_size * batch
