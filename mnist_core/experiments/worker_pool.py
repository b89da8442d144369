"""A worker pool: what there is to do, where it is done, how far it is.

`cluster` hands out what a `Work` has to give. The process in which it does so is a job whose
status holds a `PoolStatus`, for whoever looks from elsewhere (a page, another shell).
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import psutil

from mnist_core.decoded import decoded
from mnist_core.errors import InputError

SCHEDULER = "DASK_SCHEDULER_ADDRESS"  # in the environment, as Dask itself has it
TASK_BYTES = 1.2e9  # of memory, for a worker and what it trains
MISSING = 'Several at a time takes Dask: install it with pip install "dask[distributed]".'


def available() -> bool:
    """Whether Dask is installed, which hands out the work."""
    try:
        return importlib.util.find_spec("distributed") is not None
    except ValueError:  # as good as missing
        return False


def most() -> int:
    """How many workers this machine has processors and memory for; at least one."""
    fit = int(psutil.virtual_memory().available / TASK_BYTES)
    return max(1, min(psutil.cpu_count() or 1, fit))


def configured_scheduler() -> str | None:
    """The address of the Dask scheduler that whoever started this process named, if they did.

    A program connects to no other than that or one named on its command line: whoever answers
    there may run programs here.
    """
    return os.environ.get(SCHEDULER, "").strip() or None


def check() -> None:
    """Raises InputError where `available` says no."""
    if not available():
        raise InputError(MISSING)


# --- what there is to do -------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """Something for a worker: `mnist_core.MODULE.main([*ARGUMENTS, FOLDER])`."""

    name: str  # letters, digits and dashes
    words: str  # for people
    seconds: float  # that it is expected to take
    module: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes]  # that lie in the folder when it begins


@dataclass(frozen=True)
class TaskResult:
    """What a task left behind, whether it went well or not."""

    code: int  # exit status, below zero if a signal ended it
    files: Mapping[str, bytes]  # that lay in the folder at its end


class Work(Protocol):
    """What there is to do, and what becomes of it. Whatever it raises ends it all."""

    datasets: Sequence[str]  # that the tasks read
    at_a_time: int  # how many tasks there can be at most beside each other

    @property
    def all_begun(self) -> bool:
        """Whether there is no further task, now or later."""

    def next(self) -> Task | None:
        """The next task; None where none can begin now."""

    def done(self, task: Task, result: TaskResult) -> None:
        """A task came to its end."""

    def failed(self, task: Task, reason: str) -> None:
        """A task was given up; the reason is a sentence."""

    def again(self, task: Task) -> None:
        """A task came back undone and is to be given out once more."""

    def progress(self) -> tuple[int, int]:
        """How much is done, and how much there is in all."""

    def seconds_to_come(self) -> float:
        """That all tasks not yet given out are expected to take."""


# --- where it is done, and how far it is ---------------------------------------------


@dataclass(frozen=True)
class ClusterSpec:
    """Who trains: so many workers of this machine, or those of a Dask scheduler."""

    workers: int | None = None
    scheduler: str | None = None

    @classmethod
    def given(cls, workers: int | None, scheduler: str | None) -> ClusterSpec | None:
        """What was asked for; None where no workers were."""
        return None if workers is None and scheduler is None else cls(workers, scheduler)

    @property
    def arguments(self) -> list[str]:
        """The same on a command line."""
        if self.scheduler is not None:
            return ["--scheduler", self.scheduler]
        return ["--workers", str(self.workers)]


@decoded
@dataclass(frozen=True)
class PoolStatus:
    """How far the work is."""

    total: int
    done: int
    seconds_left: float | None  # None where nothing can be said
    workers: Mapping[str, Sequence[str]]  # what each does, by its address
    note: str = ""  # what is wrong at the moment

    def to_dict(self) -> dict[str, Any]:
        """In words that JSON has."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> PoolStatus | None:
        """What `to_dict` gave; None if it is none."""
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError:
            return None
