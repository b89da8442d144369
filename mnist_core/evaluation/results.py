"""Evaluations of any run on any test set: found, kept, and made in a process of their own.

A run's own evaluation lies in its directory and stays as it is. What is measured later lies
in `models_dir()/.evaluations`; file names and contents say which model file and which digits
it belongs to, so that it is never taken for something else.

    python -m mnist_core.evaluation.results evaluation|neighbours|digits RUN DATASET

is the process. It writes its progress to a file that anybody may read.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_core import background, datasets, runs
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.runs import Evaluation, Run

TEST_SETS = ("mnist", "pen-strokes", "optical-digits")
# What a process of its own can be asked for; the last only fetches the dataset.
EVALUATION, NEIGHBOURS, DIGITS = "evaluation", "neighbours", "digits"
NEAREST = 8  # training digits that are kept for each test digit
COMPARING = 8  # times as long as it takes to read a digit, roughly
PART = 500  # digits read between two notes of progress

Note = Callable[[int, int], None]  # digits done and in all


def test_set(dataset: str) -> str:
    """The name of the test digits of a dataset; those of `mnist+pen-strokes` are MNIST's."""
    return "mnist" if dataset == "mnist+pen-strokes" else dataset


def folder() -> Path:
    return runs.models_dir() / ".evaluations"


# --- finding -------------------------------------------------------------------------


def find(run: Run, dataset: str, checksum: str | None = None) -> Evaluation:
    """The evaluation of a run on a test set, whose arrays must not be changed.

    Args:
        dataset: one of `TEST_SETS`.
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


def _file(kind: str, dataset: Dataset, sha256: str) -> Path:
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
        path = _file(NEIGHBOURS, dataset, sha256)
        found = _read_neighbours(path, *_stamp(path))
    except Exception:  # whatever zipfile and NumPy make of a damaged file
        return None
    fits = found.model_sha256 == sha256 and found.dataset_checksum == dataset.checksum
    return found if fits and found.indices.shape == (len(dataset.y_test), NEAREST) else None


@functools.lru_cache(maxsize=16)
def _read_neighbours(path: Path, *stamp: int) -> Neighbours:
    with np.load(path, allow_pickle=False) as arrays:
        texts = ("training_set", "training_checksum", "dataset_checksum", "model_sha256")
        return Neighbours(
            arrays["indices"], arrays["distances"], *(str(arrays[key]) for key in texts)
        )


# --- making --------------------------------------------------------------------------


def evaluate(run: Run, dataset: Dataset, note: Note | None = None) -> Evaluation:
    """Read the test digits with a run's network and keep what it says.

    Raises:
        InputError: the run is broken or of other shapes, or nothing can be written.
    """
    from mnist_core.networks import predictor

    sha256 = model_sha256(run)
    reader = predictor.load(run)
    images, parts = dataset.x_test, []
    for at in range(0, len(images), PART):
        parts.append(reader.predict(datasets.scale(images[at : at + PART])))
        if note:
            note(min(at + PART, len(images)), len(images))
    found = Evaluation(
        np.concatenate(parts), dataset.y_test, dataset.name, dataset.checksum, sha256
    )
    runs.save_evaluation(_file(EVALUATION, dataset, sha256), found)
    return found


def compare_with_training(
    run: Run, dataset: Dataset, training: Dataset, note: Note | None = None
) -> Neighbours:
    """Find the nearest training digits of every test digit and keep them.

    Raises:
        InputError: the run is broken or of other shapes, or nothing can be written.
    """
    from mnist_core.evaluation import explanations
    from mnist_core.networks import predictor

    sha256 = model_sha256(run)
    reader = predictor.load(run)
    read = len(training.x_train) + len(dataset.x_test)
    total = read + COMPARING * len(dataset.x_test)

    def noted(before: int, weight: int = 1) -> Note:
        return lambda done, _: note(before + weight * done, total) if note else None

    known = explanations.features(reader, training.x_train, noted(0))
    asked = explanations.features(reader, dataset.x_test, noted(len(training.x_train)))
    indices, distances = explanations.nearest(asked, known, NEAREST, noted(read, COMPARING))
    found = Neighbours(
        indices, distances, training.name, training.checksum, dataset.checksum, sha256
    )
    with written_whole(_file(NEIGHBOURS, dataset, sha256)) as beside:
        np.savez_compressed(beside, **vars(found))
    return found


# --- in a process of its own ---------------------------------------------------------

WAITING, LOADING, WORKING, FAILED = "waiting", "loading", "working", "failed"


@dataclass(frozen=True)
class Progress:
    """How far a process is: `state` is one of those above."""

    state: str
    share: float = 0.0  # 0 to 1
    seconds_left: float | None = None
    problem: str | None = None  # one sentence, where it failed


def start(run: Run, dataset: str, kind: str = EVALUATION) -> None:
    """Evaluate a run in a process of its own, unless one does so already.

    Raises:
        InputError: the run is broken, or its folder cannot be written to.
    """
    job = _job(run, dataset, kind)
    if _alive(_read_job(job)):
        return
    with written_whole(job) as beside:  # what cannot be written is told now
        beside.write_text("{}")
    place = str(run.path.resolve())
    mark = background.start("evaluation.results", kind, place, dataset, log=folder() / "log.txt")
    if mark is not None:
        _write_job(job, {"state": WAITING, "process": mark, "started": time.time()})


def progress(run: Run, dataset: str, kind: str = EVALUATION) -> Progress | None:
    """How far the process is that makes a run's evaluation; None if there is none."""
    try:
        told = _read_job(_job(run, dataset, kind))
    except InputError:
        return None
    if told is None:
        return None
    if told.get("state") == FAILED:
        return Progress(FAILED, problem=str(told.get("problem")))
    if not _alive(told):
        return Progress(FAILED, problem="It ended unexpectedly, perhaps for want of memory.")
    done, total = float(told.get("done", 0)), float(told.get("total", 0))
    share = min(1.0, done / total) if total else 0.0
    left = None
    if done and "began" in told:
        left = (time.time() - told["began"]) / done * (total - done)
    return Progress(str(told["state"]), share, left)


def _job(run: Run, dataset: str, kind: str) -> Path:
    return folder() / f"{kind}-{dataset}-{model_sha256(run)[:16]}.json"


def _read_job(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _write_job(path: Path, told: dict[str, Any]) -> None:
    with written_whole(path) as beside:
        beside.write_text(json.dumps(told))


def _alive(told: dict[str, Any] | None) -> bool:
    return (
        told is not None and told.get("state") != FAILED and background.alive(told.get("process"))
    )


def main(arguments: list[str]) -> None:
    """The process: waits for those before it, works, tells how far it is, and ends."""
    kind, path, dataset_name = arguments
    run = runs.read(path)
    job = _job(run, dataset_name, kind)
    told: dict[str, Any] = {"process": background.this_process(), "started": time.time()}
    if hasattr(os, "nice"):
        os.nice(5)  # whoever draws meanwhile comes first

    def tell(state: str, **more: Any) -> None:
        told.update(state=state, **more)
        _write_job(job, told)

    def note(done: int, total: int) -> None:
        if done >= total or time.time() - told.get("noted", 0) > 0.3:
            tell(WORKING, done=done, total=total, noted=time.time())

    def note_download(done: int, total: int | None) -> None:
        if time.time() - told.get("noted", 0) > 0.3:
            tell(LOADING, done=done, total=total or 0, noted=time.time())

    try:
        tell(WAITING)
        while _others_before(job, told["started"]):
            time.sleep(0.5)
        tell(LOADING)
        dataset = datasets.load(dataset_name, note_download)
        if kind == EVALUATION:
            tell(WORKING, done=0, total=0, began=time.time())
            evaluate(run, dataset, note)
        elif kind == NEIGHBOURS:
            training = datasets.load(run.info["dataset"]["name"], note_download)
            tell(WORKING, done=0, total=0, began=time.time())
            compare_with_training(run, dataset, training, note)
        job.unlink(missing_ok=True)
    except InputError as error:
        tell(FAILED, problem=str(error))
    except MemoryError:
        tell(FAILED, problem="There is not enough memory: close other programs and try again.")
    except Exception as error:
        tell(FAILED, problem=f"It failed ({type(error).__name__}): see {folder() / 'log.txt'}.")
        raise


def _others_before(job: Path, started: float) -> bool:
    """Whether a process that was started earlier still works: two would slow each other."""
    for path in folder().glob("*.json"):
        told = _read_job(path)
        if path != job and told and _alive(told) and told.get("started", started) < started:
            return True
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
