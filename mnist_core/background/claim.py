"""A claim: at most one process does something, and everybody sees whether one does.

It is a lock on a file, which the system takes back when the process ends in whatever way. Unlike
the number of a process it tells the same in every container and on every machine that shares the
folder.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mnist_core.errors import InputError
from mnist_core.files import PLAINLY

try:
    import fcntl
except ImportError:  # Windows: there the number of a process has to do
    fcntl = None  # type: ignore[assignment]

PATIENCE = 1.0  # seconds that somebody who only looks may hold it
_mine: Counter[Path] = Counter()  # what this process holds, and how many times
_lock = threading.Lock()


class ClaimedError(InputError):
    """Another process has it."""


@contextlib.contextmanager
def claim(path: Path) -> Iterator[None]:
    """Hold a claim, which this process may hold already; the file is there meanwhile.

    Args:
        path: of the file, in a folder that is there.

    Raises:
        ClaimedError: another process holds it.
        InputError: nothing can be written there.
    """
    place = path.parent.resolve() / path.name
    with _lock:
        handle = None if _mine[place] else _taken(place)
        _mine[place] += 1
    try:
        yield
    finally:
        with _lock:
            _mine[place] -= 1
            if handle is not None:
                del _mine[place]
                with contextlib.suppress(OSError):
                    place.unlink()
                os.close(handle)


def _taken(path: Path) -> int | None:
    """The file, open and locked."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | PLAINLY, 0o644)
        except OSError as error:
            raise InputError(
                f"Cannot write to {path.parent} ({error.strerror}): free some space."
            ) from error
        try:
            if fcntl is None:
                return handle
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it before may have taken the file away meanwhile.
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass
        except OSError:
            if time.monotonic() > until:
                os.close(handle)
                raise ClaimedError("Another process is at it already: wait for its end.") from None
            time.sleep(0.02)
        os.close(handle)


def claimed(path: Path) -> bool:
    """Whether a process holds a claim, this one too."""
    if fcntl is None:
        return False
    try:
        handle = os.open(path, os.O_RDONLY | PLAINLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
