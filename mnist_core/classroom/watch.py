"""Who waits for a change of a class, and one thread that looks for all of them.

It asks the database for the versions of all classes that somebody waits for, in one short query,
ten times a second and at once after a change by this process. So changes by other servers are heard
of as well, on both databases, and a thousand who wait cost no more than one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from mnist_core.classroom.records import UnavailableError

LOOK_SECONDS = 0.1  # between two looks
AWAY_SECONDS = 1.0  # between two looks while the database is away

Look = Callable[[list[str]], dict[str, int]]
Hear = Callable[[int | None], None]


class Watch:
    """Tells listeners the newest version of their class, whenever it has grown."""

    def __init__(self, look: Look) -> None:
        """Watch.

        Args:
            look: gives the versions of those classes of a list that are there.
        """
        self._look = look
        self._listeners: dict[str, set[Hear]] = {}
        self._told: dict[str, int | None] = {}
        self._lock = threading.Lock()
        self._nudge = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def listen(self, code: str, hear: Hear) -> Callable[[], None]:
        """Have a function called with each new version of a class, the present one included.

        It is called by the watching thread and must not wait; None says that the class is gone.

        Returns:
            What ends it.
        """
        with self._lock:
            self._listeners.setdefault(code, set()).add(hear)
            self._told.pop(code, None)  # all hear of it once more; that does no harm
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="class watch", daemon=True)
                self._thread.start()
        self.nudge()

        def end() -> None:
            with self._lock:
                rest = self._listeners.get(code, set())
                rest.discard(hear)
                if not rest:
                    self._listeners.pop(code, None)
                    self._told.pop(code, None)

        return end

    def nudge(self) -> None:
        """Look at once."""
        self._nudge.set()

    def close(self) -> None:
        self._closed = True
        self.nudge()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._closed:
            self._nudge.clear()
            wait = LOOK_SECONDS
            with self._lock:
                codes = list(self._listeners)
            if codes:
                try:
                    self._tell(codes, self._look(codes))
                except UnavailableError:
                    wait = AWAY_SECONDS
            self._nudge.wait(wait if codes else None)

    def _tell(self, codes: list[str], found: dict[str, int]) -> None:
        with self._lock:
            news = []
            for code in codes:
                version = found.get(code)
                if code not in self._told or self._told[code] != version:
                    self._told[code] = version
                    news += [(hear, version) for hear in self._listeners.get(code, ())]
        for hear, version in news:
            hear(version)
