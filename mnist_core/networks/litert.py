"""A network as LiteRT reads it: small, quick for one image, safe from many threads.

Such a file gives, for each image, ten scores and behind them the features: what the last layer
is given, in which the network tells the digits apart.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
from ai_edge_litert.interpreter import Interpreter

from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.networks import startup
from mnist_core.recipes import CLASSES

FEW = 8  # images at the most that one thread reads; more are shared out among the cores
BATCH = 250  # images read at a time, so that thousands do not need gigabytes


class Network:
    """Reads images with a LiteRT file."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            InputError: it is missing, damaged, or of other shapes.
        """
        self._path = path
        self._idle: dict[int, queue.SimpleQueue[_Interpreter]] = {
            1: queue.SimpleQueue(),
            _cores(): queue.SimpleQueue(),
        }
        first = _Interpreter(path, 1)
        self.features = first.outputs - CLASSES
        self._idle[1].put(first)

    def read(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Scores and features of images float32 (n, 28, 28): float32 (n, 10 + features).

        It may be called from many threads at once.
        """
        if len(images) <= FEW:
            return self._run(images, 1)
        parts = [
            self._run(images[at : at + BATCH], _cores()) for at in range(0, len(images), BATCH)
        ]
        return np.concatenate(parts)

    def _run(self, images: npt.NDArray[np.float32], threads: int) -> npt.NDArray[np.float32]:
        idle = self._idle[threads]
        try:
            interpreter = idle.get_nowait()
        except queue.Empty:  # as many as are used at once
            interpreter = _Interpreter(self._path, threads)
        try:
            return interpreter.run(images)
        finally:
            idle.put(interpreter)


class _Interpreter:
    """One of LiteRT's interpreters, which one thread at a time may use."""

    def __init__(self, path: Path, threads: int) -> None:
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
            with _first_notice():
                self._interpreter.allocate_tensors()
            (given,) = self._interpreter.get_input_details()
            (made,) = self._interpreter.get_output_details()
        except Exception as error:  # whatever LiteRT makes of a damaged file
            raise InputError(f"The file {path.name} is no network that LiteRT reads.") from error
        shapes = tuple(given["shape_signature"]), tuple(made["shape_signature"])
        if shapes[0][1:] != (SIDE, SIDE) or len(shapes[1]) != 2 or shapes[1][1] < CLASSES:
            raise InputError(f"The file {path.name} holds a network of other shapes.")
        self._input, self._output = given["index"], made["index"]
        self._count = -1
        self.outputs = int(shapes[1][1])

    def run(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if len(images) != self._count:
            self._count = -1  # should it fail halfway
            self._interpreter.resize_tensor_input(self._input, images.shape)
            self._interpreter.allocate_tensors()
            self._count = len(images)
        self._interpreter.set_tensor(self._input, images)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)


_noticed = threading.Event()


@contextlib.contextmanager
def _first_notice() -> Iterator[None]:
    """LiteRT says once in a process how it reads, on standard error; nobody wants to know."""
    if _noticed.is_set():
        yield
        return
    with startup.without_notices():
        yield
    _noticed.set()


def _cores() -> int:
    return max(2, psutil.cpu_count() or 2)
