"""How far the trials of a study are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mnist_core import datasets, recipes, runs
from mnist_core.experiments import study_trials
from mnist_core.experiments.study_trials import Row, StudyTrial
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import estimate, queue

POLL_SECONDS = 0.5  # between two polls of the trials


@dataclass(frozen=True)
class StudyProgress:
    """How far trials are."""

    total: int
    measured: int
    waiting: int
    training: Run | None
    failed: tuple[Run, ...]
    seconds_left: float  # of those that wait or train
    seconds_missing: float  # of all that are not measured

    @property
    def active(self) -> bool:
        return self.waiting > 0 or self.training is not None


def progress(trials: Sequence[StudyTrial]) -> StudyProgress:
    """How far trials are; `study_trials.gather` first, to count what has just ended.

    Raises:
        InputError: a table cannot be read.
    """
    rows = study_trials.read()
    known = {row.key for row in rows}
    took = {row.fingerprint: row.seconds for row in rows}
    waiting, training = 0, None
    failed: list[Run] = []
    left = missing = 0.0
    for trial in trials:
        if trial.key in known:
            continue
        seconds = expected(trial, took)
        run = trial.run()
        missing += seconds
        if run is None:
            continue
        if run.status == runs.QUEUED:
            waiting += 1
            left += seconds
        elif run.status == runs.RUNNING or study_trials.measured(run):  # or about to be gathered
            training = run
            left += min(seconds, runs.read_progress(run).get("seconds_left", seconds))
        else:
            failed.append(run)
    measured = sum(trial.key in known for trial in trials)
    return StudyProgress(len(trials), measured, waiting, training, tuple(failed), left, missing)


def expected(trial: StudyTrial, took: Mapping[str, float]) -> float:
    """About how many seconds a trial will take here.

    Args:
        took: seconds that recipes took to train, by fingerprint.
    """
    before = took.get(trial.key[0])
    return before + estimate.START_SECONDS if before is not None else _estimate(trial.recipe)


_estimates: dict[str, float] = {}  # by fingerprint: it takes a look at every run


def _estimate(recipe: Recipe) -> float:
    key = recipes.fingerprint(recipe)
    if key not in _estimates:
        total, pens = datasets.TRAIN_SIZES[recipe.dataset]
        images = int(min(recipe.train_images or total, total) * (1 - recipe.validation_split))
        _estimates[key] = estimate.estimate(recipe, images, round(pens * images / total))
    return _estimates[key]


def follow(
    trials: Sequence[StudyTrial], on_progress: Callable[[StudyProgress, list[Row]], None]
) -> StudyProgress:
    """Wait until none of the trials waits or trains any more, and gather what has ended.

    Args:
        on_look: called with every poll, with the rows that are new since the last one.

    Raises:
        InputError: a table cannot be read or written.
    """
    keys = {trial.key for trial in trials}
    seen = {row.key for row in study_trials.read()}
    while True:
        study_trials.gather()
        queue.tend()
        new = [row for row in study_trials.read() if row.key in keys and row.key not in seen]
        seen |= {row.key for row in new}
        state = progress(trials)
        on_progress(state, new)
        if not state.active:
            return state
        time.sleep(POLL_SECONDS)
