"""Training on a class: its digits together with some of MNIST's, in less than a minute.

What is held out, whole members, is the test part of `class-CODE`; so the test digits of
`class-CODE+mnist-N` are those of people of whom the network has seen nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from mnist_core import datasets, recipes, runs
from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES, Recipe
from mnist_core.runs import Run

PREFIX = "class-"
FEWEST = 20  # digits to learn from
# Few enough that a class of 600 digits takes less than a minute (`benchmarks/train_class.py`).
MNIST_DIGITS = 2000  # to fine-tune with, so that other hands are not forgotten
MNIST_DIGITS_FROM_NOTHING = 20_000  # the report's network has never seen a digit
EPOCHS, EPOCHS_FROM_NOTHING = 4, 10
RENDERINGS = 4  # of each of the class's digits
BATCH = 64
FEWEST_WRITERS = 5  # of whom one can be spared to validate on


def dataset(code: str, some: int) -> str:
    """The class together with so many of MNIST's digits; alone where MNIST is not at hand."""
    name = PREFIX + code
    return f"{name}+mnist-{some}" if datasets.at_hand("mnist") else name


def fine_tuned(code: str) -> Recipe:
    """How the default run is fine-tuned to a class.

    Raises:
        InputError: there is no such class, it has too few digits, or they are all of one member.
    """
    base = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    recipe = recipes.fine_tuned(base.recipe, base.name)
    return _for_class(
        recipe, code, MNIST_DIGITS, epochs=EPOCHS, batch_size=BATCH, non_digits=0, calibrate=False
    )


def from_nothing(code: str) -> Recipe:
    """How the report's network is trained on a class from fresh weights, for comparison.

    Raises:
        InputError: as `fine_tuned`.
    """
    return _for_class(
        RECIPES["report-ann"], code, MNIST_DIGITS_FROM_NOTHING, epochs=EPOCHS_FROM_NOTHING
    )


def free_name(code: str) -> str:
    """A name for a run of the class that no other run has."""
    taken = {run.name for run in runs.all_runs()}
    numbers = range(2, len(taken) + 3)
    name = PREFIX + code
    return next(n for n in (name, *(f"{name} {i}" for i in numbers)) if n not in taken)


def runs_of(code: str, among: Sequence[Run]) -> list[Run]:
    """Those of some runs that were or are trained on a class, in the same order."""
    return [
        run
        for run in among
        if run.problem is None and run.dataset.partition("+")[0] == PREFIX + code
    ]


def check(found: datasets.Dataset) -> None:
    """Raises InputError, with what to do, unless something can be learnt and something tested."""
    if len(found.x_train) < FEWEST:
        raise InputError(
            f"There are {len(found.x_train)} digits with a label to learn from: "
            f"let the class write {FEWEST} at least."
        )
    if not len(found.x_test):
        raise InputError(
            "No member's digits are held out yet: let one more member write, so that there is "
            "somebody to test on."
        )


def _for_class(recipe: Recipe, code: str, some: int, **changes: object) -> Recipe:
    found = datasets.load(PREFIX + code, fetch=False)
    check(found)
    writers = 0 if found.writers_train is None else len(set(found.writers_train.tolist()))
    name = dataset(code, some)
    return dataclasses.replace(
        recipe,
        dataset=name,
        renderings=RENDERINGS,
        # Whoever validates is not learnt from: in a small class nobody can be spared.
        validation_split=0.05 if writers >= FEWEST_WRITERS else 0.0,
        patience=None,
        **changes,  # type: ignore[arg-type]
    )
