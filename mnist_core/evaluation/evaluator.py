"""The process that makes an evaluation which is missing.

python -m mnist_core.evaluation.evaluator evaluation|neighbours|exciting|digits RUN DATASET
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from mnist_core import background, datasets, runs
from mnist_core.background import LOADING, WORKING, Job, Note
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.evaluation.results import (
    EVALUATION,
    EXCITING,
    NEAREST,
    NEIGHBOURS,
    Neighbours,
    kept_file,
    model_sha256,
)
from mnist_core.files import written_whole
from mnist_core.runs import Evaluation, Run

COMPARING = 8  # times as long as it takes to read a digit, roughly
PART = 500  # digits read between two notes of progress

OnDigits = Callable[[int, int], None]  # digits done and in all


def evaluate(run: Run, dataset: Dataset, note: OnDigits | None = None) -> Evaluation:
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
    runs.save_evaluation(kept_file(EVALUATION, dataset, sha256), found)
    return found


def compare_with_training(
    run: Run, dataset: Dataset, training: Dataset, note: OnDigits | None = None
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

    def noted(before: int, weight: int = 1) -> OnDigits:
        return lambda done, _: note(before + weight * done, total) if note else None

    known = explanations.features(reader, training.x_train, noted(0))
    asked = explanations.features(reader, dataset.x_test, noted(len(training.x_train)))
    indices, distances = explanations.nearest(asked, known, NEAREST, noted(read, COMPARING))
    found = Neighbours(
        indices, distances, training.name, training.checksum, dataset.checksum, sha256
    )
    with written_whole(kept_file(NEIGHBOURS, dataset, sha256)) as beside:
        np.savez_compressed(beside, **vars(found))
    return found


def make(kind: str, run: Run, dataset_name: str, note: Note) -> None:
    """Make what is asked for, and say how far it is.

    Raises:
        InputError: the dataset cannot be had, or as `evaluate` and `compare_with_training`.
    """

    def loading(done: int, total: int | None) -> None:
        note(LOADING, done, total or 0)

    def working(done: int, total: int) -> None:
        note(WORKING, done, total)

    note(LOADING)
    dataset = datasets.load(dataset_name, loading)
    if kind == EVALUATION:
        evaluate(run, dataset, working)
    elif kind == NEIGHBOURS:
        training = datasets.load(run.dataset, loading)
        compare_with_training(run, dataset, training, working)
    elif kind == EXCITING:
        from mnist_core.evaluation import exciting
        from mnist_core.networks.startup import start_tensorflow

        start_tensorflow()
        exciting.find(run, dataset, working)


def main(arguments: list[str]) -> int:
    """The process: waits for those before it, works, tells how far it is, and ends."""
    kind, path, dataset_name = arguments
    background.lower_priority()
    run = runs.read(path)
    job = results.job(run, dataset_name, kind)
    try:
        with job.at_work() as note:
            while _others_before(job, note.started):
                time.sleep(0.5)
            make(kind, run, dataset_name, note)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _others_before(job: Job, started: float) -> bool:
    """Whether a process that was started earlier still works: two would slow each other."""
    for path in results.folder().glob("*.json"):
        status = Job.named(results.folder(), path.stem).status()
        if path != job.status_file and status and status.active and status.started < started:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
