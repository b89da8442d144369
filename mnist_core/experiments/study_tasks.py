"""The trials of studies as tasks for workers."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import DRAWN
from mnist_core.experiments.study_progress import expected
from mnist_core.experiments.study_trials import Row, StudyTrial, read, take_in
from mnist_core.experiments.worker_pool import Task, TaskResult
from mnist_core.files import scratch
from mnist_core.runs import Run
from mnist_core.training.queue_worker import say_why_it_ended


class StudyTasks:
    """Trials that workers train (a `worker_pool.Work`); each row is written as soon as it is known.

    Trials that this machine trains at the moment are left to it; those that wait in its queue
    are not. A trial that fails is kept as its run says, and the others continue.
    """

    def __init__(
        self, trials: Sequence[StudyTrial], on_row: Callable[[Row], None] = lambda _: None
    ) -> None:
        """Raises InputError where a table cannot be read."""
        self._trials, self._on_row = trials, on_row
        known = {row.key for row in read()}
        self._todo = deque(
            trial
            for trial in trials
            if trial.key not in known
            and not ((run := trial.run()) is not None and run.status == runs.RUNNING)
        )
        self._given: dict[str, StudyTrial] = {}
        self.at_a_time = len(self._todo)
        names = {trial.recipe.dataset for trial in self._todo}
        if datasets.at_hand(DRAWN):
            names.add(DRAWN)
        self.datasets: Sequence[str] = sorted(names)

    @property
    def all_begun(self) -> bool:
        return not self._todo

    def next(self) -> Task | None:
        known = {row.key for row in read()}
        while self._todo:
            trial = self._todo.popleft()
            if trial.key in known:  # somebody else was faster
                continue
            self._given[trial.name] = trial
            with _beside_the_runs() as folder:
                run = _created(trial, folder)
                files = {path.name: path.read_bytes() for path in run.path.iterdir()}
            seconds = expected(trial, {})
            return Task(trial.name, trial.words, seconds, "training.trainer", (), files)
        return None

    def done(self, task: Task, result: TaskResult) -> None:
        trial = self._given.pop(task.name)
        with _beside_the_runs() as folder:
            path = folder / trial.name
            path.mkdir()
            for name, content in result.files.items():
                (path / name).write_bytes(content)
            run = runs.read(path)
            if run.record.finished is None:  # it ended without a word
                run = say_why_it_ended(run, result.code)
            for row in take_in(trial, run):
                self._on_row(row)

    def failed(self, task: Task, reason: str) -> None:
        trial = self._given.pop(task.name)
        with _beside_the_runs() as folder:
            run = _created(trial, folder, status=runs.FAILED, reason=reason, finished=runs.now())
            take_in(trial, run)

    def again(self, task: Task) -> None:
        self._todo.appendleft(self._given.pop(task.name))

    def progress(self) -> tuple[int, int]:
        known = {row.key for row in read()}
        return sum(trial.key in known for trial in self._trials), len(self._trials)

    def seconds_to_come(self) -> float:
        return sum(expected(trial, {}) for trial in self._todo)


def _created(trial: StudyTrial, folder: Path, **more: Any) -> Run:
    recipe = trial.recipe
    return runs.create(
        recipe, recipe.dataset, trial.seed, trial.name, folder, study=trial.mark, **more
    )


@contextlib.contextmanager
def _beside_the_runs() -> Iterator[Path]:
    """A folder for a moment, which is not taken for a run, on the disk of the runs."""
    place = runs.models_dir()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with scratch(place) as folder:
            yield folder
    except OSError as error:
        raise InputError(
            f"Cannot write to {place} ({error.strerror or error}): free some space or set "
            "MODELS_DIR to a folder that can be written to."
        ) from error
