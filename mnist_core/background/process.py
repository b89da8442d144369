"""A module of this package in a process of its own, which outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

from mnist_core.errors import InputError

PROJECT = Path(__file__).resolve().parents[2]


def start(module: str, *arguments: str, log: Path) -> dict[str, float] | None:
    """Run `python -m mnist_core.MODULE ARGUMENTS`.

    Args:
        log: file that takes what the process complains of.

    Returns:
        What tells the process from any other (see `alive`); None if it has ended already.

    Raises:
        InputError: no process can be started, or the log cannot be written.
    """
    try:
        with log.open("a", encoding="utf-8") as complaints:
            process = subprocess.Popen(
                [sys.executable, "-m", f"mnist_core.{module}", *arguments],
                cwd=PROJECT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,  # it goes on when the server is stopped
            )
    except OSError as error:
        raise InputError(f"No process can be started ({error.strerror}): try again.") from error
    mark = process_mark(process.pid)
    # Somebody has to take note of its end, else it stays in the list of processes.
    threading.Thread(target=process.wait, daemon=True).start()
    return mark


def environment() -> dict[str, str]:
    """The variables of this process, with the folder of runs as a whole path.

    A process starts in the project's folder, where a relative path would be another one.
    """
    given = os.environ.get("MODELS_DIR")
    whole = {"MODELS_DIR": str(Path(given).expanduser().resolve())} if given else {}
    return {**os.environ, **whole}


def this_process() -> dict[str, float]:
    """Tells this process from a later one that happens to get the same number."""
    process = psutil.Process()
    return {"pid": process.pid, "created": process.create_time()}


def process_mark(pid: int) -> dict[str, float] | None:
    """What `this_process` says in the process of that number; None if it is gone."""
    try:
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.Error:
        return None


def alive(process: Any) -> bool:
    """Whether the process that `this_process` described still runs."""
    try:
        found = psutil.Process(process["pid"])
        return (
            abs(found.create_time() - process["created"]) < 1
            and found.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, TypeError, KeyError, ValueError):
        return False
