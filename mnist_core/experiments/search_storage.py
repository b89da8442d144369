"""A search's file: an Optuna study in SQLite, opened safely.

models_dir()/.searches/NAME.db    the settings and the trials
NAME.json, NAME.stop, NAME.log    beside it: the job of the process that searches
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import filelock
import msgspec

from mnist_core import runs
from mnist_core.background import Job
from mnist_core.decoded import decoded
from mnist_core.errors import InputError
from mnist_core.experiments.search_space import Space, check
from mnist_core.files import written_whole

if TYPE_CHECKING:
    import optuna

FORMAT = 1  # of the settings in the study; a reader refuses what is newer
NUMBER = "number"  # attribute of a trial
STUDY = "mnist-search"  # the study's name in its file


@decoded
@dataclass(frozen=True)
class Settings:
    """What was asked for."""

    dataset: str
    seed: int
    trials: int
    space: Space
    at_a_time: int = 1  # a trial is chosen by what all but this many trials before it gave


def folder() -> Path:
    return runs.models_dir() / ".searches"


def names() -> list[str]:
    """The searches that there are, the latest first."""
    found = []
    for path in folder().glob("*.db"):
        if not path.name.startswith("."):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime_ns, path.stem))
    return [name for _, name in sorted(found, reverse=True)]


def job(name: str) -> Job:
    """The job of the process that searches."""
    return Job.named(folder(), name)


def file_of(name: str) -> Path:
    """The file of a search; raises InputError where there is none."""
    path = folder() / f"{name}.db"
    try:
        there = path.is_file() and path.parent == folder()
    except OSError:  # longer than the name of a file can be
        there = False
    if not there:
        known = ", ".join(names()) or "none yet"
        raise InputError(f"There is no search {name[:80]!r}; there are: {known}.")
    return path


@contextlib.contextmanager
def only_one(name: str) -> Iterator[None]:
    """Keep every other process from changing a search.

    Raises:
        InputError: another one is at it.
    """
    lock = filelock.FileLock(folder() / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise InputError(
            f"Another process is at the search {name}: wait for it or stop it first."
        ) from None
    except OSError as error:
        raise InputError(
            f"Cannot write to {folder()} ({error.strerror}): free some space or allow writing."
        ) from error
    try:
        yield
    finally:
        lock.release()


def create(path: Path, settings: Settings) -> None:
    """Write the file of a new search, without a trial.

    Raises:
        InputError: nothing can be written there.
    """
    with written_whole(path) as beside, _storage(beside, 5) as storage:
        import optuna

        study = optuna.create_study(study_name=STUDY, storage=storage, direction="maximize")
        study.set_user_attr("format", FORMAT)
        study.set_user_attr("settings", dataclasses.asdict(settings))


def ended(study: optuna.Study) -> list[tuple[int, optuna.trial.FrozenTrial]]:
    """The trials of a study that ended, by their numbers, from 1.

    Trials that are trained beside each other lie in the file in the order in which they ended.
    What an older version of this program left there half done is passed over.
    """
    found = [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state.name in ("COMPLETE", "PRUNED") and "recipe" in trial.user_attrs
    ]
    numbered = [(trial.user_attrs.get(NUMBER, at), trial) for at, trial in enumerate(found, 1)]
    return sorted(numbered, key=lambda pair: pair[0])


def settings_of(study: optuna.Study) -> Settings:
    """Raises InputError for a study that is none of this program's."""
    values, version = study.user_attrs.get("settings"), study.user_attrs.get("format")
    if not isinstance(values, dict) or not isinstance(version, int):
        raise InputError(
            "This file holds an Optuna study of another program: move it elsewhere and start "
            "a new search."
        )
    if version > FORMAT:
        raise InputError(
            f"This search has format {version}, newer than this program reads ({FORMAT}): "
            "update the program."
        )
    return settings_from(values)


def settings_from(values: Mapping[str, Any]) -> Settings:
    """What `dataclasses.asdict` made of settings; raises InputError where they are garbled."""
    try:
        space = Space.from_dict(values["space"])
        settings = msgspec.convert({**values, "space": space}, Settings)
        check(settings.space, settings.dataset, settings.trials, settings.seed, settings.at_a_time)
    except (InputError, TypeError, ValueError, KeyError) as error:
        raise InputError("The settings of this search are garbled: start a new one.") from error
    return settings


@contextlib.contextmanager
def opened(path: Path, patience: float = 2.0) -> Iterator[optuna.Study]:
    """The study in a file.

    Args:
        patience: seconds to wait for another program that has locked the file.

    Raises:
        InputError: the file is locked, damaged, or holds no search; or, while it is open,
            nothing can be written to it.
    """
    with _in_a_sentence(path):
        # Optuna would add its tables to whatever database it is given: look before.
        address = f"file:{quote(str(path.resolve()))}?mode=rw"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=patience)) as look:
            if look.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("malformed")
            tables = {row[0] for row in look.execute("SELECT name FROM sqlite_master")}
            found = look.execute("SELECT study_name FROM studies") if "studies" in tables else ()
            if STUDY not in {row[0] for row in found}:
                raise InputError(
                    f"The file {path} holds no search of this program: move it elsewhere and "
                    "start a new search."
                )
    with _storage(path, patience) as storage:
        import optuna

        yield optuna.load_study(study_name=STUDY, storage=storage)


@contextlib.contextmanager
def _storage(path: Path, patience: float) -> Iterator[optuna.storages.RDBStorage]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with _in_a_sentence(path):
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{path.resolve().as_posix()}",
            engine_kwargs={"connect_args": {"timeout": patience}},
        )
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


@contextlib.contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Turn what SQLite, SQLAlchemy and Optuna make of a file into one sentence."""
    try:
        yield
    except Exception as error:
        found = _cause(error)
        if found is None:
            raise
        message = str(found).lower()
        if "locked" in message or "busy" in message:
            words = "is locked by another program: close that program and try again"
        elif any(part in message for part in ("readonly", "read-only", "unable to open")):
            words = "cannot be written to: allow writing to it and to its folder"
        elif "full" in message or "disk i/o" in message:
            words = "cannot be written because the disk is full: free some space and resume it"
        else:
            words = "is damaged: move it elsewhere and start a new search, or restore a copy"
        raise InputError(f"The file {path} {words}.") from error


def _cause(error: BaseException) -> BaseException | None:
    """What went wrong with the database, if that was it."""
    import optuna
    import sqlalchemy.exc

    below: BaseException | None = error
    while below is not None and not isinstance(error, InputError):
        if isinstance(below, sqlite3.Error | sqlalchemy.exc.SQLAlchemyError):
            return below
        below = below.__cause__ or below.__context__
    return error if isinstance(error, optuna.exceptions.StorageInternalError) else None
