"""The trials of a search, one after another, each trained and compared on validation digits.

    python -m mnist_core.searching NAME

is the process that `search.start` begins. It takes turns with the queue of trainings: one
trains at a time. It reads training digits alone, of which a part is for validation.

What is tried depends on the seed, on the trial's number and on the trials that ended before
it, on nothing else. So a search that was interrupted ends with the trials that it would have
had: what was broken off leaves no trace and is done again.

Pruning is by the median (Optuna's `MedianPruner`): from its second epoch on a trial ends if it
never was as good as half of those before it. Unlike Hyperband's brackets that asks for few
trials and depends on nothing but those that ended before.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import filelock
import numpy as np
import psutil

from mnist_core import datasets, jobs, runs, search
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.search import Search, Settings

if TYPE_CHECKING:
    import optuna

    from mnist_core.training import Progress

RANDOM, UNPRUNED = 8, 4  # trials at first that are drawn blindly, and that are not pruned
NOTE_SECONDS = 0.3  # between two notes of progress
QUEUE_SECONDS = 20.0  # to let a training that waits begin

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
    name: str, on_step: Callable[[Step], None] | None = None, load: Load | None = None
) -> Search:
    """Try what is left to try, in this process.

    Args:
        on_step: called several times a second while a trial is trained.
        load: gives the digits, by the name of their dataset.

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
                _try_all(name, study, note, on_step, load or datasets.load)
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
        self._name, self._process, self._last = name, runs.this_process(), 0.0

    def __call__(self, activity: str, share: float | None = None) -> None:
        if share is None or time.monotonic() - self._last > NOTE_SECONDS:
            self._last = time.monotonic()
            told = {"state": activity, "share": share or 0.0, "process": self._process}
            search.tell(self._name, told)


def _try_all(
    name: str,
    study: optuna.Study,
    note: _Note,
    on_step: Callable[[Step], None] | None,
    load: Load,
) -> None:
    from optuna.pruners import MedianPruner
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState

    settings = search.settings_of(study)
    for left in study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING)):
        study.tell(left.number, state=TrialState.FAIL)  # its process was killed
    digits = load(settings.dataset)
    _check_digits(study, settings, digits)
    study.pruner = MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=2)
    while (tried := _tried(study)) < settings.trials:
        note(search.WAITING)
        _let_trainings_begin(name)
        with _turn(name):
            note(search.SEARCHING)
            study.sampler = TPESampler(
                n_startup_trials=RANDOM,
                multivariate=False,
                constant_liar=False,
                seed=int(np.random.SeedSequence([settings.seed, tried]).generate_state(1)[0]),
            )
            _try_one(name, study, settings, digits, tried + 1, note, on_step)


def _tried(study: optuna.Study) -> int:
    from optuna.trial import TrialState

    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=states))


def _try_one(
    name: str,
    study: optuna.Study,
    settings: Settings,
    digits: Dataset,
    number: int,
    note: _Note,
    on_step: Callable[[Step], None] | None,
) -> None:
    """Ask for a trial, train it, and tell the study what came out."""
    import optuna
    import tensorflow as tf
    from optuna.trial import TrialState

    def report(progress: Progress) -> None:
        share = (progress.epoch - 1 + progress.step / progress.steps) / progress.epochs
        with contextlib.suppress(InputError):  # what comes of the trial is written below
            note(search.SEARCHING, share)
        if on_step:
            on_step(Step(number, share, progress.epoch, progress.accuracy))
        _end_if_asked(name)

    trial = study.ask()
    try:
        recipe = search.draw(settings.space, trial)
        trial.set_user_attr("recipe", recipe.to_dict())
        value = _train(recipe, settings.seed, digits, trial, report)
        study.tell(trial, value)
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except (InputError, MemoryError, tf.errors.ResourceExhaustedError) as error:
        # A recipe that cannot be trained counts as tried, else it would be tried for ever.
        trial.set_user_attr("note", _in_a_sentence(error))
        study.tell(trial, state=TrialState.PRUNED)
    except BaseException:
        with contextlib.suppress(Exception):  # if this fails too, the next process does it
            study.tell(trial, state=TrialState.FAIL)
        raise


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

    from mnist_core import architectures, training

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
    history = training.fit(
        model,
        recipe,
        training.training_digits(chosen, train_part, recipe, seed),
        validation,
        seed,
        report,
        [Judge()],
    )
    return history[training.best_epoch(recipe, history)]["val_accuracy"]


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
    waiting = next((run.name for run in jobs.queue()), None)
    while waiting and time.monotonic() < until:
        jobs.tend()
        _end_if_asked(name)
        time.sleep(jobs.LOOK_SECONDS)
        if waiting not in [run.name for run in jobs.queue()]:
            return


@contextlib.contextmanager
def _turn(name: str) -> Iterator[None]:
    """Hold the right to train; whoever has it comes first."""
    try:
        lock = filelock.FileLock(runs.models_dir() / jobs.TURN)
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


def main(arguments: list[str]) -> int:
    with contextlib.suppress(psutil.Error, OSError):
        # Whoever draws meanwhile comes first; a search has what is left of the machine.
        psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10))
    # Every trial makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        carry_out(arguments[0])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
