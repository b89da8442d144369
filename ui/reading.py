"""Which run reads, and its network, opened once for everybody.

A network is opened by a thread of its own from the moment that somebody opens a page, so that a
person who draws does not wait for it. LiteRT reads; the server never loads TensorFlow.
"""

from __future__ import annotations

import concurrent.futures
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.networks.predictor import UnconvertedError
from mnist_core.runs import Run
from ui import actions

if TYPE_CHECKING:
    from mnist_core.networks.predictor import Predictor

Reader = concurrent.futures.Future["Predictor"]
Packed = concurrent.futures.Future[bytes]
# When a model file was written, in ns, its size in bytes, and the checksum of its LiteRT file.
Stamp = tuple[int, int, str | None]

PICKER = "run"  # the picker's key; the choice holds on every page
DEFAULT = runs.SHIPPED_DIR / runs.DEFAULT_RUN
KEPT = 8  # networks that are kept in memory, the default one among them
T = TypeVar("T")


class Cache(Generic[T]):
    """What is made of runs' networks, each once for everybody, by a thread of its own.

    The least recently used entry is dropped for a new one; that of the default run, which
    reads where no other was picked or can, is always kept.
    """

    def __init__(self, make: Callable[[Run], T], thread: str) -> None:
        self._make = make
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
            if len(self._entries) > KEPT:
                del self._entries[next(path for path in self._entries if path != DEFAULT)]
            return self._entries[run.path][1]


def _stamp(run: Run) -> Stamp:
    """What tells a run's network from one that was in its place."""
    try:
        stat = run.model_file.stat()
    except OSError:
        return 0, 0, None
    made = run.record.litert
    return stat.st_mtime_ns, stat.st_size, made.sha256 if made else None


def _pack(run: Run) -> bytes:
    from mnist_core.networks import browser

    return browser.pack(run)


def _load(run: Run) -> Predictor:
    from mnist_core.networks import predictor

    loaded = predictor.load_converted(run)
    loaded.warm_up()
    return loaded


_readers = Cache(_load, "opener")
_packed = Cache(_pack, "packer")


def reader(run: Run) -> Reader:
    """The run's predictor, now or soon; its `result()` raises InputError if it is broken."""
    return _readers.get(run)


def predict(reader: Reader, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities (n, 10) of images (n, 28, 28) by a predictor that has started.

    Raises:
        InputError: the network is broken, or the images have another shape.
    """
    return reader.result().predict(images)


def packed(run: Run) -> Packed:
    """The run's network for the browser, now or soon, whether or not the predictor has started.

    Its `result()` raises InputError if the network cannot run in a browser.
    """
    return _packed.get(run)


@dataclass(frozen=True)
class Active:
    """The run that reads, its predictor, and a sentence if it is not the one that was picked."""

    run: Run
    reader: Reader
    problem: str | None = None

    @property
    def started(self) -> bool:
        """Whether the run has started, here and for the browser."""
        return self.reader.done() and packed(self.run).done()


def active() -> Active:
    """The run that this visitor picked, or the default one where that cannot be used."""
    default = runs.read_if_changed(DEFAULT)
    name = picked()
    run = runs.named(name) if name else default
    problem = run.problem
    if problem is None and not run.usable:
        problem = f"The run {run.name} is {run.status}."
    if problem is None:
        loading = reader(run)
        # Some damage shows only when the network is loaded.
        error = loading.exception() if loading.done() else None
        if error is None:
            return Active(run, loading)
        problem = _prepared(run) if isinstance(error, UnconvertedError) else str(error)
    return Active(default, reader(default), f"{problem} Meanwhile {default.name} reads.")


def _prepared(run: Run) -> str:
    """Have the network of an older run put into LiteRT's form, and say how far that is."""
    try:
        status = actions.prepare(run)
    except InputError as error:
        return str(error)
    if status is not None and status.problem:
        return status.problem
    return f"{run.name} is being prepared for reading."


def picked() -> str | None:
    """The name of the run that this visitor picked; None before the first choice."""
    return st.session_state.get(PICKER)


def pick(name: str) -> None:
    """Pick the run that reads; on the drawing page only before `picker` is shown."""
    st.session_state[PICKER] = name


def picker() -> None:
    """Lets the visitor choose the run that reads, on every page the same."""
    found = {run.name: run for run in runs.all_runs() if run.problem or run.usable}
    names = list(found)
    if picked() not in names:
        pick(runs.DEFAULT_RUN)
    st.selectbox(
        "Network",
        names,
        key=PICKER,
        persist_state="session",
        format_func=lambda name: _label(found[name]) if name in found else name,
        help="The trained run that reads your drawing.",
    )


def _label(run: Run) -> str:
    if run.problem:
        return f"{run.name} – broken"
    accuracy = run.metrics.test_accuracy
    # What was trained on MNIST and more is still measured on MNIST's test digits.
    dataset = run.dataset.split("+")[0].replace("mnist", "MNIST")
    measured = "" if accuracy is None else f" – {accuracy:.2%} of the test digits of {dataset}"
    return run.name + measured
