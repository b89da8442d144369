"""The networks that this server reads with, each opened once for pages and classes alike.

A network is opened by a thread of its own from the moment that somebody asks for it, so that a
person who draws does not wait for it. LiteRT reads; the server never loads TensorFlow.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

from mnist_core.networks.kept import Kept
from mnist_core.runs import Run

if TYPE_CHECKING:
    from mnist_core.networks.predictor import Predictor

Reader = concurrent.futures.Future["Predictor"]


def _load(run: Run) -> Predictor:
    from mnist_core.networks import predictor

    loaded = predictor.load_converted(run)
    loaded.warm_up()
    return loaded


_readers = Kept(_load, "opener")


def reader(run: Run) -> Reader:
    """The run's predictor, now or soon; its `result()` raises InputError if it is broken."""
    return _readers.get(run)
