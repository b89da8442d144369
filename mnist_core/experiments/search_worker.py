"""The trials of a search, each trained and compared on validation digits.

    python -m mnist_core.experiments.search_worker NAME [--workers N | --scheduler ADDRESS]

is the process that `search.start` begins. Without workers it trains one trial after another
itself, and takes turns with the queue of trainings: one trains at a time. It reads training
digits alone, of which a part is for validation.

What the n-th trial tries, and when it is pruned, depends on the seed and on the trials 1 to
n - k, on nothing else, where k is how many may be trained beside each other
(`Settings.at_a_time`). So a search ends with the same trials whether it was interrupted or not
and however many workers it has, unless another number of threads to a training rounds a figure
otherwise: what was broken off leaves no trace and is done again.

Pruning is by the median (Optuna's `MedianPruner`): from its second epoch on a trial ends if it
never was as good as half of those before it. Unlike Hyperband's brackets that asks for few
trials and depends on nothing but those that ended before.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import functools
import hashlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import numpy as np
import psutil

from mnist_core import background, datasets, runs
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.experiments import search
from mnist_core.experiments.search import Search, Settings
from mnist_core.experiments.worker_pool import Look, Result, Task
from mnist_core.files import written_whole
from mnist_core.recipes import Recipe
from mnist_core.training import queue

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from mnist_core.training.loop import Progress

RANDOM, UNPRUNED = 8, 4  # trials at first that are drawn blindly, and that are not pruned
NOTE_SECONDS = 0.3  # between two notes of progress
QUEUE_SECONDS = 20.0  # to let a training that waits begin
ASKED, TRIED = "asked.json", "tried.json"  # files between a search and the workers

Load = Callable[[str], Dataset]


@dataclass(frozen=True)
class Step:
    """Where a search is: the trial under way, from 1, and the share of it that is done."""

    trial: int
    share: float  # 0 to 1
    epoch: int
    accuracy: float  # on the training digits, in this epoch


class Stopped(Exception):  # noqa: N818 - it is no error
    """Somebody asked for the end."""


def carry_out(
    name: str,
    on_step: Callable[[Step], None] | None = None,
    load: Load | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    on_look: Callable[[Look], None] | None = None,
) -> Search:
    """Try what is left to try.

    Args:
        on_step: called several times a second while a trial is trained in this process.
        load: gives the digits, by the name of their dataset.
        scheduler: address of a Dask cluster whose workers train the trials.
        workers: as many of this machine do so.
        on_look: called twice a second while workers train.

    Returns:
        The search at its end, or where somebody asked it to stop.

    Raises:
        InputError: another process is at it, the digits are not those that it began with, or
            a file cannot be read or written. What was tried until then is kept.
    """
    search.state(name)
    with search.only_one(name):
        note = _Note(name)
        try:
            note(search.LOADING)
            with search.opened(search.side(name, "db"), patience=30) as study:
                settings = search.settings_of(study)
                digits = (load or functools.partial(_load, note))(settings.dataset)
                _check_digits(study, settings, digits)
                if scheduler is not None or workers is not None:
                    _have_tried(name, study, settings, note, scheduler, workers, on_look)
                else:
                    _try_all(name, study, settings, digits, note, on_step)
            search.tell(name, {})
        except Stopped:
            search.tell(name, {})
        except KeyboardInterrupt:
            search.tell(name, {})
            raise
        except BaseException as error:
            with contextlib.suppress(InputError, OSError):  # the disk may be what is wrong
                search.tell(name, {"problem": _in_a_sentence(error)})
            if isinstance(error, OSError | MemoryError):
                raise InputError(_in_a_sentence(error)) from error
            raise
        finally:
            with contextlib.suppress(OSError):
                search.side(name, "stop").unlink(missing_ok=True)
    return search.state(name)


class _Note:
    """Writes where the process is, not more often than somebody would look."""

    def __init__(self, name: str) -> None:
        self._name, self._process, self._last = name, background.this_process(), 0.0

    def __call__(self, activity: str, share: float | None = None, look: Look | None = None) -> None:
        # Who looks at workers does so seldom enough; a change of activity is told at once.
        if share is None or time.monotonic() - self._last > NOTE_SECONDS:
            self._last = time.monotonic()
            told = {"state": activity, "share": share or 0.0, "process": self._process}
            if look is not None:
                told["look"] = dataclasses.asdict(look)
            search.tell(self._name, told)


def _load(note: _Note, dataset: str) -> Dataset:
    """Load the digits; a download is told of."""

    def tell(done: int, total: int | None) -> None:
        if total:
            note(search.LOADING, done / total)

    return datasets.load(dataset, tell)


def _try_all(
    name: str,
    study: optuna.Study,
    settings: Settings,
    digits: Dataset,
    note: _Note,
    on_step: Callable[[Step], None] | None,
) -> None:
    """Train one trial after another in this process."""
    order = _Order(study, settings)
    while (number := order.next()) is not None:
        note(search.WAITING)
        _let_trainings_begin(name)
        with _turn(name):
            note(search.SEARCHING)
            report = functools.partial(_report, name, number, note, on_step)
            order.add(number, try_one(settings, number, order.before(number), digits, report))


def _report(
    name: str,
    number: int,
    note: _Note,
    on_step: Callable[[Step], None] | None,
    progress: Progress,
) -> None:
    """Tell how far a trial is, and end it if somebody asked for that."""
    share = (progress.epoch - 1 + progress.step / progress.steps) / progress.epochs
    with contextlib.suppress(InputError):  # what comes of the trial will be written all the same
        note(search.SEARCHING, share)
    if on_step:
        on_step(Step(number, share, progress.epoch, progress.accuracy))
    _end_if_asked(name)


class _Order:
    """Which trial is next, and what its choice may depend on."""

    def __init__(self, study: optuna.Study, settings: Settings) -> None:
        self._study, self._settings = study, settings
        self._ended = dict(search.ended(study))
        self._begun = set(self._ended)

    @property
    def all_begun(self) -> bool:
        return len(self._begun) >= self._settings.trials

    @property
    def count(self) -> int:
        """How many have ended."""
        return len(self._ended)

    @property
    def seconds(self) -> float | None:
        """That a trial took on average; None before the first."""
        times = [t.duration.total_seconds() for t in self._ended.values() if t.duration]
        return sum(times) / len(times) if times else None

    def next(self) -> int | None:
        """The number of the next trial; None where all have begun or it has to wait."""
        numbers = range(1, self._settings.trials + 1)
        number = next((n for n in numbers if n not in self._begun), None)
        if number is None or not all(n in self._ended for n in self._numbers_before(number)):
            return None
        self._begun.add(number)
        return number

    def again(self, number: int) -> None:
        """A trial came to nothing and is to be done once more."""
        self._begun.discard(number)

    def before(self, number: int) -> list[FrozenTrial]:
        """The trials by which one is chosen and pruned."""
        return [self._ended[n] for n in self._numbers_before(number)]

    def _numbers_before(self, number: int) -> range:
        return range(1, number - self._settings.at_a_time + 1)

    def add(self, number: int, trial: FrozenTrial) -> None:
        """Write a trial that ended into the file."""
        trial.user_attrs[search.NUMBER] = number
        self._study.add_trial(trial)
        self._ended[number] = trial


def try_one(
    settings: Settings,
    number: int,
    before: Sequence[FrozenTrial],
    digits: Dataset,
    report: Callable[[Progress], None],
) -> FrozenTrial:
    """Choose a trial and train it.

    Args:
        number: from 1.
        before: the trials by which it is chosen and pruned.
        report: called several times a second; whatever it raises ends the trial.
    """
    import optuna
    import tensorflow as tf
    from optuna.trial import TrialState

    trial = (study := _choosing(settings, number, before)).ask()
    recipe = search.draw(settings.space, trial)
    trial.set_user_attr("recipe", recipe.to_dict())
    try:
        study.tell(trial, _train(recipe, settings.seed, digits, trial, report))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except (InputError, MemoryError, tf.errors.ResourceExhaustedError) as error:
        # A recipe that cannot be trained counts as tried, else it would be tried for ever.
        trial.set_user_attr("note", _in_a_sentence(error))
        study.tell(trial, state=TrialState.PRUNED)
    return study.get_trials()[-1]


def _choosing(settings: Settings, number: int, before: Sequence[FrozenTrial]) -> optuna.Study:
    """A study in memory that chooses the trial of that number by those before it."""
    import optuna
    from optuna.pruners import MedianPruner
    from optuna.samplers import TPESampler

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = TPESampler(
        n_startup_trials=RANDOM,
        multivariate=False,
        constant_liar=False,
        seed=int(np.random.SeedSequence([settings.seed, number - 1]).generate_state(1)[0]),
    )
    pruner = MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=2)
    study = optuna.create_study(sampler=sampler, pruner=pruner, direction="maximize")
    study.add_trials(before)
    return study


def _train(
    recipe: Recipe,
    seed: int,
    digits: Dataset,
    trial: optuna.Trial,
    report: Callable[[Progress], None],
) -> float:
    """Train a recipe as a run of it would be; validation accuracy after the last epoch."""
    import keras
    import optuna

    from mnist_core.networks import architectures
    from mnist_core.training import loop

    class Judge(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            trial.report((logs or {})["val_accuracy"], epoch + 1)
            if epoch + 1 < recipe.epochs and trial.should_prune():
                raise optuna.TrialPruned

    chosen = datasets.subset(digits, recipe.train_images, seed)
    train_part, validation_part = datasets.split(
        len(chosen.x_train), recipe.validation_split, writers=chosen.writers_train
    )
    validation = chosen.x_train[validation_part], chosen.y_train[validation_part]
    keras.utils.clear_session()  # else every network that was tried stays in memory
    keras.utils.set_random_seed(seed)
    model = architectures.build(recipe)
    history = loop.fit(
        model,
        recipe,
        loop.training_digits(chosen, train_part, recipe, seed),
        validation,
        seed,
        report,
        [Judge()],
    )
    return history[loop.best_epoch(recipe, history)]["val_accuracy"]


def _check_digits(study: optuna.Study, settings: Settings, digits: Dataset) -> None:
    """Refuse to go on with other training digits than those of the trials until now."""
    digest = hashlib.sha256()
    for array in (digits.x_train, digits.y_train):
        digest.update(np.ascontiguousarray(array).data)
    known = study.user_attrs.get("training_digits")
    if known is None:
        study.set_user_attr("training_digits", digest.hexdigest())
    elif known != digest.hexdigest():
        raise InputError(
            f"The digits of {settings.dataset} are not those that this search began with: start "
            "a new search."
        )


def _let_trainings_begin(name: str) -> None:
    """Wait until a training that waits has begun; it holds the turn then, and we come after."""
    until = time.monotonic() + QUEUE_SECONDS
    waiting = next((run.name for run in queue.waiting()), None)
    while waiting and time.monotonic() < until:
        queue.tend()
        _end_if_asked(name)
        time.sleep(queue.LOOK_SECONDS)
        if waiting not in [run.name for run in queue.waiting()]:
            return


@contextlib.contextmanager
def _turn(name: str) -> Iterator[None]:
    """Hold the right to train; whoever has it comes first."""
    try:
        lock = filelock.FileLock(runs.models_dir() / queue.TURN)
        while True:
            _end_if_asked(name)
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0.5)
                break
    except OSError as error:
        raise InputError(_in_a_sentence(error)) from error
    try:
        yield
    finally:
        lock.release()


def _end_if_asked(name: str) -> None:
    if search.asked_to_stop(name):
        raise Stopped


def _in_a_sentence(error: BaseException) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError):
        return f"A file cannot be written ({error.strerror or error}): free some space."
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "There is not enough memory: take a smaller network, batch or dataset."
    return f"It failed ({type(error).__name__}): see the log beside its file."


# --- by workers ------------------------------------------------------------------------


def _have_tried(
    name: str,
    study: optuna.Study,
    settings: Settings,
    note: _Note,
    scheduler: str | None,
    workers: int | None,
    on_look: Callable[[Look], None] | None,
) -> None:
    """Have workers train the trials."""
    from mnist_core.experiments import cluster

    def show(look: Look) -> None:
        with contextlib.suppress(InputError):  # what comes of the trials is written all the same
            note(search.SEARCHING, look=look)
        if on_look:
            on_look(look)

    note(search.WAITING)
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            scheduler = stack.enter_context(cluster.local(workers or 0))
        cluster.carry_out_all(
            scheduler,
            ForWorkers(study, settings),
            show,
            lambda: search.asked_to_stop(name),
        )


class ForWorkers:
    """The trials of a search that workers train (a `workers.Work`)."""

    def __init__(self, study: optuna.Study, settings: Settings) -> None:
        self._settings, self._order = settings, _Order(study, settings)
        self._given: dict[str, int] = {}  # the numbers of trials by the names of their tasks
        self.datasets: Sequence[str] = [settings.dataset]
        self.at_a_time = settings.at_a_time

    @property
    def all_begun(self) -> bool:
        return self._order.all_begun

    def next(self) -> Task | None:
        number = self._order.next()
        if number is None:
            return None
        asked = {
            "settings": dataclasses.asdict(self._settings),
            "number": number,
            "before": [_to_dict(trial) for trial in self._order.before(number)],
        }
        task = Task(
            f"try-{number}",
            f"trial {number}",
            self._seconds(),
            "experiments.search_worker",
            ("--try",),
            {ASKED: json.dumps(asked).encode()},
        )
        self._given[task.name] = number
        return task

    def done(self, task: Task, result: Result) -> None:
        if TRIED in result.files:
            trial = _from_dict(json.loads(result.files[TRIED]))
            self._order.add(self._given.pop(task.name), trial)
        else:
            log = result.files.get("log.txt", b"").decode(errors="replace")
            self.failed(task, queue.why_ended(result.code, log))

    def failed(self, task: Task, reason: str) -> None:
        """It counts as tried, else it would be tried for ever."""
        import optuna

        number = self._given.pop(task.name)
        study = _choosing(self._settings, number, self._order.before(number))
        trial = study.ask()
        trial.set_user_attr("recipe", search.draw(self._settings.space, trial).to_dict())
        trial.set_user_attr("note", reason)
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        self._order.add(number, study.get_trials()[-1])

    def again(self, task: Task) -> None:
        self._order.again(self._given.pop(task.name))

    def progress(self) -> tuple[int, int]:
        return self._order.count, self._settings.trials

    def seconds_to_come(self) -> float:
        return self._seconds() * (self._settings.trials - self._order.count - len(self._given))

    def _seconds(self) -> float:
        return self._order.seconds or search.trial_seconds(
            self._settings.space, self._settings.dataset
        )


def _try_for_another(folder: Path) -> None:
    """Train the trial that is asked for in a folder, and write there what came of it."""
    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    settings = search.settings_from(asked["settings"])
    before = [_from_dict(values) for values in asked["before"]]
    digits = datasets.load(settings.dataset, fetch=False)
    trial = try_one(settings, asked["number"], before, digits, lambda _: None)
    with written_whole(folder / TRIED) as beside:
        beside.write_text(json.dumps(_to_dict(trial)), encoding="utf-8")


def _to_dict(trial: FrozenTrial) -> dict[str, Any]:
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


def _from_dict(values: dict[str, Any]) -> FrozenTrial:
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


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m mnist_core.experiments.search_worker")
    parser.add_argument("name")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--scheduler")
    parser.add_argument("--try", action="store_true", dest="for_another", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with contextlib.suppress(psutil.Error, OSError):
        # Whoever draws meanwhile comes first; a search has what is left of the machine.
        psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10))
    # Every trial makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        if options.for_another:
            _try_for_another(Path(options.name))
        else:
            carry_out(options.name, scheduler=options.scheduler, workers=options.workers)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
