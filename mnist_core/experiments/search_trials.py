"""The trials of a search: which is next, what its choice depends on, how it is trained.

What the n-th trial tries, and when it is pruned, depends on the seed and on the trials 1 to
n - k, on nothing else, where k is how many may be trained beside each other
(`Settings.at_a_time`). So a search ends with the same trials whether it was interrupted or not
and however many workers it has, unless another number of threads to a trial rounds a figure
otherwise: what was broken off leaves no trace and is done again.

Pruning is by the median (Optuna's `MedianPruner`): from its second epoch on a trial ends if it
never was as good as half of those before it. Unlike Hyperband's brackets that asks for few
trials and depends on nothing but those that ended before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core import datasets
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.experiments import search_space, search_storage
from mnist_core.experiments.search_storage import Settings
from mnist_core.recipes import Recipe

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from mnist_core.training.listeners import Progress

STARTUP_TRIALS, UNPRUNED_TRIALS = (
    8,
    4,
)  # trials at first that are drawn at random, and that are not pruned


class TrialQueue:
    """Which trial is next, and what its choice may depend on."""

    def __init__(self, study: optuna.Study, settings: Settings) -> None:
        self._study, self._settings = study, settings
        self._ended = dict(search_storage.ended(study))
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
        trial.user_attrs[search_storage.NUMBER] = number
        self._study.add_trial(trial)
        self._ended[number] = trial


def run_trial(
    settings: Settings,
    number: int,
    before: Sequence[FrozenTrial],
    digits: Dataset,
    report: Callable[[Progress], None],
) -> FrozenTrial:
    """Sample a trial and train it.

    Args:
        number: from 1.
        before: the trials by which it is chosen and pruned.
        report: called several times a second; whatever it raises ends the trial.
    """
    import optuna
    import tensorflow as tf
    from optuna.trial import TrialState

    trial = (study := sampling_study(settings, number, before)).ask()
    recipe = search_space.draw(settings.space, trial)
    trial.set_user_attr("recipe", recipe.to_dict())
    try:
        study.tell(trial, _train(recipe, settings.seed, digits, trial, report))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except (InputError, MemoryError, tf.errors.ResourceExhaustedError) as error:
        # A recipe that cannot be trained counts as tried, else it would be tried for ever.
        trial.set_user_attr("note", in_a_sentence(error))
        study.tell(trial, state=TrialState.PRUNED)
    return study.get_trials()[-1]


def sampling_study(settings: Settings, number: int, before: Sequence[FrozenTrial]) -> optuna.Study:
    """A study in memory that samples the trial of that number, given those before it."""
    import optuna
    from optuna.pruners import MedianPruner
    from optuna.samplers import TPESampler

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = TPESampler(
        n_startup_trials=STARTUP_TRIALS,
        multivariate=False,
        constant_liar=False,
        seed=int(np.random.SeedSequence([settings.seed, number - 1]).generate_state(1)[0]),
    )
    pruner = MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=2)
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
    from mnist_core.training import loop, preparation

    class PruningCallback(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            trial.report((logs or {})["val_accuracy"], epoch + 1)
            if epoch + 1 < recipe.epochs and trial.should_prune():
                raise optuna.TrialPruned

    chosen = datasets.subset(digits, recipe.train_images, seed)
    train_part, _ = preparation.split(chosen, recipe)
    keras.utils.clear_session()  # else every network that was tried stays in memory
    keras.utils.set_random_seed(seed)
    model = architectures.build(recipe)
    history = loop.fit(
        model,
        recipe,
        preparation.training_digits(chosen, train_part, recipe, seed),
        preparation.validation_digits(chosen, recipe),
        seed,
        report,
        [PruningCallback()],
    )
    return history[loop.best_epoch(recipe, history)]["val_accuracy"]


def in_a_sentence(error: BaseException) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError):
        return f"A file cannot be written ({error.strerror or error}): free some space."
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "There is not enough memory: take a smaller network, batch or dataset."
    return f"It failed ({type(error).__name__}): see the log beside its file."
