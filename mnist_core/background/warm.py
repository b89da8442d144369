"""A helper that is there when it is needed: started at the first call, ended when nobody calls."""

from __future__ import annotations

import threading

from mnist_core.background.helper import Helper
from mnist_core.background.job import log_end
from mnist_core.background.process import environment, why_ended
from mnist_core.errors import InputError
from mnist_core.files import scratch

IDLE_SECONDS = 300.0  # after which the process is ended: TensorFlow holds half a gigabyte


class WarmHelper:
    """One helper process for all who call; calls wait for each other."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._helper: Helper | None = None
        self._timer: threading.Timer | None = None

    def call(self, module: str, *arguments: str) -> None:
        """Call an entry module's `main` there and wait for it.

        Raises:
            InputError: what it refuses, in its words; or it ended unexpectedly.
        """
        with self._lock, scratch() as folder:
            if self._timer is not None:
                self._timer.cancel()
            if self._helper is None or not self._helper.alive:
                self._helper = Helper({"TF_CPP_MIN_LOG_LEVEL": "3"})
            log = folder / "log.txt"
            here = {k: v for k, v in environment().items() if k == "MODELS_DIR"}
            code = self._helper.call(module, arguments, here, log, keep=True)
            self._timer = threading.Timer(self._idle_seconds, self.close)
            self._timer.daemon = True
            self._timer.start()
            if code:
                last = log_end(log, 1)
                said = last.startswith("error: ")
                raise InputError(why_ended(code, last) if said or code < 0 else f"{last[:200]}.")

    def close(self) -> None:
        """End the process, if there is one; the next call starts another."""
        with self._lock:
            if self._helper is not None:
                self._helper.close()
                self._helper = None
