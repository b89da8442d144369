"""The life of a run after its training: deleted, had back, renamed, asked to stop."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from mnist_core.errors import InputError
from mnist_core.runs.directory import Run, change, check_name, is_shipped, job, read
from mnist_core.runs.record import RUNNING

KEEP, DISCARD = "keep", "discard"  # what is to become of a training run that is stopped
TRASH, KEPT_DELETED = ".trash", 3  # where the last deleted runs lie, and how many of them


def delete(run: Run) -> Path | None:
    """Delete a run's directory. The last few that were deleted can be had back.

    Returns:
        Where it lies for now, for `restore`; None if it was gone already.

    Raises:
        InputError: the run is shipped with the program, is in training, or lies where
            nothing can be changed.
    """
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and stays.")
    if run.status == RUNNING and run.problem is None:
        raise InputError(f"The run {run.name} is in training: stop it first.")
    trash = run.path.parent / TRASH
    place = trash / f"{time.time_ns():020}"
    try:
        place.mkdir(parents=True)
        run.path.rename(place / run.name)
    except FileNotFoundError:
        _remove_empty(place)
        return None
    except OSError as error:
        _remove_empty(place)
        raise InputError(f"Cannot delete {run.name} ({error.strerror}).") from error
    places = sorted(trash.iterdir())
    for empty in (place for place in places if not any(place.iterdir())):  # had back since
        _remove_empty(empty)
    for older in [place for place in places if place.is_dir()][:-KEPT_DELETED]:
        shutil.rmtree(older, ignore_errors=True)
    return place / run.name


def restore(deleted: Path) -> Run:
    """Bring back the run that `delete` put there.

    Raises:
        InputError: it is gone, or another run has its name now.
    """
    path = deleted.parent.parent.parent / deleted.name
    if path.exists():
        raise InputError(f"There is another run {path.name} now: rename that one first.")
    try:
        deleted.rename(path)
    except OSError as error:
        raise InputError(f"The run {path.name} cannot be had back ({error.strerror}).") from error
    _remove_empty(deleted.parent)
    return read(path)


def _remove_empty(place: Path) -> None:
    with contextlib.suppress(OSError):
        place.rmdir()


def rename(run: Run, name: str) -> Run:
    """Give a run another name.

    Raises:
        InputError: a name that is no plain file name or is taken, or a run that is shipped,
            queued or in training.
    """
    if name == run.name:
        return run
    check_name(name, run.path.parent)
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and keeps its name.")
    if run.active:
        raise InputError(f"The run {run.name} is {run.status}: rename it when it has ended.")
    path = run.path.with_name(name)
    if path.exists():
        raise InputError(f"There is a run {name} already: choose another name.")
    try:
        run.path.rename(path)
    except OSError as error:
        raise InputError(f"Cannot rename {run.name} ({error.strerror}).") from error
    renamed = read(path)
    return renamed if renamed.problem else change(renamed, name=name)


def ask_to_stop(run: Run, then: str) -> None:
    """Ask a training run to end; `then` is KEEP or DISCARD."""
    job(run.path).ask_to_stop(then)


def asked_to_stop(path: Path) -> str | None:
    """What was asked of the run in that directory: KEEP, DISCARD or None."""
    return job(path).asked_to_stop()
