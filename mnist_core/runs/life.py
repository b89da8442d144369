"""The life of a run after its training: deleted, had back, renamed, asked to stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from mnist_core import limits
from mnist_core.errors import InputError
from mnist_core.files import sweep
from mnist_core.runs import names
from mnist_core.runs.creation import check_name
from mnist_core.runs.directory import Run, change, is_shipped, job, models_dir, read

KEEP, DISCARD = "keep", "discard"  # what is to become of a training run that is stopped
TRASH = ".trash"  # where deleted runs lie


@dataclass(frozen=True)
class Deleted:
    """A deleted run that can be had back."""

    place: Path  # for `restore`
    name: str


def delete(run: Run) -> Path | None:
    """Delete a run's directory. The last `limits.MOST_DELETED` can be had back.

    Returns:
        Where it lies for now, for `restore`; None if it was gone already.

    Raises:
        InputError: the run is shipped with the program, is in training, or lies where
            nothing can be changed.
    """
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and stays.")
    if read(run.path).training:
        raise InputError(f"The run {run.name} is in training: stop it first.")
    trash = run.path.parent / TRASH
    place = trash / _number(trash)
    try:
        place.mkdir(parents=True)
        run.path.rename(place / run.path.name)
    except FileNotFoundError:
        _remove_empty(place)
        return None
    except OSError as error:
        _remove_empty(place)
        raise InputError(f"Cannot delete {run.name} ({error.strerror}).") from error
    _forget_oldest(trash)
    return place / run.path.name


def _number(trash: Path) -> str:
    """What sorts a deleted run behind those before it, also where the clock was put back."""
    before = [int(place.name) for place in _places(trash)]
    return f"{max([time.time_ns(), *(number + 1 for number in before)]):020}"


def _places(trash: Path) -> list[Path]:
    """Where deleted runs lie, the oldest first."""
    try:
        return sorted(place for place in trash.iterdir() if place.name.isdecimal())
    except OSError:
        return []


def _forget_oldest(trash: Path) -> None:
    """Keep as many deleted runs as may be; of a disk that is nearly full, only the last."""
    kept = [place for place in _places(trash) if _held(place)]
    for empty in set(_places(trash)) - set(kept):  # had back since
        _remove_empty(empty)
    while len(kept) > 1 and (len(kept) > limits.MOST_DELETED or limits.disk_problem(trash)):
        shutil.rmtree(kept.pop(0), ignore_errors=True)


def _held(place: Path) -> Path | None:
    """The run directory in a place of the trash."""
    with contextlib.suppress(OSError):
        return next(place.iterdir(), None)
    return None


def deleted() -> list[Deleted]:
    """The deleted runs that can be had back, the last one first."""
    found = [held for place in _places(models_dir() / TRASH) if (held := _held(place))]
    return [Deleted(path, read(path).name) for path in reversed(found)]


def restore(deleted: Path) -> Run:
    """Bring back the run that `delete` put there.

    Raises:
        InputError: it is gone, or another run has its name now.
    """
    path = deleted.parent.parent.parent / deleted.name
    # One that was discarded while it was trained would be deleted again.
    job(deleted).stop_file.unlink(missing_ok=True)
    try:
        _move(deleted, path)
    except FileExistsError:
        name = read(deleted).name
        raise InputError(f"There is another run {name} now: rename that one first.") from None
    except FileNotFoundError:
        raise InputError("This run cannot be had back any more: it is not in the trash.") from None
    except OSError as error:
        raise InputError(f"The run {path.name} cannot be had back ({error.strerror}).") from error
    _remove_empty(deleted.parent)
    return read(path)


def _move(directory: Path, place: Path) -> None:
    """Rename a directory unless there is something already, whoever else does so at the moment.

    Raises:
        FileExistsError: there is.
        OSError: it is gone, or cannot be renamed.
    """
    if not directory.is_dir():
        raise FileNotFoundError(directory)
    if os.name == "nt":
        directory.rename(place)
        return
    place.mkdir()  # an empty directory gives way to another, and holds the name until then
    try:
        directory.rename(place)
    except OSError:
        _remove_empty(place)
        raise


def _remove_empty(place: Path) -> None:
    with contextlib.suppress(OSError):
        place.rmdir()


def rename(run: Run, name: str, note: str | None = None) -> Run:
    """Give a run another name, and a note.

    Args:
        run: as whoever renames it has seen it.
        note: None leaves it as it is, an empty one takes it away.

    Raises:
        InputError: a name that cannot be used or is taken; a run that is shipped, queued or in
            training; or somebody else has deleted it, or renamed it or changed its note since
            `run` was read. Nothing is changed then.
    """
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and stays as it is.")
    same = names.clean(name) == run.name  # it may be one that is given no more
    name = run.name if same else check_name(name, run.path.parent)
    _check_unchanged(run)
    place = run.path if name == run.name else run.path.with_name(names.directory(name))
    if name != run.name and run.active:
        raise InputError(f"The run {run.name} is {run.status}: rename it when it has ended.")
    if place != run.path:
        try:
            _move(run.path, place)
        except FileExistsError:
            raise InputError(f"There is a run {name} already: choose another name.") from None
        except FileNotFoundError:
            raise InputError(_gone(run)) from None
        except OSError as error:
            raise InputError(f"Cannot rename {run.name} ({error.strerror}).") from error
    renamed = read(place)
    if renamed.problem:
        return renamed
    noted = {} if note is None else {"note": note or None}
    return change(renamed, name=name, **noted)


def _gone(run: Run) -> str:
    return f"Somebody has renamed or deleted {run.name} meanwhile: look for it in the list."


def _check_unchanged(run: Run) -> None:
    """Raises InputError unless the run's name and note are those that somebody saw."""
    now = read(run.path)
    if not run.path.is_dir() or now.record.order != run.record.order or now.name != run.name:
        raise InputError(_gone(run))
    if now.record.note != run.record.note:
        raise InputError(
            f"Somebody has changed the note of {run.name} meanwhile: read it before you change it."
        )


def tidy() -> None:
    """Remove what processes that were killed had half written among the runs."""
    folder = models_dir()
    sweep(folder)
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                sweep(path)


def ask_to_stop(run: Run, then: str) -> None:
    """Ask a training run to end; `then` is KEEP or DISCARD."""
    job(run.path).ask_to_stop(then)


def asked_to_stop(path: Path) -> str | None:
    """What was asked of the run in that directory: KEEP, DISCARD or None."""
    return job(path).asked_to_stop()
