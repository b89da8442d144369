"""The test digits that excite each unit of a network most: found once, and kept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mnist_core import datasets
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation.results import EXCITING, kept_file, model_sha256
from mnist_core.files import opened, written_whole
from mnist_core.runs import Run

if TYPE_CHECKING:
    import keras

MOST = 9  # digits that are kept for each unit
BATCH = 250  # digits read at a time
# Layers that hand on what they are given.
WITHOUT_UNITS = ("InputLayer", "Flatten", "Reshape", "Dropout", "Activation", "ReLU")

Note = Callable[[int, int], None]  # digits done and in all


@dataclass(frozen=True)
class Exciting:
    """Of one layer, the test digits that excite each unit most, the most exciting first."""

    indices: npt.NDArray[np.int32]  # (units, MOST), into the test digits
    values: npt.NDArray[np.float32]  # (units, MOST): a map's is its brightest pixel's


def find(run: Run, dataset: Dataset, note: Note | None = None) -> dict[str, Exciting]:
    """Read all test digits and keep which of them excite the units of each layer.

    It takes TensorFlow, and so a process of its own.

    Args:
        dataset: at least `MOST` test digits.
        note: called with the digits done and in all.

    Raises:
        InputError: the run is broken, or nothing can be written.
    """
    import keras

    from mnist_core.networks import keras_predictor

    sha256 = model_sha256(run)
    model = keras_predictor.load_model(run)
    layers = _layers(run, model)
    outputs = {name: model.get_layer(gives).output for name, gives in layers.items()}
    inner = keras.Model(model.inputs[0], list(outputs.values()))
    parts: list[list[npt.NDArray[np.float32]]] = [[] for _ in outputs]
    images = dataset.x_test
    for at in range(0, len(images), BATCH):
        given = inner(datasets.scale(images[at : at + BATCH]), training=False)
        for part, tensor in zip(parts, given if len(outputs) > 1 else [given], strict=True):
            values = np.asarray(tensor)
            part.append(values.max(axis=(1, 2)) if values.ndim == 4 else values)
        if note:
            note(min(at + BATCH, len(images)), len(images))
    found = {
        name: _strongest(np.concatenate(part)) for name, part in zip(outputs, parts, strict=True)
    }
    arrays = {
        f"{kind}_{number}": getattr(exciting, kind)
        for number, exciting in enumerate(found.values())
        for kind in ("indices", "values")
    }
    with written_whole(kept_file(EXCITING, dataset, sha256)) as beside:
        np.savez_compressed(beside, allow_pickle=False, names=np.array(list(found)), **arrays)
    return found


def _layers(run: Run, model: keras.Model) -> dict[str, str]:
    """Layers by the name that people see, and the layer whose output theirs is."""
    from mnist_core.networks import browser

    try:
        return browser.names(run)
    except InputError:  # no browser runs it: then whatever has units
        return {
            layer.name: layer.name
            for layer in model.layers
            if type(layer).__name__ not in WITHOUT_UNITS
            and len(getattr(layer.output, "shape", ())) in (2, 4)
        }


def _strongest(values: npt.NDArray[np.float32]) -> Exciting:
    """The most exciting of all, (n, units), for each unit."""
    order = np.argsort(-values, axis=0, kind="stable")[:MOST]
    return Exciting(
        order.T.astype(np.int32), np.take_along_axis(values, order, axis=0).T.astype(np.float32)
    )


def kept(run: Run, dataset: Dataset) -> dict[str, Exciting] | None:
    """What was found and kept, by the names of the layers; None if nothing can be read.

    Raises:
        InputError: the run is broken.
    """
    path = kept_file(EXCITING, dataset, model_sha256(run))
    try:
        stat = path.stat()
        return dict(_read(path, len(dataset.x_test), stat.st_mtime_ns, stat.st_size))
    except Exception:  # whatever zipfile and NumPy make of a damaged file
        return None


@functools.lru_cache(maxsize=8)
def _read(path: Path, count: int, *stamp: int) -> dict[str, Exciting]:
    return dict(_entries(path, count))


def _entries(path: Path, count: int) -> Iterator[tuple[str, Exciting]]:
    with opened(path) as file, np.load(file, allow_pickle=False) as arrays:
        for number, name in enumerate(arrays["names"].tolist()):
            indices, values = arrays[f"indices_{number}"], arrays[f"values_{number}"]
            if indices.shape != values.shape or indices.min() < 0 or indices.max() >= count:
                raise ValueError("indices of no digits")
            yield name, Exciting(indices, values)
