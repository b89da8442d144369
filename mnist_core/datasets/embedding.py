"""Digits on a plane, those that are alike close together: t-SNE, made once and kept.

t-SNE (van der Maaten, Hinton 2008) takes ten seconds and more for some thousand digits. It
runs beside the server (`embedder`), says how far it is, and leaves its result in a file, so that
nobody waits twice.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_core import datasets
from mnist_core.background import Job, Status
from mnist_core.datasets import Dataset, Images, analysis
from mnist_core.errors import InputError
from mnist_core.files import written_whole

SHIPPED = Path(__file__).parent / "maps"  # coordinates alone, made by `mnist_core.datasets.maps`
MAPPED = 3000  # digits on a map, at most
VERSION = 1  # of what is kept: another number and all is computed anew

Points = npt.NDArray[np.float32]


class Embedding:
    """A t-SNE under way or done. `share` goes from 0 to 1; then there are points or an error."""

    def __init__(self, images: Images) -> None:
        """Look for the points of images uint8 (n, 28, 28), and have them computed if need be."""
        self._count = len(images)
        self.path = place(images)
        folder, name = self.path.parent, self.path.stem
        self._job = Job.named(folder, name)
        self._points: Points | None = None
        self.error: str | None = None
        if self.points is None:
            self._start(folder / f"{name}-images.npy", images)

    def _start(self, given: Path, images: Images) -> None:
        try:
            with written_whole(given) as beside, beside.open("wb") as file:
                np.save(file, images)
            self._job.start("datasets.embedder", str(given), str(self.path))
        except InputError as error:
            self.error = str(error)

    @property
    def points(self) -> Points | None:
        """Float32 (n, 2); None before they are computed."""
        if self._points is None:
            self._points = _read(SHIPPED / self.path.name, self._count)
        if self._points is None:
            self._points = _read(self.path, self._count)
        return self._points

    @property
    def done(self) -> bool:
        if self.points is not None or self.error is not None:
            return True
        status = self._status()
        if status is None and self.points is None:
            self.error = "t-SNE came to no result: try again."
        elif status is not None and status.problem:
            self.error = f"t-SNE failed ({status.problem}): try again."
        return self.error is not None or self.points is not None

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        if self.points is not None:
            return 1.0
        status = self._status()
        return status.share if status else 0.0

    @property
    def seconds_left(self) -> float | None:
        """As if it went on as until now; None while nothing can be said."""
        status = self._status()
        return status.seconds_left if status and 0.05 < status.share < 1 else None

    def _status(self) -> Status | None:
        return self._job.status()


def kept(images: Images) -> Points | None:
    """The points float32 (n, 2) of images uint8 (n, 28, 28), if they were computed before."""
    own, count = place(images), len(images)
    shipped = _read(SHIPPED / own.name, count)
    return _read(own, count) if shipped is None else shipped


def mapped(dataset: Dataset) -> npt.NDArray[np.intp]:
    """The indices of the training digits that a map of a dataset shows, the same each time."""
    count = len(dataset.x_train)
    return analysis.sample(min(MAPPED, count), count)


def place(images: Images) -> Path:
    """The file that keeps the map of images uint8 (n, 28, 28)."""
    digest = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()[:16]
    return datasets.cache_folder() / f"tsne-{VERSION}-{digest}.npy"


def _read(path: Path, count: int) -> Points | None:
    try:
        points = np.load(path, allow_pickle=False)
    except Exception:  # missing or damaged: it is computed again
        return None
    if points.shape != (count, 2) or not np.isfinite(points).all():
        return None
    return points.astype(np.float32)
