"""How studies grow with the workers, and what a trial costs beyond its training.

A small study of the bundled digits goes through the same queue as every run, and is then
trained by one worker to as many as this machine has processors (with Dask).

    python benchmarks/studies.py [--seeds 8]
"""

import argparse
import dataclasses
import functools
import os
import tempfile
import time
from collections.abc import Callable

from dask.system import CPU_COUNT

from common import print_table
from mnist_core.experiments import cluster, studies, study_progress, study_trials
from mnist_core.experiments.studies import Study
from mnist_core.experiments.study_tasks import StudyTasks
from mnist_core.recipes import dense

BASE = dataclasses.replace(studies.BASE, dataset="optical-digits", epochs=20)
SMALL = Study(
    "benchmark",
    "Neurons in the hidden layer",
    "How wide?",
    {str(width): dataclasses.replace(BASE, hidden=(dense(width),)) for width in (16, 64)},
)


def rows_of(trials: list[study_trials.StudyTrial]) -> list[study_trials.Row]:
    keys = {trial.key for trial in trials}
    return [row for row in study_trials.read() if row.key in keys]


def in_the_queue(trials: list[study_trials.StudyTrial]) -> float:
    """Seconds from the first trial in the queue to the last row in the table."""
    started = time.perf_counter()
    study_trials.submit(trials)
    study_progress.follow(trials, lambda *_: None)
    return time.perf_counter() - started


def by_workers(workers: int, trials: list[study_trials.StudyTrial]) -> float:
    """The same by workers beside each other; their own start is left out."""
    with cluster.local(workers) as address:
        started = time.perf_counter()
        cluster.run_all(address, StudyTasks(trials), lambda _: None)
        return time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=8)
    trials = SMALL.trials(options.parse_args().seeds)
    ways: dict[str, tuple[int, Callable[[list[study_trials.StudyTrial]], float]]] = {
        "queue": (1, in_the_queue)
    }
    for workers in range(1, CPU_COUNT + 1):
        name = f"{workers} worker{'s' * (workers > 1)}"
        ways[name] = workers, functools.partial(by_workers, workers)
    lines = []
    for name, (at_a_time, way) in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            os.environ["MODELS_DIR"] = folder
            seconds = way(trials)
            rows = rows_of(trials)
        training = sum(row.seconds for row in rows)
        lines.append(
            [
                name,
                str(len(rows)),
                f"{seconds:.1f}",
                f"{training / len(rows):.1f}",
                f"{(seconds * at_a_time - training) / len(rows):.1f}",
                f"{3600 * len(rows) / seconds:.0f}",
                f"{3600 / seconds:.0f}",
            ]
        )
    print_table(
        [
            "trained by",
            "trials",
            "seconds",
            "training, a trial",
            "all else, a trial",
            "trials an hour",
            "such studies an hour",
        ],
        lines,
    )


if __name__ == "__main__":
    main()
