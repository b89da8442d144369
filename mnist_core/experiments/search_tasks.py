"""The trials of a search as tasks for workers."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mnist_core import background
from mnist_core.experiments import search_space
from mnist_core.experiments.search_storage import Settings
from mnist_core.experiments.search_trials import TrialQueue, sampling_study
from mnist_core.experiments.worker_pool import Task, TaskResult

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

ASKED, TRIED = "asked.json", "tried.json"  # files between a search and the workers


class SearchTasks:
    """The trials of a search that workers train (a `worker_pool.Work`)."""

    def __init__(self, study: optuna.Study, settings: Settings) -> None:
        self._settings, self._queue = settings, TrialQueue(study, settings)
        self._given: dict[str, int] = {}  # the numbers of trials by the names of their tasks
        self.datasets: Sequence[str] = [settings.dataset]
        self.at_a_time = settings.at_a_time

    @property
    def all_begun(self) -> bool:
        return self._queue.all_begun

    def next(self) -> Task | None:
        number = self._queue.next()
        if number is None:
            return None
        asked = {
            "settings": dataclasses.asdict(self._settings),
            "number": number,
            "before": [to_dict(trial) for trial in self._queue.before(number)],
        }
        task = Task(
            f"try-{number}",
            f"trial {number}",
            self._seconds(),
            "experiments.search_task",
            (),
            {ASKED: json.dumps(asked).encode()},
        )
        self._given[task.name] = number
        return task

    def done(self, task: Task, result: TaskResult) -> None:
        if TRIED in result.files:
            trial = from_dict(json.loads(result.files[TRIED]))
            self._queue.add(self._given.pop(task.name), trial)
        else:
            log = result.files.get("log.txt", b"").decode(errors="replace")
            self.failed(task, background.why_ended(result.code, log))

    def failed(self, task: Task, reason: str) -> None:
        """It counts as tried, else it would be tried for ever."""
        import optuna

        number = self._given.pop(task.name)
        study = sampling_study(self._settings, number, self._queue.before(number))
        trial = study.ask()
        trial.set_user_attr("recipe", search_space.draw(self._settings.space, trial).to_dict())
        trial.set_user_attr("note", reason)
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        self._queue.add(number, study.get_trials()[-1])

    def again(self, task: Task) -> None:
        self._queue.again(self._given.pop(task.name))

    def progress(self) -> tuple[int, int]:
        return self._queue.count, self._settings.trials

    def seconds_to_come(self) -> float:
        return self._seconds() * (self._settings.trials - self._queue.count - len(self._given))

    def _seconds(self) -> float:
        return self._queue.seconds or search_space.trial_seconds(
            self._settings.space, self._settings.dataset
        )


def to_dict(trial: FrozenTrial) -> dict[str, Any]:
    """A trial that ended in words that JSON has."""
    from optuna.distributions import distribution_to_json

    assert trial.datetime_start is not None
    assert trial.datetime_complete is not None
    return {
        "state": trial.state.name,
        "value": trial.value,
        "params": trial.params,
        "distributions": {
            name: distribution_to_json(found) for name, found in trial.distributions.items()
        },
        "attributes": trial.user_attrs,
        "curve": list(trial.intermediate_values.items()),
        "began": trial.datetime_start.isoformat(),
        "ended": trial.datetime_complete.isoformat(),
    }


def from_dict(values: dict[str, Any]) -> FrozenTrial:
    """The trial that `to_dict` gave."""
    from optuna.distributions import json_to_distribution
    from optuna.trial import FrozenTrial, TrialState

    return FrozenTrial(
        number=-1,
        trial_id=-1,
        state=TrialState[values["state"]],
        value=values["value"],
        datetime_start=datetime.datetime.fromisoformat(values["began"]),
        datetime_complete=datetime.datetime.fromisoformat(values["ended"]),
        params=values["params"],
        distributions={
            name: json_to_distribution(text) for name, text in values["distributions"].items()
        },
        user_attrs=values["attributes"],
        system_attrs={},
        intermediate_values=dict(values["curve"]),
    )
