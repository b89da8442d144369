"""All run directories at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mnist_core import runs
from mnist_core.runs import Run
from mnist_core.training import queue


@dataclass(frozen=True)
class Snapshot:
    """All runs as they were read once: whatever is made of them fits together."""

    every: tuple[Run, ...]  # trials of studies too

    @cached_property
    def listed(self) -> list[Run]:
        """The runs without the trials of studies, the default one first, then the newest."""
        return [run for run in self.every if run.record.study is None]

    @cached_property
    def waiting(self) -> list[Run]:
        """The runs that wait, in the order in which they will be trained."""
        return queue.waiting(self.every)

    @cached_property
    def in_training(self) -> Run | None:
        """The run that is being trained, if there is one."""
        return queue.current(self.every)

    @property
    def statuses(self) -> list[tuple[str, str]]:
        """The name and status of each listed run: the page looks otherwise when they change."""
        return [(run.name, run.status) for run in self.listed]

    @property
    def busy(self) -> bool:
        """Whether a listed run waits or is in training."""
        return any(run.active for run in self.listed)

    def watched(self, asked: str | None) -> Run | None:
        """The run that was asked for, else the one in training, else the newest own one."""
        for run in self.listed:
            if run.name == asked:
                return run
        own = [run for run in self.listed if run.problem is None and not runs.is_shipped(run)]
        training = [run for run in own if run.status == runs.RUNNING]
        return next(iter(training or own), None)


def take() -> Snapshot:
    """Read all run directories."""
    return Snapshot(tuple(runs.all_runs(trials=True)))
