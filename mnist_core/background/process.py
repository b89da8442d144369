"""A module of this package in a process of its own, which outlives whoever started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from mnist_core import identity
from mnist_core.errors import InputError
from mnist_core.files import appended
from mnist_core.identity import Process

PROJECT = Path(__file__).resolve().parents[2]


def start(module: str, *arguments: str, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Run `python -m mnist_core.MODULE ARGUMENTS`, which keeps running when this one ends.

    Args:
        module: an entry module, from the root of this package, as in `training.trainer`.
        log: file that takes all that the process prints; without one nobody reads it.

    Raises:
        InputError: no process can be started, or the log cannot be written.
    """
    try:
        with appended(log) if log else open(os.devnull, "wb") as output:  # noqa: PTH123
            process = subprocess.Popen(
                [sys.executable, "-m", f"mnist_core.{module}", *arguments],
                cwd=PROJECT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # it keeps running when the server is stopped
            )
    except OSError as error:
        raise InputError(f"No process can be started ({error.strerror}): try again.") from error
    # Somebody has to take note of its end, else it stays in the list of processes.
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def environment() -> dict[str, str]:
    """The variables of this process, with the folder of runs as a whole path.

    A process starts in the project's folder, where a relative path would be another one.
    """
    given = os.environ.get("MODELS_DIR")
    whole = {"MODELS_DIR": str(Path(given).expanduser().resolve())} if given else {}
    return {**os.environ, **whole}


def kill(process: Process | None) -> None:
    """End a process at once and wait for its end; one that is gone is left at that."""
    if process is not None and identity.alive(process):
        with contextlib.suppress(psutil.Error):
            found = psutil.Process(process.pid)
            found.kill()
            found.wait(10)


def lower_priority() -> None:
    """Give this process a lower priority: whoever draws meanwhile comes first."""
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10))


def only_spare_time() -> None:
    """Give this process, and what it starts, only the processor time that nobody else wants.

    For what takes long while others draw: they are answered nearly as soon as without it, and on
    a machine that does nothing else it is as fast as ever. What was started with a lower priority
    already (`nice make run`) keeps its share; outside Linux this is `lower_priority`.
    """
    if sys.platform == "linux" and os.nice(0) <= 0:
        with contextlib.suppress(OSError):  # not every container allows it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    lower_priority()


def why_ended(code: int, log: str) -> str:
    """Why a process ended that does not say so itself, as a sentence.

    Args:
        code: its exit status, below zero if a signal ended it.
        log: the end of what it printed.
    """
    if code < 0:
        name = signal.Signals(-code).name
        more = ": the machine may have run out of memory" if name == "SIGKILL" else ""
        return f"The process was killed ({name}){more}."
    last = (log.strip().splitlines() or [""])[-1].removeprefix("error: ")
    return last or f"The process ended with exit status {code}."
