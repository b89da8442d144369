"""Work that goes on while pages are shown: downloads, maps of digits, measurements.

It is named for what sets it apart: each piece is done once and shared by everybody who has
a page open, and a page only asks how far it is. It lives in threads of the server and ends
with it; what must outlive a page or the server has a process of its own, by
`mnist_core.background`.
"""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mnist_core import datasets
from mnist_core.datasets import Dataset, Images
from mnist_core.datasets import embedding as embeddings
from mnist_core.datasets.embedding import Embedding, Points
from mnist_core.errors import InputError
from mnist_core.evaluation import comparison

if TYPE_CHECKING:
    from mnist_core.evaluation.comparison import Measured
    from mnist_core.runs import Run

Probabilities = npt.NDArray[np.float32]
Features = npt.NDArray[np.float32]

_lock = threading.Lock()
_measurer = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="measurer")


class Download:
    """A dataset on its way. `error` is a sentence once it has failed."""

    def __init__(self, name: str, load: Callable[..., Dataset] = datasets.load) -> None:
        self.name = name
        self.received, self.total = 0, None
        self.error: str | None = None
        self.done = False
        self.started = time.monotonic()
        threading.Thread(target=self._run, args=(load,), name="download", daemon=True).start()

    def _run(self, load: Callable[..., Dataset]) -> None:
        try:
            load(self.name, self._note)
        except InputError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"The download of {self.name} failed ({error}): try again."
        finally:
            self.done = True

    def _note(self, received: int, total: int | None) -> None:
        if received < self.received:  # the next file of the dataset
            self.started = time.monotonic()
        self.received, self.total = received, total  # type: ignore[assignment]

    @property
    def seconds_left(self) -> float | None:
        if not self.total or not self.received:
            return None
        return (time.monotonic() - self.started) * (self.total / self.received - 1)


_downloads: dict[str, Download] = {}


def download(name: str) -> Download | None:
    """The download of a dataset that is under way or has failed; None if there is none."""
    return _downloads.get(name)


def start_download(name: str) -> Download:
    """Begin to download a dataset, unless that goes on already."""
    with _lock:
        now = _downloads.get(name)
        if now is None or now.done:
            now = _downloads[name] = Download(name)
        return now


_embeddings: dict[tuple[str, int], Embedding] = {}


def embedding(key: str, images: Images, again: bool = False) -> Embedding:
    """The t-SNE of images, begun now or before; one that failed begins `again` if asked to."""
    with _lock:
        place = key, len(images)
        if place not in _embeddings or (again and _embeddings[place].error):
            _embeddings[place] = Embedding(images)
        return _embeddings[place]


def kept_embedding(key: str, images: Images) -> Points | None:
    """The t-SNE of images if somebody had it computed before."""
    with _lock:
        known = _embeddings.get((key, len(images)))
    return known.points if known else embeddings.kept(images)


_measured: dict[tuple[str, int, int, bool], concurrent.futures.Future[Measured]] = {}


def measured(run: Run) -> concurrent.futures.Future[Measured]:
    """A run's network tried out, now or soon; `result()` raises InputError if it is broken."""
    key = _measured_key(run)
    with _lock:
        if key not in _measured:
            _measured[key] = _measurer.submit(comparison.measure, run)
        return _measured[key]


def is_measured(run: Run) -> bool:
    """Whether a run was tried out before, or is at this moment."""
    with _lock:
        return _measured_key(run) in _measured


def _measured_key(run: Run) -> tuple[str, int, int, bool]:
    try:
        stat = run.model_file.stat()
        stamp = stat.st_mtime_ns, stat.st_size
    except OSError:
        stamp = 0, 0
    return str(run.path), *stamp, datasets.at_hand(comparison.DRAWN)


_readings: dict[tuple[object, ...], tuple[Probabilities, Features]] = {}
READINGS = 2  # that are kept, of ten megabytes at the most


def whole_reading(run: Run, dataset: str) -> tuple[Probabilities, Features]:
    """A run's reading of a dataset's test digits, float32 (n, 10), and features (n, d).

    It takes seconds for ten thousand digits, once.

    Raises:
        InputError: the run or the dataset cannot be had.
    """
    from mnist_core.networks import predictor

    digits = datasets.load(dataset, fetch=False)
    key = run.path, run.record.model, digits.checksum
    with _lock:
        known = _readings.get(key)
    if known is None:
        known = predictor.load(run).read(datasets.scale(digits.x_test))
        with _lock:
            for old in list(_readings)[: 1 - READINGS or None]:
                del _readings[old]
            _readings[key] = known
    return known
