"""The process that trains one run of the queue.

python -m mnist_core.training.trainer RUN
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from mnist_core import background, datasets, runs
from mnist_core.background import Note
from mnist_core.errors import InputError
from mnist_core.networks.startup import start_tensorflow
from mnist_core.runs import Run
from mnist_core.training import queue
from mnist_core.training.listeners import Listeners

OnDownload = Callable[[int, int | None], None]  # bytes so far, and in all if known


def train_waiting(
    run: Run, listeners: Listeners | None = None, on_download: OnDownload | None = None
) -> Run:
    """Train a run that waits, or resume an interrupted one, when it is its turn.

    Raises:
        InputError: the run is broken or has been trained already, its dataset cannot be had, or
            the training fails.
    """
    with queue.turn(run) as mine:
        note = Note(runs.job(mine.path))

        def downloading(done: int, total: int | None) -> None:
            if on_download:
                on_download(done, total)
            if total:
                note("downloading", done, total, share=done / total)

        dataset = datasets.load(mine.dataset, downloading)
        start_tensorflow()
        from mnist_core.training import reporter, training_run

        try:
            return training_run.train_run(mine, dataset, listeners)
        finally:
            reporter.clear_remains(mine.path)


def main(arguments: list[str]) -> int:
    """The process: trains the run in a directory."""
    background.only_spare_time()
    try:
        train_waiting(runs.read(arguments[0]))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
