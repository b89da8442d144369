"""The process that says what a drawing is like: to every network, and to the training digits.

python -m mnist_core.evaluation.likeness RUN IMAGE.npy RESULT.npz
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_core import datasets, runs
from mnist_core.datasets import Dataset, Images
from mnist_core.drawing import Ink
from mnist_core.errors import InputError
from mnist_core.evaluation import explanations
from mnist_core.files import written_whole
from mnist_core.networks import predictor
from mnist_core.networks.predictor import Predictor
from mnist_core.runs import Run

NEAREST = 12  # training digits that are found
AMONG = 1000  # that are nearest pixel by pixel, from which the network picks them
PART = 5000  # images compared at a time: sixteen megabytes
MOST_NETWORKS = 12  # that are asked, the newest


@dataclass(frozen=True)
class Likeness:
    """What a drawing is like."""

    names: list[str]  # of the networks that were asked
    probabilities: npt.NDArray[np.float32]  # (networks, 10), what each says
    images: Images  # uint8 (n, 28, 28), the training digits most like it, the nearest first
    labels: npt.NDArray[np.int64]  # (n,), theirs
    training_set: str  # the dataset that they come from
    problem: str  # why there are none, or nothing


def nearest_in_training(reader: Predictor, image: Ink, images: Images) -> npt.NDArray[np.int64]:
    """The training digits that are most like a drawing to a network, the nearest first.

    The network compares those only that are nearest pixel by pixel: to compare all, it would have
    to read each of them.

    Args:
        image: float32 (28, 28) in [0, 1].
        images: uint8 (n, 28, 28), the training digits.

    Returns:
        Indices, int64 (`NEAREST`,), or as many as there are images.
    """
    asked = image.reshape(-1) * 255
    apart = np.empty(len(images), np.float32)
    for at in range(0, len(images), PART):
        part = images[at : at + PART].reshape(-1, asked.size).astype(np.float32)
        apart[at : at + PART] = ((part - asked) ** 2).sum(axis=1)
    among = np.argsort(apart, kind="stable")[:AMONG]
    known = explanations.features(reader, images[among])
    own = reader.features(image[None])
    found, _ = explanations.nearest(own, known, min(NEAREST, len(among)))
    return among[found[0]].astype(np.int64)


def of(run: Run, image: Ink) -> Likeness:
    """What a drawing is like to a run's network, and what all networks say of it.

    Args:
        image: float32 (28, 28) in [0, 1].

    Raises:
        InputError: the run is broken.
    """
    names, said = [], []
    usable = [other for other in runs.all_runs() if other.usable and other.name != run.name]
    for other in (run, *usable[: MOST_NETWORKS - 1]):
        try:
            said.append(_reader(other).predict(image[None])[0])
        except InputError:
            if other is run:
                raise
            continue  # what is broken has no say
        names.append(other.name)
    images, labels = np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64)
    problem = ""
    try:
        training = _training(run.dataset)
        found = nearest_in_training(_reader(run), image, training.x_train)
        images, labels = training.x_train[found], training.y_train[found].astype(np.int64)
    except InputError as error:
        problem = str(error)
    return Likeness(names, np.stack(said), images, labels, run.dataset, problem)


def read(path: Path) -> Likeness:
    """What the process has written."""
    with np.load(path, allow_pickle=False) as kept:
        return Likeness(
            [str(name) for name in kept["names"]],
            kept["probabilities"],
            kept["images"],
            kept["labels"],
            str(kept["training_set"]),
            str(kept["problem"]),
        )


def _reader(run: Run) -> Predictor:
    stat = run.model_file.stat()
    return _opened(str(run.path), stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=MOST_NETWORKS)
def _opened(path: str, *stamp: int) -> Predictor:
    return predictor.load(path)


@functools.lru_cache(maxsize=1)  # a warm process is asked about the same digits again and again
def _training(name: str) -> Dataset:
    return datasets.load(name, fetch=False)


def main(arguments: list[str]) -> int:
    """The process: writes a `Likeness`."""
    path, given, result = arguments
    try:
        run = runs.read(path)
        if run.problem:
            raise InputError(run.problem)
        found = of(run, np.load(given, allow_pickle=False))
        with written_whole(Path(result)) as beside:
            np.savez(beside, **vars(found))
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
