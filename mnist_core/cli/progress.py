"""Progress lines, and what Ctrl-C does meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from mnist_core import datasets, runs
from mnist_core.cli.terminal import console, count
from mnist_core.experiments import study_trials
from mnist_core.experiments.study_progress import StudyProgress
from mnist_core.experiments.worker_pool import PoolStatus

if TYPE_CHECKING:
    from mnist_core.experiments.search import Search
    from mnist_core.experiments.searcher import TrialProgress
    from mnist_core.training.listeners import Progress as TrainingProgress

WORKERS_SHOWN = 8


class Download:
    """A progress bar that is shown once something is downloaded."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Download:
        words, left = TextColumn("downloading {task.description}"), TimeRemainingColumn()
        self._bar = Progress(words, DownloadColumn(), left, console=console, transient=True)
        self._task: TaskID | None = None
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def show(self, done: int, total: int | None) -> None:
        """So many bytes are there, of so many in all if that is known."""
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task(self._name, total=total)
        self._bar.update(self._task, completed=done)
        if done == total:
            self._stop()

    def _stop(self) -> None:
        if self._task is not None:  # a bar that never started would still end in an empty line
            self._bar.stop()


def load(name: str) -> datasets.Dataset:
    """Load a dataset, with a progress bar if it has to be downloaded."""
    with Download(name) as download:
        return datasets.load(name, download.show)


@contextlib.contextmanager
def interrupt_asks(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """Let the first Ctrl-C ask for a stop; a second one ends it at once.

    Python drops a KeyboardInterrupt that comes while it tidies up, which TensorFlow has it do
    often.
    """
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        stop()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


class ProgressLine:
    """One live line: epoch, bar, time left, loss and accuracy, pace.

    Ctrl-C ends what is shown, at the next report if Python dropped the interrupt because it came
    while it tidied up.
    """

    def __enter__(self) -> ProgressLine:
        self._interrupted = threading.Event()
        self._handler = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._interrupt)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[figures]}"),
            console=console,
            disable=not console.is_terminal,  # a log has a line an epoch instead
        )
        self._task: TaskID | None = None
        self._waits = False
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handler)
        if self._task is not None:
            self._bar.stop()

    def _interrupt(self, *_: object) -> NoReturn:
        self._interrupted.set()
        raise KeyboardInterrupt

    def wait(self) -> None:
        """Another run is being trained: one trains at a time."""
        if not self._waits:
            self._waits = True
            console.print("Waiting for the run that is in training: one trains at a time.")
        if self._interrupted.is_set():
            raise KeyboardInterrupt

    def prepare(self, share: float) -> None:
        """The time before the first epoch, in which strokes are drawn."""
        self._show("drawing strokes", share, 1, "")

    def show(self, progress: TrainingProgress) -> None:
        self.show_status(dataclasses.asdict(progress))

    def show_status(self, status: Mapping[str, Any]) -> None:
        """What a training run says of itself, as `runs.read_progress` gives it."""
        loss, accuracy = status.get("loss"), status.get("accuracy")
        figures = f"{_clock(status['seconds_left'])} left"
        if loss is not None and accuracy is not None:
            figures += f"  loss {loss:.4f}  accuracy {accuracy:.2%}"
        figures += f"  {status['images_per_second']:,.0f} images/s"
        done = (status["epoch"] - 1) * status["steps"] + status["step"]
        words = f"epoch {status['epoch']}/{status['epochs']}"
        self._show(words, done, status["epochs"] * status["steps"], figures)

    def show_trial(self, step: TrialProgress, found: Search) -> None:
        left, best = found.seconds_left, found.best
        figures = "" if left is None else f"{_clock(left)} left  "
        if best is not None:
            figures += f"best {best.value:.2%}"
        words = f"trial {step.trial}/{found.settings.trials}, epoch {step.epoch}"
        self._show(words, step.trial - 1 + step.share, found.settings.trials, figures)

    def _show(self, words: str, done: float, total: float, figures: str) -> None:
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task(words, total=total, figures=figures)
        self._bar.update(
            self._task, description=words, completed=done, total=total, figures=figures
        )


class TrialsLine:
    """A line for each trial that is measured, and a live one: how many, time left, which."""

    def __enter__(self) -> TrialsLine:
        self._bar = Progress(
            TextColumn("{task.completed}/{task.total} trials"),
            BarColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)
        self._printed = ""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, state: StudyProgress, new: list[study_trials.Row]) -> None:
        for row in new:
            self.show_row(row)
        words = f"{runs.duration(state.seconds_left)} left" if state.active else ""
        if state.training:
            words += f", now {study_trials.words(state.training)}"
        self._bar.update(self._task, description=words, completed=state.measured, total=state.total)

    def show_workers(self, status: PoolStatus) -> None:
        words = (
            [] if status.seconds_left is None else [f"{runs.duration(status.seconds_left)} left"]
        )
        words.append(status.note or count(len(status.workers), "worker"))
        if not console.is_terminal and words[-1] != self._printed:  # there is no live line
            self._printed = words[-1]
            console.print(self._printed)
        lines = [", ".join(words)]
        for address, has in list(status.workers.items())[:WORKERS_SHOWN]:
            lines.append(f"{address}: {'; '.join(has) or '–'}")
        if len(status.workers) > WORKERS_SHOWN:
            lines.append(f"and {len(status.workers) - WORKERS_SHOWN} more")
        self._bar.update(
            self._task, description="\n".join(lines), completed=status.done, total=status.total
        )

    def show_row(self, row: study_trials.Row) -> None:
        drawn = row.drawn_accuracy
        console.print(
            f"{row.study} {row.value}, seed {row.seed}: test accuracy {row.test_accuracy:.2%}"
            + ("" if math.isnan(drawn) else f", on drawn digits {drawn:.2%}")
            + f", in {runs.duration(row.seconds)}"
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
