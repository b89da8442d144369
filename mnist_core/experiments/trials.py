"""Trials: trainings that are measured, written to a table as a row, and thrown away.

A trial waits, trains and fails as every run does (`jobs`), after all runs that somebody wants
to keep. Its directory is named by its recipe and seed, so that nobody can put it into the
queue twice, and its row is found by the same: studies that share a recipe share the row.

Rows that come with the program lie in `SHIPPED_TABLE`, those of this machine in `table()`,
which is the same file unless `MODELS_DIR` says otherwise.
"""

from __future__ import annotations

import contextlib
import functools
import math
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from mnist_core import datasets, evaluation, recipes, runs, tables
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import DRAWN
from mnist_core.experiments.worker_pool import Result, Task
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import queue

if TYPE_CHECKING:
    from mnist_core.networks.predictor import Predictor

COMMAND = "python -m mnist_core study"
FILE = "studies.csv"
SHIPPED_TABLE = runs.SHIPPED_DIR / FILE
LOCK = ".studies.lock"
LOOK_SECONDS = 0.5  # between two looks at the trials
PART = 5000  # training digits that are read at a time

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
class Trial:
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
    def mark(self) -> dict[str, str]:
        """What its run says of it."""
        return {"name": self.study, "value": self.value}

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


def measure(reader: Predictor, dataset: Dataset, recipe: Recipe, seed: int) -> dict[str, float]:
    """What a row holds and a run does not: accuracies that the trained network is tried for.

    Returns:
        `trained_accuracy`, on the digits that it was trained on, and `drawn_accuracy`, if the
        drawn digits are on this machine.
    """
    chosen = datasets.subset(dataset, recipe.train_images, seed)
    images, labels = chosen.x_train, chosen.y_train
    training, _ = datasets.split(len(images), recipe.validation_split, writers=chosen.writers_train)
    right = sum(
        int((reader.predict(datasets.scale(images[part])).argmax(axis=1) == labels[part]).sum())
        for part in (training[at : at + PART] for at in range(0, len(training), PART))
    )
    found = {"trained_accuracy": right / len(training)}
    if datasets.at_hand(DRAWN):
        drawn, drawn_labels = datasets.pens_test()
        read = reader.predict(datasets.scale(drawn))
        found["drawn_accuracy"] = evaluation.accuracy(read, drawn_labels)
    return found


def _row(run: Run) -> Row:
    info, metrics = run.info, run.metrics
    return Row(
        study=str(run.study.get("name")),
        value=str(run.study.get("value")),
        fingerprint=recipes.fingerprint(run.recipe),
        seed=int(info["seed"]),
        dataset=info["dataset"]["name"],
        parameters=info["parameters"],
        epochs=info["epochs"],
        seconds=sum(row["seconds"] for row in runs.read_history(run)),
        train_accuracy=metrics["trained_accuracy"],
        val_accuracy=metrics.get("val_accuracy", math.nan),
        test_accuracy=metrics["test_accuracy"],
        drawn_accuracy=metrics.get("drawn_accuracy", math.nan),
        tensorflow=info["versions"]["tensorflow"],
        measured=runs.now()[:10],
    )


# --- into the queue, and out of it ---------------------------------------------------


def submit(trials: Sequence[Trial]) -> int:
    """Put into the queue what is neither measured nor under way; how many those are.

    Trials that failed are begun anew.

    Raises:
        InputError: a table cannot be read, or nothing can be written.
    """
    gather()
    count = 0
    try:
        with _locked():
            known = {row.key for row in read()}
            for trial in trials:
                run = trial.run()
                if trial.key in known or (run and (run.active or _measured(run))):
                    continue
                if run:
                    _remove(run)
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
    if not any(_measured(run) for run in _begun()):
        return []
    with _locked():
        ended = [run for run in _begun() if _measured(run)]  # somebody may have been faster
        new = _add([_row(run) for run in ended])
        for run in ended:
            _remove(run)
    return new


def _add(rows: Sequence[Row]) -> list[Row]:
    """Write those rows into the table that are not there yet, and give them."""
    known = {row.key: row for row in _read(table())}
    new = [row for row in rows if row.key not in known]
    if new:
        tables.write(table(), Row, [*known.values(), *new])
    return new


def take_in(trial: Trial, run: Run) -> list[Row]:
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
        measured = _measured(run)
        new = _add([_row(run)]) if measured else []
        here = trial.run()
        if here is None or here.status != runs.RUNNING:
            if here is not None:
                _remove(here)
            if not measured:
                run.path.rename(runs.models_dir() / trial.name)
    return new


def stop(trials: Sequence[Trial]) -> int:
    """Take trials that wait out of the queue; how many. The one in training ends by itself.

    Those that wait for another study stay.

    Raises:
        InputError: nothing can be changed there.
    """
    count = 0
    with _locked():
        for trial in trials:
            run = trial.run()
            if run and run.status == runs.QUEUED and run.study.get("name") == trial.study:
                _remove(run)
                count += 1
    return count


def words(run: Run) -> str:
    """What a trial's run is, e.g. `dropout 0.3, seed 1`."""
    return f"{run.study.get('name')} {run.study.get('value')}, seed {run.info.get('seed')}"


def why(run: Run) -> str:
    """What became of a trial that failed or was ended early, as a sentence."""
    reason = run.problem or run.info.get("reason") or f"It was {run.status} before its end."
    return f"{words(run)}: {reason}"


def _begun() -> list[Run]:
    """The runs that are trials."""
    paths = sorted(runs.models_dir().glob("trial-*"))
    return [run for path in paths if (run := runs.read(path)).study]


def _measured(run: Run) -> bool:
    return run.problem is None and run.status == runs.FINISHED and "trained_accuracy" in run.metrics


def _remove(run: Run) -> None:
    # Under another name first: half a directory would be shown as a broken run.
    gone = run.path.with_name(f".gone-{run.name}-{time.time_ns()}")
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


# --- how far they are ----------------------------------------------------------------


@dataclass(frozen=True)
class State:
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


def look(trials: Sequence[Trial]) -> State:
    """How far trials are; `gather` first, to count what has just ended.

    Raises:
        InputError: a table cannot be read.
    """
    rows = read()
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
        elif run.status == runs.RUNNING or _measured(run):  # or about to be gathered
            training = run
            left += min(seconds, runs.read_progress(run).get("seconds_left", seconds))
        else:
            failed.append(run)
    measured = sum(trial.key in known for trial in trials)
    return State(len(trials), measured, waiting, training, tuple(failed), left, missing)


def expected(trial: Trial, took: Mapping[str, float]) -> float:
    """About how many seconds a trial will take here.

    Args:
        took: seconds that recipes took to train, by fingerprint.
    """
    before = took.get(trial.key[0])
    return before + queue.START_SECONDS if before is not None else _estimate(trial.recipe)


_estimates: dict[str, float] = {}  # by fingerprint: it takes a look at every run


def _estimate(recipe: Recipe) -> float:
    key = recipes.fingerprint(recipe)
    if key not in _estimates:
        total, pens = datasets.TRAIN_SIZES[recipe.dataset]
        kept = int(min(recipe.train_images or total, total) * (1 - recipe.validation_split))
        _estimates[key] = queue.estimate(recipe, kept, round(pens * kept / total))
    return _estimates[key]


def follow(trials: Sequence[Trial], on_look: Callable[[State, list[Row]], None]) -> State:
    """Wait until none of the trials waits or trains any more, and gather what has ended.

    Args:
        on_look: called with every look, with the rows that are new since the last one.

    Raises:
        InputError: a table cannot be read or written.
    """
    keys = {trial.key for trial in trials}
    seen = {row.key for row in read()}
    while True:
        gather()
        queue.tend()
        new = [row for row in read() if row.key in keys and row.key not in seen]
        seen |= {row.key for row in new}
        state = look(trials)
        on_look(state, new)
        if not state.active:
            return state
        time.sleep(LOOK_SECONDS)


# --- by workers ----------------------------------------------------------------------


class ForWorkers:
    """Trials that workers train (a `workers.Work`); each row is written as soon as it is known.

    Trials that this machine trains at the moment are left to it; those that wait in its queue
    are not. A trial that fails is kept as its run says, and the others go on.
    """

    def __init__(
        self, wanted: Sequence[Trial], on_row: Callable[[Row], None] = lambda _: None
    ) -> None:
        """Raises InputError where a table cannot be read."""
        self._wanted, self._on_row = wanted, on_row
        known = {row.key for row in read()}
        self._todo = deque(
            trial
            for trial in wanted
            if trial.key not in known
            and not ((run := trial.run()) is not None and run.status == runs.RUNNING)
        )
        self._given: dict[str, Trial] = {}
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
            return Task(trial.name, trial.words, seconds, "__main__", ("resume",), files)
        return None

    def done(self, task: Task, result: Result) -> None:
        trial = self._given.pop(task.name)
        with _beside_the_runs() as folder:
            path = folder / trial.name
            path.mkdir()
            for name, content in result.files.items():
                (path / name).write_bytes(content)
            run = runs.read(path)
            if "finished" not in run.info:  # it ended without a word
                reason = queue.why(result.code, run)
                run = runs.change(
                    run, status=runs.FAILED, reason=reason, finished=runs.now(), process=None
                )
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
        return sum(trial.key in known for trial in self._wanted), len(self._wanted)

    def seconds_to_come(self) -> float:
        return sum(expected(trial, {}) for trial in self._todo)


def _created(trial: Trial, folder: Path, **more: Any) -> Run:
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
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=place) as folder:
            yield Path(folder)
    except OSError as error:
        raise InputError(
            f"Cannot write to {place} ({error.strerror or error}): free some space or set "
            "MODELS_DIR to a folder that can be written to."
        ) from error
