"""A process that is kept warm: it does one thing after another, with TensorFlow loaded once.

It ends with whoever started it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mnist_core.background.process import PROJECT


class Helper:
    """A process that calls the `main` of one module after another.

    A crash takes nothing else with it, and what TensorFlow takes long to load stays loaded.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            environment: variables for as long as it lives, besides those of this process.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mnist_core.background.helper"],
            cwd=PROJECT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,  # breaks when this process dies: then the helper ends too
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for whoever gave the command
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self.calls = 0  # so far
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")  # it has ended

    def call(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        wanted: Callable[[], bool] = lambda: True,
        keep: bool = False,
    ) -> int:
        """Call `mnist_core.MODULE.main(ARGUMENTS)` there and wait for it.

        Args:
            environment: variables that are set from now on.
            log: file that takes all that is printed.
            keep: whether networks stay in memory there, to be used again.
            wanted: asked twice a second; once it says no the process is killed.

        Returns:
            The exit status, below zero if a signal ended the process. Nothing can be called
            there any more unless `alive`.
        """
        command = {
            "module": f"mnist_core.{module}",
            "arguments": list(arguments),
            "environment": dict(environment),
            "log": str(log),
            "keep": keep,
        }
        self.calls += 1
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except OSError:  # it has died while it waited
            return self._process.wait()
        while True:
            try:
                answer = self._answers.get(timeout=0.5)
            except queue.Empty:
                if not wanted():
                    self.close()
                    return self._process.wait()
                continue
            return int(answer) if answer else self._process.wait()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()


def _serve() -> None:
    """What a helper does: wait for a command, run it, report its exit status."""
    answers = os.fdopen(os.dup(1), "w")
    commands: queue.Queue[dict[str, Any]] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            commands.put(json.loads(line))
        os._exit(1)  # whoever gave the commands has gone

    threading.Thread(target=listen, daemon=True).start()
    while True:
        command = commands.get()
        os.environ.update(command["environment"])
        with Path(command["log"]).open("a", encoding="utf-8") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        code = _call(command["module"], command["arguments"])
        if (keras := sys.modules.get("keras")) and not command["keep"]:
            keras.utils.clear_session()  # else every network stays in memory
        sys.stdout.flush()
        sys.stderr.flush()
        print(code, file=answers, flush=True)


def _call(module: str, arguments: list[str]) -> int:
    try:
        return int(importlib.import_module(module).main(arguments) or 0)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    _serve()
