"""A new run directory: its name, and whether there is room for it."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mnist_core import limits
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.runs import names
from mnist_core.runs.directory import (
    SHIPPED,
    SHIPPED_DIR,
    Run,
    identity_of,
    models_dir,
    now,
    read,
    write,
)
from mnist_core.runs.record import QUEUED, DatasetUsed, Record

PREPARED = ".prepared-"  # what the name of a folder begins with in which a run is made
LEFT_SECONDS = 3600.0  # after which nobody is at it any more


def create(
    recipe: Recipe,
    dataset: str,
    seed: int,
    name: str | None = None,
    folder: Path | None = None,
    **entries: Any,
) -> Run:
    """Make the directory of a new run, with the status `queued`.

    Args:
        name: of the run, in any language; by default the recipe's with date and time.
        folder: in which it lies, by default `models_dir()`.
        entries: of the record, besides the usual ones or in their place.

    Raises:
        InputError: a name that cannot be used, is taken or is that of a shipped run, there is no
            room (`check_room`), or a folder that cannot be written to.
    """
    if name is not None:
        name = check_name(name, folder)
    check_room(folder or models_dir(), trial=entries.get("study") is not None)
    path, name = _new_directory(folder or models_dir(), recipe, name)
    usual = {"dataset": DatasetUsed(name=dataset), "seed": seed}
    found = _record(recipe, name, usual | entries)
    try:
        write(path, found)
    except InputError:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Run(path, found, identity=identity_of(path))


@contextlib.contextmanager
def prepared(name: str) -> Iterator[Path]:
    """A hidden folder in which a new run is made before it appears (`bring_in`).

    Args:
        name: that it is to have.

    Raises:
        InputError: the name cannot be used or is taken, or there is no room for another run.
    """
    folder = models_dir()
    name = check_name(name)
    check_room(folder)
    if (folder / names.directory(name)).exists():
        raise InputError(_taken(name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{PREPARED}*"):  # by a process that was killed
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        made = tempfile.mkdtemp(prefix=PREPARED, dir=folder.resolve())
    except OSError as error:
        raise InputError(_cannot_create(folder, error)) from error
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def bring_in(made: Path, name: str, recipe: Recipe, **entries: Any) -> Run:
    """Have a run appear that was made in a folder of `prepared`: all of it at once.

    Args:
        made: the folder with its files, which becomes the run's directory.
        name, recipe, entries: as for `create`.

    Raises:
        InputError: the name is taken by now, or nothing can be written.
    """
    path, name = _new_directory(models_dir(), recipe, check_name(name))
    try:
        write(made, _record(recipe, name, entries))
        made.chmod(0o755)
        if os.name == "nt":  # it puts no folder in the place of another
            path.rmdir()
        made.rename(path)
    except (InputError, OSError) as error:
        with contextlib.suppress(OSError):
            path.rmdir()
        if isinstance(error, OSError):
            raise InputError(_cannot_create(path.parent, error)) from error
        raise
    return read(path)


def _record(recipe: Recipe, name: str, entries: dict[str, Any]) -> Record:
    usual: dict[str, Any] = {"recipe": recipe, "status": QUEUED}
    usual |= {"created": now(), "order": time.time_ns()}
    return Record(**(usual | entries | {"name": name}))


def check_room(folder: Path, trial: bool = False) -> None:
    """Refuse one run more where there are too many, or while the disk is nearly full.

    Args:
        folder: in which it would lie.
        trial: whether it would be one of a study; those are counted by whoever submits them.

    Raises:
        InputError: there is no room for it.
    """
    limits.check_disk(folder)
    if not trial and folder.is_dir():
        own = [path for path in folder.iterdir() if path.name[0] not in "._"]
        there = sum(path.is_dir() for path in own if not path.name.startswith("trial-"))
        limits.check_count(there, limits.MOST_RUNS, "runs are kept", "delete some")


def _new_directory(folder: Path, recipe: Recipe, name: str | None) -> tuple[Path, str]:
    """A directory that nobody else has made, and the name that belongs to it."""
    base = name or f"{recipe.name[:50]}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        tried = base if number == 1 else f"{base}-{number}"
        path = folder / names.directory(tried)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.mkdir()
            return path, tried
        except OSError as error:
            if isinstance(error, FileExistsError) and folder.is_dir():
                if name is None:
                    continue
                break
            raise InputError(_cannot_create(folder, error)) from error
    raise InputError(_taken(base))


def _taken(name: str) -> str:
    return f"There is a run {name} already: choose another name or delete it."


def _cannot_create(folder: Path, error: OSError) -> str:
    return (
        f"Cannot create a run in {folder} ({error.strerror}): free some space or set "
        "MODELS_DIR to a folder that can be written to."
    )


def check_name(name: str, folder: Path | None = None) -> str:
    """The name as a run of a folder, by default `models_dir()`, can have it.

    Raises:
        InputError: it is none (see `names.check`), or that of a run that is shipped with the
            program; only where those lie themselves can such a run be trained again.
    """
    found = names.check(name)
    if names.alike(found) in SHIPPED and (folder or models_dir()).resolve() != SHIPPED_DIR:
        raise InputError(f"The run {found} is part of the program: choose another name.")
    return found
