"""The process that has the runs of the queue trained, one after another.

python -m mnist_core.training.queue_worker
"""

from __future__ import annotations

import contextlib
import sys
import time

import filelock

from mnist_core import background, runs
from mnist_core.errors import InputError
from mnist_core.files import sweep
from mnist_core.runs import Run
from mnist_core.training import queue
from mnist_core.training.queue import POLL_SECONDS

HELD_UP_SECONDS = 2.0  # between two looks whether there is space again


def work() -> None:
    """Have trained what waits, until nothing waits any more.

    Returns at once if another worker is at it.
    """
    tried: set[tuple[str, int]] = set()  # what cannot even be marked as failed is left alone
    while True:
        try:
            with queue.at_work():
                while _work_once(tried):
                    pass
        except filelock.Timeout:
            return
        # Something may have come after the last look, while the lock was still held.
        if not _next(tried):
            return


def _next(tried: set[tuple[str, int]]) -> Run | None:
    return next((run for run in queue.waiting() if _key(run) not in tried), None)


def _key(run: Run) -> tuple[str, int]:
    return run.name, run.record.order


def _work_once(tried: set[tuple[str, int]]) -> bool:
    """Wait for a run that is being trained, or have the next one trained; False if none."""
    for ended in runs.all_runs(trials=True):  # one may end before it hears of the request
        if not ended.training and runs.asked_to_stop(ended.path) == runs.DISCARD:
            _remove(ended)
    under_way = queue.current()
    if under_way is not None:  # it outlived the worker that started it
        if runs.asked_to_stop(under_way.path) == runs.DISCARD:
            background.kill(under_way.record.process)
            _remove(under_way)
        time.sleep(POLL_SECONDS)
        return True
    run = _next(tried)
    if run is None:
        return False
    if queue.held_up():
        time.sleep(HELD_UP_SECONDS)
        return True
    tried.add(_key(run))
    _train_in_process(run)
    return True


def _train_in_process(run: Run) -> None:
    """Have a run trained in a process of its own, and say how it ended if that cannot."""
    try:
        trainer = background.start(
            "training.trainer", str(run.path.resolve()), log=runs.job(run.path).log_file
        )
    except InputError:  # deleted in this very moment, or no room for a process
        return
    while trainer.poll() is None:
        if runs.asked_to_stop(run.path) == runs.DISCARD:
            trainer.kill()
            trainer.wait()
            break
        time.sleep(POLL_SECONDS)
    if runs.asked_to_stop(run.path) == runs.DISCARD:
        _remove(run)
        return
    after = runs.read(run.path)
    # Another process may be at it, or somebody has put it into the queue again at once.
    same = after.record.order == run.record.order and not after.training
    if run.path.is_dir() and same and after.record.finished is None:
        say_why_it_ended(after, trainer.returncode)


def say_why_it_ended(run: Run, code: int) -> Run:
    """Mark a run as failed whose process ended without a word.

    Args:
        code: the process' exit status.
    """
    reason = background.why_ended(code, runs.log_end(run, 1))
    sweep(run.path)
    with contextlib.suppress(InputError, OSError):
        runs.log(run.path, f"failed: {reason}")
        run = runs.change(run, status=runs.FAILED, reason=reason, finished=runs.now(), process=None)
    return run


def _remove(run: Run) -> None:
    """Delete a run that was discarded; who brings it back can resume it."""
    with contextlib.suppress(InputError):
        run = runs.read(run.path)
        if run.problem is None and not run.usable:
            reason = "Its training was stopped and discarded."
            finished = run.record.finished or runs.now()
            run = runs.change(
                run, status=runs.FAILED, reason=reason, finished=finished, process=None
            )
        runs.delete(run)


def main(_: list[str]) -> int:
    """The process."""
    work()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
