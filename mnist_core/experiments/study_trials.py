"""Trials of studies: runs that are measured, written to a table as a row, and thrown away.

A trial waits, trains and fails as every run does (`queue`), after all runs that somebody wants
to keep. Its directory is named by its recipe and seed, so that nobody can put it into the
queue twice, and its row is found by the same: studies that share a recipe share the row.

Rows that come with the program lie in `SHIPPED_TABLE`, those of this machine in `table()`,
which is the same file unless `MODELS_DIR` says otherwise.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import filelock

from mnist_core import limits, recipes, runs, tables
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.runs import Run, StudyMark
from mnist_core.tables import or_nan
from mnist_core.training import queue

COMMAND = "python -m mnist_core study"
FILE = "studies.csv"
SHIPPED_TABLE = runs.SHIPPED_DIR / FILE
LOCK = ".studies.lock"

Key = tuple[str, int]  # a recipe's fingerprint, and the seed


@dataclass(frozen=True)
class Row:
    """One trial. Accuracies are shares; NaN where one is not known."""

    study: str  # for which it was trained first
    value: str
    fingerprint: str
    seed: int
    dataset: str
    parameters: int
    epochs: int
    seconds: float  # of all epochs, as the clock says
    train_accuracy: float  # of the trained network on its training digits, without dropout
    val_accuracy: float
    test_accuracy: float
    drawn_accuracy: float  # on the test digits of `DRAWN`: by writers never trained on
    tensorflow: str
    measured: str  # the day

    @property
    def key(self) -> Key:
        return self.fingerprint, self.seed

    @property
    def gap(self) -> float:
        """By how much training digits are read better than test digits."""
        return self.train_accuracy - self.test_accuracy


@dataclass(frozen=True)
class StudyTrial:
    """A recipe to be trained with a seed, and the value of the study that asks for it."""

    study: str
    value: str
    recipe: Recipe
    seed: int

    @functools.cached_property
    def key(self) -> Key:
        return recipes.fingerprint(self.recipe), self.seed

    @property
    def name(self) -> str:
        """Of its run directory."""
        return f"trial-{self.key[0]}-{self.seed}"

    @property
    def words(self) -> str:
        """What it is, e.g. `dropout 0.3, seed 1`."""
        return f"{self.study} {self.value}, seed {self.seed}"

    @property
    def mark(self) -> StudyMark:
        """What its run says of it."""
        return StudyMark(name=self.study, value=self.value)

    def run(self) -> Run | None:
        """Its run, if it was begun and is not measured yet."""
        path = runs.models_dir() / self.name
        return runs.read(path) if path.is_dir() else None


# --- the table -----------------------------------------------------------------------


def table() -> Path:
    """Where the rows of this machine are written."""
    return runs.models_dir() / FILE


def read() -> list[Row]:
    """All rows: those that come with the program, and those of this machine.

    Raises:
        InputError: a table cannot be read.
    """
    return list({row.key: row for row in [*_read(SHIPPED_TABLE), *_read(table())]}.values())


def _read(path: Path) -> list[Row]:
    return tables.read(path, Row, COMMAND)


def _row(run: Run) -> Row:
    found, metrics = run.record, run.metrics
    mark = found.study or StudyMark(name="", value="")
    return Row(
        study=mark.name,
        value=mark.value,
        fingerprint=recipes.fingerprint(run.recipe),
        seed=found.seed,
        dataset=run.dataset,
        parameters=found.parameters or 0,
        epochs=found.epochs or 0,
        seconds=sum(row["seconds"] for row in runs.read_history(run)),
        train_accuracy=or_nan(metrics.trained_accuracy),
        val_accuracy=or_nan(metrics.val_accuracy),
        test_accuracy=or_nan(metrics.test_accuracy),
        drawn_accuracy=or_nan(metrics.drawn_accuracy),
        tensorflow=found.versions.get("tensorflow", ""),
        measured=runs.now()[:10],
    )


# --- into the queue, and out of it ---------------------------------------------------


def submit(trials: Sequence[StudyTrial]) -> int:
    """Put into the queue what is neither measured nor under way; how many those are.

    Trials that failed are begun anew.

    Raises:
        InputError: a table cannot be read, or nothing can be written.
    """
    gather()
    limits.check_disk(runs.models_dir())
    there = len([run for run in queue.waiting() if run.record.study])
    if there + len(trials) > limits.MOST_WAITING_TRIALS:
        limits.check_count(
            there + len(trials), limits.MOST_WAITING_TRIALS, "trials would wait", "ask for fewer"
        )
    count = 0
    try:
        with _locked():
            known = {row.key for row in read()}
            for trial in trials:
                run = trial.run()
                if trial.key in known or (run and (run.active or measured(run))):
                    continue
                if run:
                    remove(run)
                runs.create(
                    trial.recipe, trial.recipe.dataset, trial.seed, trial.name, study=trial.mark
                )
                known.add(trial.key)
                count += 1
    finally:
        queue.tend()
    return count


def gather() -> list[Row]:
    """Turn trials that have ended into rows of the table, and remove their directories.

    Raises:
        InputError: the table cannot be read or written; the trials stay for the next time.
    """
    if not any(measured(run) for run in _begun()):
        return []
    with _locked():
        ended = [run for run in _begun() if measured(run)]  # somebody may have been faster
        new = _add([_row(run) for run in ended])
        for run in ended:
            remove(run)
    return new


def _add(rows: Sequence[Row]) -> list[Row]:
    """Write those rows into the table that are not there yet, and give them."""
    known = {row.key: row for row in _read(table())}
    new = [row for row in rows if row.key not in known]
    if new:
        tables.write(table(), Row, [*known.values(), *new])
    return new


def take_in(trial: StudyTrial, run: Run) -> list[Row]:
    """Turn a trial that was trained elsewhere into a row, and take it out of the queue here.

    Args:
        run: its run, in a folder beside the runs. One that failed is kept as the trial's, to
            say why.

    Returns:
        The row, unless it was known already or the trial failed.

    Raises:
        InputError: the table cannot be read or written.
    """
    with _locked():
        done = measured(run)
        new = _add([_row(run)]) if done else []
        here = trial.run()
        if here is None or here.status != runs.RUNNING:
            if here is not None:
                remove(here)
            if not done:
                run.path.rename(runs.models_dir() / trial.name)
    return new


def stop(trials: Sequence[StudyTrial]) -> int:
    """Take trials that wait out of the queue; how many. The one in training ends by itself.

    Those that wait for another study stay.

    Raises:
        InputError: nothing can be changed there.
    """
    count = 0
    with _locked():
        for trial in trials:
            run = trial.run()
            if (
                run
                and run.status == runs.QUEUED
                and run.record.study
                and run.record.study.name == trial.study
            ):
                remove(run)
                count += 1
    return count


def words(run: Run) -> str:
    """What a trial's run is, e.g. `dropout 0.3, seed 1`."""
    mark = run.record.study or StudyMark(name=run.name, value="")
    return f"{mark.name} {mark.value}, seed {run.record.seed}"


def why(run: Run) -> str:
    """What became of a trial that failed or was ended early, as a sentence."""
    reason = run.problem or run.record.reason or f"It was {run.status} before its end."
    return f"{words(run)}: {reason}"


def _begun() -> list[Run]:
    """The runs that are trials."""
    paths = sorted(runs.models_dir().glob("trial-*"))
    return [run for path in paths if (run := runs.read(path)).record.study]


def measured(run: Run) -> bool:
    """Whether a trial has ended well, so that it can become a row."""
    finished = run.problem is None and run.status == runs.FINISHED
    return finished and run.metrics.trained_accuracy is not None


def remove(run: Run) -> None:
    """Delete a trial's directory for good."""
    # Under another name first: half a directory would be shown as a broken run.
    gone = run.path.with_name(f".gone-{run.path.name}-{time.time_ns()}")
    with contextlib.suppress(FileNotFoundError):
        run.path.rename(gone)
    for left in run.path.parent.glob(".gone-*"):  # and what an interruption left
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """One at a time changes the table and the trials."""
    folder = runs.models_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / LOCK):
            yield
    except OSError as error:
        raise InputError(
            f"Cannot write to {folder} ({error.strerror or error}): free some space or set "
            "MODELS_DIR to a folder that can be written to."
        ) from error
