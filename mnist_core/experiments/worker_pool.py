"""Trainings that workers do, several at a time: what there is to do, how far it is, who does it.

`cluster` hands out what a `Work` has to give. The process in which it does so notes what it
sees in a file, `models_dir()/.workers/NAME.json`, for whoever looks from elsewhere (a page,
another shell); `NAME.stop` beside it asks it to begin nothing more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from mnist_core import background, runs
from mnist_core.errors import InputError
from mnist_core.files import written_whole

TASK_BYTES = 1.2e9  # of memory, for a worker and its training
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
class Result:
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

    def done(self, task: Task, result: Result) -> None:
        """A task came to its end."""

    def failed(self, task: Task, reason: str) -> None:
        """A task was given up; the reason is a sentence."""

    def again(self, task: Task) -> None:
        """A task came back undone and is to be given out once more."""

    def progress(self) -> tuple[int, int]:
        """How much is done, and how much there is in all."""

    def seconds_to_come(self) -> float:
        """That all tasks not yet given out are expected to take."""


# --- how far it is -------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """How far the work is."""

    total: int
    done: int
    seconds_left: float | None  # None where nothing can be said
    workers: Mapping[str, Sequence[str]]  # what each does, by its address
    note: str = ""  # what is wrong at the moment

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Look | None:
        """What `dataclasses.asdict` gave; None if it is none."""
        try:
            return cls(**values)
        except TypeError:
            return None


@dataclass(frozen=True)
class Crew:
    """Workers, and what they work at."""

    name: str
    at: tuple[str, ...]  # what they work at, e.g. names of studies
    active: bool  # whether the process that hands out work is there
    look: Look | None  # None before the first
    problem: str | None  # one sentence, where it failed


def folder() -> Path:
    return runs.models_dir() / ".workers"


def side(name: str, ending: str) -> Path:
    """A file of a crew's."""
    return folder() / f"{name}.{ending}"


def crews() -> list[Crew]:
    """Those at work, and those that failed and were not begun anew."""
    found = []
    for path in sorted(folder().glob("[!.]*.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            at, look = tuple(told["at"]), Look.from_dict(told.get("look") or {})
            active = background.alive(told.get("process"))
            problem = None if active else told.get("problem") or _last_words(path.stem)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # half a file is never there: it is somebody else's
        found.append(Crew(path.stem, at, active, look, problem))
    return found


def _last_words(name: str) -> str:
    """Why a process has gone that noted nothing of it."""
    try:
        last = side(name, "log").read_text(encoding="utf-8", errors="replace").splitlines()[-1]
    except (OSError, IndexError):
        last = ""
    if last.startswith("error: "):
        return last.removeprefix("error: ")
    return "The process that gave the workers their trials ended unexpectedly: start it again."


def stop(name: str) -> None:
    """Ask a crew to begin nothing more; what it is at, it brings to an end.

    Raises:
        InputError: the request cannot be written.
    """
    with written_whole(side(name, "stop")) as beside:
        beside.write_text("stop")


def asked_to_stop(name: str) -> bool:
    return side(name, "stop").exists()


class Noted:
    """The note of a process that hands out work, while it does so."""

    def __init__(self, name: str, at: Sequence[str], process: Any = None) -> None:
        self._name, self._at = name, list(at)
        self._process = process or background.this_process()

    def tell(self, look: Look | None = None) -> None:
        """Note how far it is."""
        seen = {} if look is None else {"look": dataclasses.asdict(look)}
        self._write(process=self._process, **seen)

    def fail(self, problem: str) -> None:
        """Note why it could not go on."""
        self._write(problem=problem)

    def asked_to_stop(self) -> bool:
        return asked_to_stop(self._name)

    def forget(self) -> None:
        with contextlib.suppress(OSError):
            side(self._name, "json").unlink(missing_ok=True)

    def _write(self, **more: Any) -> None:
        # What cannot be written is no reason to end what goes well.
        with contextlib.suppress(InputError), written_whole(side(self._name, "json")) as beside:
            beside.write_text(json.dumps({"at": self._at, **more}), encoding="utf-8")


@contextlib.contextmanager
def noted(name: str, at: Sequence[str]) -> Iterator[Noted]:
    """Note that this process hands out work, and at its end why it could not go on."""
    crew = Noted(name, at)
    with contextlib.suppress(OSError):
        side(name, "stop").unlink(missing_ok=True)
    crew.tell()
    try:
        yield crew
    except InputError as error:
        crew.fail(str(error))
        raise
    except Exception as error:
        crew.fail(f"It failed ({type(error).__name__}): see {side(name, 'log')}.")
        raise
    except BaseException:  # somebody ended it
        crew.forget()
        raise
    else:
        crew.forget()
    finally:
        with contextlib.suppress(OSError):
            side(name, "stop").unlink(missing_ok=True)


def start(command: str, names: Sequence[str], by: Sequence[str]) -> None:
    """Begin `python -m mnist_core COMMAND NAMES BY` in a process that outlives this one.

    Where somebody else has begun the same it is left at that.

    Args:
        by: `--workers N` or `--scheduler ADDRESS`.

    Raises:
        InputError: Dask is missing, or no process can be started.
    """
    check()
    name = name_of(command, names)
    if any(crew.active and crew.name == name for crew in crews()):
        return
    with written_whole(side(name, "log")):
        pass  # an empty one
    side(name, "json").unlink(missing_ok=True)
    mark = background.start("__main__", command, *names, *by, log=side(name, "log"))
    if mark is not None and not side(name, "json").exists():  # it says more of itself
        Noted(name, names, mark).tell()


def name_of(command: str, names: Sequence[str]) -> str:
    """The name of a crew, by what it was told to do."""
    return "-".join([command, *names])[:80]
