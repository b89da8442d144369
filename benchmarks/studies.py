"""What a trial of a study costs beyond its training: start-up, measuring, the queue.

A small study of the bundled digits goes through the same queue as every training.

    python benchmarks/studies.py [--seeds 3]
"""

import argparse
import dataclasses
import os
import tempfile
import time

from common import print_table
from mnist_core import studies, trials
from mnist_core.recipes import dense
from mnist_core.studies import Study

BASE = dataclasses.replace(studies.BASE, dataset="optical-digits", epochs=20)
SMALL = Study(
    "benchmark",
    "Neurons in the hidden layer",
    "How wide?",
    {str(width): dataclasses.replace(BASE, hidden=(dense(width),)) for width in (16, 64)},
)


def timed(seeds: int) -> tuple[float, list[trials.Row]]:
    """Seconds from the first trial in the queue to the last row in the table, and the rows."""
    wanted = SMALL.trials(seeds)
    started = time.perf_counter()
    trials.submit(wanted)
    trials.follow(wanted, lambda *_: None)
    keys = {trial.key for trial in wanted}
    return time.perf_counter() - started, [row for row in trials.read() if row.key in keys]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder
        seconds, rows = timed(given.seeds)
    training = sum(row.seconds for row in rows)
    print_table(
        ["trials", "seconds", "of them training", "beyond its training, a trial"],
        [
            [
                str(len(rows)),
                f"{seconds:.1f}",
                f"{training:.1f}",
                f"{(seconds - training) / max(1, len(rows)):.1f}",
            ]
        ],
    )


if __name__ == "__main__":
    main()
