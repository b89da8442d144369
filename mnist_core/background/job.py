"""A job: work in a process of its own that says in a file how far it is.

Whoever started it, and anybody else, may look (`Job.status`), and ask for its end
(`Job.ask_to_stop`). Nothing but files stands between them:

    STATUS   how far it is, and why it failed; gone when it has ended well
    STOP     somebody asks for the end, and how
    LOG      what the process printed
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mnist_core import limits
from mnist_core.background import process
from mnist_core.background.claim import claim, claimed
from mnist_core.decoded import decoded
from mnist_core.errors import InputError
from mnist_core.files import opened, read_bounded, read_text, written_whole
from mnist_core.identity import Process, alive, elsewhere, process_of, this_process

WAITING, LOADING, WORKING = "waiting", "loading", "working"  # usual words for what it does
NOTE_SECONDS = 0.3  # between two notes of progress: nobody looks more often
LOG_BYTES = 65_536  # of a log's end that are looked at
NO_MEMORY = "There is not enough memory: close other programs, or ask for less."
UNEXPECTED = "It ended unexpectedly, perhaps for want of memory: start it again."


class Stopped(Exception):  # noqa: N818 - it is no error
    """Raised within a job to end it, since somebody asked for that."""


@decoded
class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a job is."""

    state: str = WAITING  # what it does at the moment
    process: Process | None = None
    started: float = 0.0  # seconds since 1970
    began: float | None = None  # when it began with what it does at the moment
    done: float = 0.0
    total: float = 0.0  # 0: not known
    problem: str | None = None  # one sentence, where it failed
    lost: bool = False  # whether its process has gone without a word
    details: dict[str, Any] = {}  # what else the job says of itself

    @property
    def active(self) -> bool:
        """Whether its process is there."""
        return self.problem is None

    @property
    def share(self) -> float:
        """Done of all, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """As if it went on as until now; None where nothing can be said."""
        if self.began is None or not 0 < self.done < self.total:
            return None
        return max(0.0, time.time() - self.began) / self.done * (self.total - self.done)


@dataclass(frozen=True)
class Job:
    """Where a job leaves its files, which all lie in one folder."""

    status_file: Path
    stop_file: Path
    log_file: Path

    @classmethod
    def named(cls, folder: Path, name: str) -> Job:
        """A job in a folder that it shares with others: NAME.json, NAME.stop, NAME.log."""
        return cls(*(folder / f"{name}.{ending}" for ending in ("json", "stop", "log")))

    @property
    def folder(self) -> Path:
        return self.status_file.parent

    @property
    def claim_file(self) -> Path:
        """What the process that does it holds."""
        return self.status_file.with_name(f".{self.status_file.stem}.claim")

    # --- for whoever wants it done ---

    def start(self, module: str, *arguments: str, **details: Any) -> None:
        """Have an entry module do it in a process of its own, unless one is at it.

        Raises:
            InputError: no process can be started, the folder cannot be written to, or its disk is
                nearly full.
        """
        if (now := self.status()) is not None and now.active:
            return
        limits.check_disk(self.folder)
        with written_whole(self.log_file):
            pass  # an empty one; what cannot be written is told now
        self.stop_file.unlink(missing_ok=True)
        self.status_file.unlink(missing_ok=True)
        child = process.start(module, *arguments, log=self.log_file)
        mark = process_of(child.pid)
        if mark is not None and not self.status_file.exists():  # it says more of itself
            self.write(Status(process=mark, started=time.time(), details=details))

    def status(self) -> Status | None:
        """How far it is; None if nobody is at it and it did not fail."""
        try:
            status = msgspec.json.decode(read_bounded(self.status_file), type=Status)
        except (OSError, ValueError, RecursionError):
            return None
        if status.problem is None and not works(status.process, self.claim_file):
            words = self.last_words()
            return msgspec.structs.replace(status, problem=words or UNEXPECTED, lost=not words)
        return status

    def last_words(self) -> str | None:
        """The sentence with which the process gave up, if it did."""
        last = (log_end(self.log_file, 1) or "").strip()
        return last.removeprefix("error: ") if last.startswith("error: ") else None

    def ask_to_stop(self, how: str = "stop") -> None:
        """Ask for the end.

        Raises:
            InputError: the request cannot be written.
        """
        with written_whole(self.stop_file, make_folder=False) as beside:
            beside.write_text(how)

    def asked_to_stop(self) -> str | None:
        """How somebody asked for the end; None if nobody did."""
        try:
            return read_text(self.stop_file, 100).strip() or None
        except (OSError, ValueError):
            return None

    def clear(self) -> None:
        """Take away what it says, what was asked of it and what it printed."""
        for path in (self.status_file, self.stop_file, self.log_file):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    # --- for the process that does it ---

    @contextlib.contextmanager
    def at_work(self, **details: Any) -> Iterator[Note]:
        """Say how far this process is while it is at it, and at its end why it failed.

        What goes wrong is raised further, `Stopped` is not. A request to stop is heard no longer
        afterwards.

        Raises:
            ClaimedError: another process is at it.
        """
        with claim(self.claim_file), self._noted(**details) as note:
            yield note

    @contextlib.contextmanager
    def _noted(self, **details: Any) -> Iterator[Note]:
        note = Note(self, **details)
        note(WAITING)
        try:
            yield note
        except Stopped:
            note.forget()
        except InputError as error:
            note.fail(str(error))
            raise
        except MemoryError:
            note.fail(NO_MEMORY)
            raise
        except Exception as error:
            note.fail(f"It failed ({type(error).__name__}): see {self.log_file.name}.")
            raise
        except BaseException:  # somebody ended it
            note.forget()
            raise
        else:
            note.forget()
            with contextlib.suppress(OSError):
                self.log_file.unlink(missing_ok=True)  # what went well needs no log
        finally:
            with contextlib.suppress(OSError):
                self.stop_file.unlink(missing_ok=True)

    def write(self, status: Status) -> None:
        """Raises InputError where it cannot be written, the folder gone for instance."""
        with written_whole(self.status_file, make_folder=False, sync=False) as beside:
            beside.write_bytes(msgspec.json.encode(status))


class Note:
    """Writes how far a process is, not more often than somebody would look."""

    def __init__(self, job: Job, **details: Any) -> None:
        self._job, self._last = job, 0.0
        self._status = Status(process=this_process(), started=time.time(), details=details)

    @property
    def started(self) -> float:
        """When the process began, seconds since 1970."""
        return self._status.started

    def __call__(self, state: str, done: float = 0.0, total: float = 0.0, **details: Any) -> None:
        """Say what it does, and how much of it is done."""
        before = self._status
        anew = state != before.state or before.began is None
        self._status = msgspec.structs.replace(
            before,
            state=state,
            done=done,
            total=total,
            began=time.time() if anew else before.began,
            details={**before.details, **details},
        )
        last = done >= total > 0
        if anew or last or time.monotonic() - self._last > NOTE_SECONDS:
            self._last = time.monotonic()
            # What cannot be written is no reason to end what goes well.
            with contextlib.suppress(InputError):
                self._job.write(self._status)

    def fail(self, problem: str) -> None:
        """Say why it failed."""
        self._status = msgspec.structs.replace(self._status, problem=problem)
        with contextlib.suppress(InputError):
            self._job.write(self._status)

    def forget(self) -> None:
        """Say nothing any more."""
        with contextlib.suppress(OSError):
            self._job.status_file.unlink(missing_ok=True)


def works(process: Process | None, claim_file: Path) -> bool:
    """Whether a process is at something that it says it does.

    Args:
        claim_file: what it holds meanwhile; asked of a process that runs elsewhere.
    """
    return alive(process) or (process is not None and elsewhere(process) and claimed(claim_file))


def log_end(path: Path, lines: int = 12) -> str:
    """The last lines of a log; empty if there is none. Of one that is a link nothing is told."""
    try:
        with opened(path) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
