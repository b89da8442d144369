"""What a class has the server do: wait for the database, and read digits."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from mnist_core import classroom, drawing, runs
from mnist_core.classroom.records import Reading, Strokes
from mnist_core.errors import InputError
from mnist_core.networks.kept import DEFAULT
from mnist_core.runs import Run
from routes import readers

OPEN_SECONDS = 1.0  # to wait for a network that is just being opened

P = ParamSpec("P")
T = TypeVar("T")

# What waits for the database waits here, and holds up nobody else.
_threads = concurrent.futures.ThreadPoolExecutor(16, thread_name_prefix="class")


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What a function gives that waits for the database."""
    return await asyncio.wrap_future(_threads.submit(work, *given, **named))


def network_of(found: classroom.Class) -> Run:
    """The run that reads in a class: its own if that can read, else the default one."""
    if found.network is not None:
        run = runs.named(found.network)
        if run.usable:
            return run
    return runs.read_if_changed(DEFAULT)


def read(strokes: Strokes, run: Run | None = None) -> Reading | None:
    """What a network says of a digit: the digit and its probability.

    Args:
        run: by default the default run.

    Returns:
        None where the network is not open within a second, or cannot read.
    """
    reader = readers.reader(run or runs.read_if_changed(DEFAULT))
    try:
        predictor = reader.result(OPEN_SECONDS)
    except (InputError, TimeoutError):
        return None
    image = drawing.from_strokes([np.array(stroke) for stroke in strokes])
    if not image.any():
        return None
    probabilities = predictor.predict(image[None])[0]
    best = int(probabilities.argmax())
    return best, float(probabilities[best])
