"""A module of this package at work in a process of its own, which outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from mnist_core import runs
from mnist_core.errors import InputError


def start(module: str, *arguments: str, log: Path) -> dict[str, float] | None:
    """Run `python -m mnist_core.MODULE ARGUMENTS` on the same folder of runs.

    Args:
        log: file that takes what the process complains of.

    Returns:
        What tells the process from any other (see `runs.alive`); None if it has ended already.

    Raises:
        InputError: no process can be started, or the log cannot be written.
    """
    try:
        with log.open("a", encoding="utf-8") as complaints:
            process = subprocess.Popen(
                [sys.executable, "-m", f"mnist_core.{module}", *arguments],
                cwd=runs.SHIPPED_DIR.parent,
                env={**os.environ, "MODELS_DIR": str(runs.models_dir().resolve())},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,  # it goes on when the server is stopped
            )
    except OSError as error:
        raise InputError(f"No process can be started ({error.strerror}): try again.") from error
    mark = runs.process_mark(process.pid)
    # Somebody has to take note of its end, else it stays in the list of processes.
    threading.Thread(target=process.wait, daemon=True).start()
    return mark
