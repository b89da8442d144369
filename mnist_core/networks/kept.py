"""What is made of runs' networks, each once for everybody, and the few that are kept in memory."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from mnist_core import runs
from mnist_core.runs import Run

# When a model file was written, in ns, its size in bytes, and the checksum of its LiteRT file.
Stamp = tuple[int, int, str | None]

DEFAULT = runs.SHIPPED_DIR / runs.DEFAULT_RUN
KEPT = 8  # networks that are kept in memory, the default one among them
# More are kept while they are in use: else they would give way to each other, and none would read.
IN_USE_SECONDS = 60.0  # since somebody last asked for it
MOST_BYTES = 500_000_000  # of their model files together, beyond which they give way all the same
T = TypeVar("T")


class Kept(Generic[T]):
    """What is made of runs' networks by a thread of its own.

    The least recently used entry is dropped for a new one, unless it is in use; that of the
    default run, which reads where no other was picked or can, is always kept.
    """

    def __init__(
        self, make: Callable[[Run], T], thread: str, in_use_seconds: float = IN_USE_SECONDS
    ) -> None:
        self._make, self._in_use_seconds = make, in_use_seconds
        self._asked: dict[Path, float] = {}  # when somebody last asked for an entry
        self._maker = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=thread)
        self._entries: OrderedDict[Path, tuple[Stamp, concurrent.futures.Future[T]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run: Run) -> concurrent.futures.Future[T]:
        """The run's entry, now or soon; it is made anew when the run has another model file."""
        stamp = _stamp(run)
        with self._lock:
            known = self._entries.get(run.path)
            if known is None or known[0] != stamp:
                self._entries[run.path] = stamp, self._maker.submit(self._make, run)
            self._entries.move_to_end(run.path)
            self._asked[run.path] = time.monotonic()
            self._make_room()
            return self._entries[run.path][1]

    def _make_room(self) -> None:
        """Drop what is too much, the least recently used first, and never the last one."""
        idle_since = time.monotonic() - self._in_use_seconds
        for path in [path for path in self._entries if path != DEFAULT][:-1]:
            too_large = sum(stamp[1] for stamp, _ in self._entries.values()) > MOST_BYTES
            idle = self._asked[path] <= idle_since
            if len(self._entries) <= KEPT or not (idle or too_large):
                return
            del self._entries[path], self._asked[path]

    def made(self) -> list[T]:
        """What is there by now, but for what could not be made."""
        with self._lock:
            entries = [entry for _, entry in self._entries.values()]
        return [e.result() for e in entries if e.done() and e.exception() is None]


def _stamp(run: Run) -> Stamp:
    """What tells a run's network from one that was in its place."""
    try:
        stat = run.model_file.stat()
    except OSError:
        return 0, 0, None
    made = run.record.litert
    return stat.st_mtime_ns, stat.st_size, made.sha256 if made else None
