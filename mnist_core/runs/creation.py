"""A new run directory: its name, and whether there is room for it."""

from __future__ import annotations

import datetime
import shutil
import time
from pathlib import Path
from typing import Any

from mnist_core import limits
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.runs import names
from mnist_core.runs.directory import SHIPPED, SHIPPED_DIR, Run, models_dir, now, write
from mnist_core.runs.record import QUEUED, DatasetUsed, Record


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
    usual: dict[str, Any] = {
        "recipe": recipe,
        "dataset": DatasetUsed(name=dataset),
        "seed": seed,
        "status": QUEUED,
        "created": now(),
        "order": time.time_ns(),
    }
    path, name = _new_directory(folder or models_dir(), recipe, name)
    found = Record(**(usual | entries | {"name": name}))
    try:
        write(path, found)
    except InputError:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Run(path, found)


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
            raise InputError(
                f"Cannot create a run in {folder} ({error.strerror}): free some space or set "
                "MODELS_DIR to a folder that can be written to."
            ) from error
    raise InputError(f"There is a run {base} already: choose another name or delete it.")


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
