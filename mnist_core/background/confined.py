"""A process for what comes from outside: shut in, watched, and ended when it asks too much."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from mnist_core.background.confinement import UNDENIED
from mnist_core.background.process import PROJECT, environment
from mnist_core.errors import InputError

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.05  # between two looks at the memory it holds
LAST_BYTES = 4000  # of what it printed, in which its last sentence is looked for
LOG = "log.txt"
# Of the variables of this process, those that nobody else is to know.
SECRET = ("TEACHER_KEY", "CLASSROOM_DATABASE", "STREAMLIT_", "AWS_", "TOKEN", "SECRET", "PASSWORD")


@dataclass(frozen=True)
class Limits:
    """What a confined process may take."""

    seconds: float = 300.0  # until it has to be done; of processor time it may use as much
    memory: int = 3_000_000_000  # bytes; TensorFlow alone takes 600 million
    file_bytes: int = 300_000_000  # of one file that it writes


def call(module: str, *arguments: str, folder: Path, limits: Limits | None = None) -> list[str]:
    """Call an entry module's `main` in a confined process of its own, and wait for it.

    The process ends with this one. It is `confinement` that shuts itself in; on a machine that
    cannot do so, memory and time are watched from here all the same.

    Args:
        module: from the root of this package, as in `training.importer`.
        folder: to which alone the process may write; with a whole path.

    Returns:
        What this machine could not deny the process.

    Raises:
        InputError: what the process refuses, in its words; it took too much; or it ended
            unexpectedly.
    """
    limits = limits or Limits()
    bounds = [str(round(n)) for n in (limits.memory, limits.seconds, limits.file_bytes)]
    inside = [sys.executable, "-m", "mnist_core.background.confinement", *bounds, str(folder)]
    log = folder / LOG
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*inside, module, *arguments],
                cwd=PROJECT,
                env=_environment(folder),
                stdin=subprocess.PIPE,  # breaks when this process dies: then that one ends too
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
    except OSError as error:
        raise InputError(f"No process can be started ({error.strerror}): try again.") from error
    try:
        problem = _watched(process, limits)
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
    if problem is None and process.returncode != 0:
        last = _end(log)
        problem = last[-1].removeprefix("error: ") if last[-1].startswith("error: ") else None
        if problem is None:
            logger.error("%s ended with %d:\n%s", module, process.returncode, "\n".join(last))
            problem = "Opening it ended unexpectedly: it may take too much memory."
    if problem is not None:
        raise InputError(problem)
    with contextlib.suppress(OSError):
        return (folder / UNDENIED).read_text(encoding="utf-8").splitlines()
    return []


def _watched(process: subprocess.Popen[bytes], limits: Limits) -> str | None:
    """Wait for the end of a process; a sentence if it asked too much."""
    until = time.monotonic() + limits.seconds
    seen = psutil.Process(process.pid)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_SECONDS)
            return None
        if time.monotonic() > until:
            return f"Opening it takes more than {limits.seconds:.0f} seconds: give a smaller one."
        with contextlib.suppress(psutil.Error):
            if seen.memory_info().rss > limits.memory:
                return (
                    f"Opening it takes more than {limits.memory / 1e9:g} GB of memory: "
                    "give a smaller one."
                )


def _environment(folder: Path) -> dict[str, str]:
    all_known = environment().items()
    known = {k: v for k, v in all_known if not any(word in k.upper() for word in SECRET)}
    mine = {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    return {**known, **mine, "TF_CPP_MIN_LOG_LEVEL": "3", "MALLOC_ARENA_MAX": "2"}


def _end(log: Path) -> list[str]:
    """The last lines that the process printed, at least one."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_BYTES))
        return file.read(LAST_BYTES).decode("utf-8", "replace").strip().splitlines() or [""]
