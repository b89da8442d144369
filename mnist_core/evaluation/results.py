"""Evaluations of any run on any test set: found, kept, and made in a process of their own.

A run's own evaluation lies in its directory and stays as it is. What is measured later (by
`evaluator`) lies in `models_dir()/.evaluations`; file names and contents say which model file
and which digits it belongs to, so that it is never taken for something else.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_core import datasets, runs
from mnist_core.background import Job, Status
from mnist_core.datasets import Dataset, hands
from mnist_core.errors import InputError
from mnist_core.files import opened
from mnist_core.runs import Evaluation, Run

TEST_SETS = ("mnist", "pen-strokes", "uji-pen", "swiss-digits", "optical-digits")
# What a process of its own can be asked for; the last only fetches the dataset.
EVALUATION, NEIGHBOURS, DIGITS = "evaluation", "neighbours", "digits"
EXCITING = "exciting"  # see `exciting`
NEAREST = 8  # training digits that are kept for each test digit


def test_sets() -> tuple[str, ...]:
    """What a run can be evaluated on: `TEST_SETS`, and the hands that were brought in."""
    return (*TEST_SETS, *hands.names())


def test_set(dataset: str) -> str:
    """The name of the test digits of a dataset: those of a combination are its first part's."""
    return dataset.partition("+")[0]


def folder() -> Path:
    return runs.models_dir() / ".evaluations"


# --- finding -------------------------------------------------------------------------


def find(run: Run, dataset: str, checksum: str | None = None) -> Evaluation:
    """The evaluation of a run on a test set, whose arrays must not be changed.

    Args:
        dataset: one of `test_sets()`.
        checksum: of the dataset, if it is known; else the latest evaluation is given, and
            `check` can say later whether it belongs to the digits that are at hand.

    Raises:
        InputError: there is none; its sentence says why.
    """
    sha256 = model_sha256(run)
    own = _read(run.path / "evaluation.npz")
    kept = [found for path in _kept(EVALUATION, dataset, sha256) if (found := _read(path))]
    for found in (own, *kept):
        if (
            found is not None
            and found.model_sha256 == sha256
            and test_set(found.dataset) == dataset
            and _fits(found, dataset, checksum)
        ):
            return found
    words = f"{run.name} has not been evaluated on {dataset} yet."
    if own is not None and own.model_sha256 != sha256:
        words = f"The evaluation of {run.name} belongs to another model file."
    elif own is not None and test_set(own.dataset) == dataset:
        words = f"The evaluation of {run.name} belongs to other digits than this {dataset}."
    elif own is None and (run.path / "evaluation.npz").exists():
        words = f"The evaluation.npz of {run.name} cannot be read."
    raise InputError(f"{words} Evaluate it to see where it errs.")


def check(evaluation: Evaluation, dataset: Dataset) -> bool:
    """Whether an evaluation belongs to the test digits of a dataset that was loaded."""
    return bool(
        np.array_equal(evaluation.labels, dataset.y_test)
        and _fits(evaluation, dataset.name, dataset.checksum)
    )


def _fits(evaluation: Evaluation, dataset: str, checksum: str | None) -> bool:
    if dataset == "mnist":
        # MNIST is only ever loaded whole and unaltered: its labels tell it.
        digest = hashlib.sha256(np.ascontiguousarray(evaluation.labels).data).hexdigest()
        return digest == datasets.MNIST_ARRAYS["y_test"][1]
    return checksum is None or evaluation.dataset_checksum == checksum


def model_sha256(run: Run) -> str:
    """The checksum of a run's model file.

    Raises:
        InputError: the run is broken or has no trained network.
    """
    if run.problem:
        raise InputError(run.problem)
    if not run.usable:
        raise InputError(f"The run {run.name} is {run.status} and has no trained network.")
    try:
        return _sha256(run.model_file, *_stamp(run.model_file))
    except OSError as error:
        raise InputError(
            f"Cannot read the model file of {run.name} ({error.strerror}): train it again."
        ) from error


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, *stamp: int) -> str:
    return runs.file_sha256(path)


def _read(path: Path) -> Evaluation | None:
    try:
        return _read_stamped(path, *_stamp(path))
    except OSError:
        return None


@functools.lru_cache(maxsize=64)
def _read_stamped(path: Path, *stamp: int) -> Evaluation | None:
    evaluation = runs.load_evaluation(path)
    if evaluation is not None:
        for array in (evaluation.probabilities, evaluation.labels):
            array.setflags(write=False)
    return evaluation


def _kept(kind: str, dataset: str, sha256: str) -> list[Path]:
    """The files kept for a model file, the newest first."""
    found = []
    for path in folder().glob(f"{kind}-{dataset}-{sha256[:16]}-*.npz"):
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found, reverse=True)]


def kept_file(kind: str, dataset: Dataset, sha256: str) -> Path:
    """Where something of a model file and a dataset is kept."""
    return folder() / f"{kind}-{dataset.name}-{sha256[:16]}-{dataset.checksum[:16]}.npz"


@dataclass(frozen=True)
class Neighbours:
    """The training digits that are nearest to each test digit, by the network's own features."""

    indices: npt.NDArray[np.int32]  # (n, NEAREST), into the training set, the nearest first
    distances: npt.NDArray[np.float32]  # (n, NEAREST), Euclidean
    training_set: str  # name
    training_checksum: str
    dataset_checksum: str  # of the test digits
    model_sha256: str


def find_neighbours(run: Run, dataset: Dataset) -> Neighbours | None:
    """What was kept for a run and a dataset, or None if there is nothing that can be read."""
    sha256 = model_sha256(run)
    try:
        path = kept_file(NEIGHBOURS, dataset, sha256)
        found = _read_neighbours(path, *_stamp(path))
    except Exception:  # whatever zipfile and NumPy make of a damaged file
        return None
    fits = found.model_sha256 == sha256 and found.dataset_checksum == dataset.checksum
    return found if fits and found.indices.shape == (len(dataset.y_test), NEAREST) else None


@functools.lru_cache(maxsize=16)
def _read_neighbours(path: Path, *stamp: int) -> Neighbours:
    with opened(path) as file, np.load(file, allow_pickle=False) as arrays:
        texts = ("training_set", "training_checksum", "dataset_checksum", "model_sha256")
        return Neighbours(
            arrays["indices"], arrays["distances"], *(str(arrays[key]) for key in texts)
        )


# --- making --------------------------------------------------------------------------


def job(run: Run, dataset: str, kind: str = EVALUATION) -> Job:
    """The job that makes a run's evaluation, to be watched.

    Raises:
        InputError: the run is broken or has no trained network.
    """
    return Job.named(folder(), f"{kind}-{dataset}-{model_sha256(run)[:16]}")


def start(run: Run, dataset: str, kind: str = EVALUATION) -> None:
    """Evaluate a run in a process of its own, unless one does so already.

    Raises:
        InputError: the run is broken, or its folder cannot be written to.
    """
    job(run, dataset, kind).start("evaluation.evaluator", kind, str(run.path.resolve()), dataset)


def progress(run: Run, dataset: str, kind: str = EVALUATION) -> Status | None:
    """How far the process is that makes a run's evaluation; None if there is none."""
    try:
        return job(run, dataset, kind).status()
    except InputError:
        return None
