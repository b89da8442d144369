"""What the server does when nobody waits for it: it gets ready, and gives memory back.

Python's own collector stays on. What it leaves longest are sessions that have ended: objects that
refer to each other in circles. To find them it looks at everything there is, which holds up
whoever draws; so that is done here, in a thread of its own, when there is nothing else to do.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from mnist_core.errors import InputError

LOOK_SECONDS = 1.0  # between two looks whether it is quiet
QUIET = 0.1  # processor seconds a second below which it is
DAY = 86_400.0  # seconds between two looks for classes whose time is over
WORK = 2.0  # processor seconds after which there is something to collect,
PATIENCE = 20.0  # and after which it is done at the next look, quiet or not


class Housekeeper:
    """Collects what is left over, at quiet moments."""

    def __init__(
        self,
        collect: Callable[[], Any],
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        """Look after the process.

        Args:
            collect: does the collection.
            processor: seconds of processor time that the process has taken so far.
        """
        self._collect, self._processor = collect, processor
        self._before = self._collected = processor()

    def look(self) -> bool:
        """Look whether it is time, once in `LOOK_SECONDS`; whether something was collected."""
        now = self._processor()
        quiet = now - self._before < QUIET * LOOK_SECONDS
        worked = now - self._collected
        self._before = now
        if worked < WORK or not (quiet or worked > PATIENCE):
            return False
        self._collect()
        self._before = self._collected = self._processor()
        return True


def collect() -> None:
    """Collect all that nobody can reach, and give the memory back where the system takes it."""
    gc.collect()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def prepare() -> None:
    """Load what the first visitor needs: the drawing page's modules and the default network."""
    from mnist_core import runs
    from mnist_core.networks.kept import DEFAULT
    from routes import networks
    from ui import reading
    from ui.draw import canvas_keys, canvas_widget, controls, digit, number, why  # noqa: F401

    run = runs.read(DEFAULT)
    for made in (reading.reader(run), networks.packed(run)):
        made.exception()  # what is broken is told to who opens the page
    # All this stays as long as the server: nobody needs to look through it again.
    gc.collect()
    gc.freeze()


def _work() -> None:
    from mnist_core import runs

    prepare()
    runs.tidy()
    housekeeper = Housekeeper(collect)
    expired = -DAY
    while True:
        if time.monotonic() - expired >= DAY:
            expired = time.monotonic()
            expire()
        time.sleep(LOOK_SECONDS)
        housekeeper.look()


def expire() -> None:
    """Delete the classes whose time is over, if this machine has any."""
    from mnist_core import classroom

    with contextlib.suppress(InputError):  # told to who opens a class
        if classroom.kept():
            classroom.store().expire()


@contextlib.asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Work at quiet moments for as long as the server is there."""
    threading.Thread(target=_work, name="quiet", daemon=True).start()
    yield
