"""A dataset in memory: its digits, and what a network takes of them.

Images are uint8 (n, 28, 28), 0 the ground and 255 the ink; labels uint8 (n,), 0 to 9.
`scale` makes of images what a network takes.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]
Writers = npt.NDArray[np.int16]
Strokes = Sequence[npt.NDArray[np.float64]]

CLASSES = 10


@dataclass(frozen=True)
class Dataset:
    """Training and test digits with their labels, and where they come from.

    Digits that were written with a pen also have their strokes, arrays (n, 2) of x and y
    with y downward, and the number of their writer; others have none and writer 0.
    """

    name: str
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    source: str
    strokes_train: Sequence[Strokes] = ()  # as long as x_train, or empty
    writers_train: Writers | None = None
    strokes_test: Sequence[Strokes] = ()
    writers_test: Writers | None = None

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over all arrays: the same digits in the same order, or another value."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def scale(images: Images) -> npt.NDArray[np.float32]:
    """uint8 images of 0 to 255 as float32 of 0 to 1."""
    return images.astype(np.float32) / np.float32(255)


def one_hot(labels: Labels) -> npt.NDArray[np.float32]:
    """Labels (n,) as float32 (n, 10) with a one in the label's column."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def describe(dataset: Dataset) -> dict[str, Any]:
    """What a data analysis starts with: shapes, class balance, and the range of pixels."""
    return {
        "name": dataset.name,
        "image_shape": dataset.x_train.shape[1:],
        "train_samples": len(dataset.x_train),
        "test_samples": len(dataset.x_test),
        "classes": CLASSES,
        "train_per_class": np.bincount(dataset.y_train, minlength=CLASSES).tolist(),
        "test_per_class": np.bincount(dataset.y_test, minlength=CLASSES).tolist(),
        "pixel_range": (int(dataset.x_train.min()), int(dataset.x_train.max())),
        "pixel_mean": float(dataset.x_train.mean() / 255),
        "pixel_std": float((dataset.x_train / np.float32(255)).std()),
    }
