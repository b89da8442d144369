"""What a search may try, and a recipe drawn from it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mnist_core import datasets, recipes
from mnist_core.decoded import decoded
from mnist_core.errors import InputError
from mnist_core.recipes import AUGMENTED, Recipe
from mnist_core.training import estimate

if TYPE_CHECKING:
    import optuna

DENSE, CONVOLUTIONAL = "dense", "convolutional"
FAMILIES = (DENSE, CONVOLUTIONAL)
MOST_LAYERS, MOST_TRIALS, MOST_AT_A_TIME = 4, 10_000, 64


@decoded
@dataclass(frozen=True)
class Space:
    """What may be tried. Where there is one choice alone it is taken and not searched."""

    layers: tuple[int, int] = (1, 3)  # hidden dense layers, 0 to 4
    widths: tuple[int, ...] = (32, 64, 128, 256)  # of each of them
    dropout: tuple[float, float] = (0.0, 0.5)  # after each of them
    activations: tuple[str, ...] = ("relu", "tanh")
    optimizers: tuple[str, ...] = ("adam", "rmsprop", "sgd")
    learning_rate: tuple[float, float] = (1e-4, 1e-2)  # drawn by its logarithm
    batch_sizes: tuple[int, ...] = (32, 64, 128, 256)
    augmentations: tuple[str, ...] = ("none",)  # of `AUGMENTED`
    families: tuple[str, ...] = (DENSE,)  # convolutional: two convolutions come first
    filters: tuple[int, ...] = (8, 16)  # of the first convolution, the second has twice as many
    epochs: int = 5  # of each trial that is not pruned
    train_images: int = 0  # chosen with the seed; 0: all of them

    @classmethod
    def from_dict(cls, values: Any) -> Space:
        """What `dataclasses.asdict` made of a space.

        Raises:
            InputError: an entry is unknown or of another type.
        """
        known = {f.name for f in dataclasses.fields(cls)}
        try:
            if set(values) - known:
                raise ValueError("an unknown entry")
            return msgspec.convert(values, cls)
        except (ValueError, TypeError) as error:
            raise InputError("The settings of this search are garbled: start a new one.") from error


def check(space: Space, dataset: str, trials: int, seed: int, at_a_time: int = 1) -> None:
    """Refuse settings that contradict themselves.

    Raises:
        InputError: one sentence that names the first one.
    """
    if dataset not in datasets.NAMES:
        raise InputError(
            f"There is no dataset {dataset!r}: choose one of {', '.join(datasets.NAMES)}."
        )
    if not 1 <= trials <= MOST_TRIALS:
        raise InputError(f"The number of trials must be 1 to {MOST_TRIALS:,}, not {trials}.")
    recipes.check_seed(seed)
    if not 1 <= at_a_time <= MOST_AT_A_TIME:
        raise InputError(
            f"The number of trials at a time must be 1 to {MOST_AT_A_TIME}, not {at_a_time}."
        )
    _check_ranges(space)
    _check_choices(space)
    _check_recipes(space)
    total = datasets.TRAIN_SIZES[dataset][0]
    images = int(min(space.train_images or total, total) * 0.9)
    if max(space.batch_sizes) > images:
        raise InputError(
            f"The batch size {max(space.batch_sizes)} is larger than the {images} training images: "
            "take smaller batches or more images."
        )


def _check_ranges(space: Space) -> None:
    for what, low, high, least, most in (
        ("number of hidden layers", *space.layers, 0, MOST_LAYERS),
        ("dropout", *space.dropout, 0.0, 0.9),
        ("learning rate", *space.learning_rate, 1e-8, 100.0),
    ):
        if low > high:
            raise InputError(
                f"The lowest {what} ({low:g}) is above the highest ({high:g}): swap them."
            )
        if low < least or high > most:
            raise InputError(
                f"The {what} must be from {least:g} to {most:g}, not {low:g} to {high:g}."
            )


def _check_choices(space: Space) -> None:
    choices: dict[str, tuple[Any, ...]] = {
        "width": space.widths,
        "activation": space.activations,
        "optimizer": space.optimizers,
        "batch size": space.batch_sizes,
        "augmentation": space.augmentations,
        "kind of network": space.families,
        "number of filters": space.filters,
    }
    for what, given in choices.items():
        if not given:
            raise InputError(f"Give at least one {what} to choose from.")
        if len(set(given)) < len(given):
            raise InputError(f"A {what} is given twice: give each one once.")
    for what, given, names in (
        ("augmentation", space.augmentations, AUGMENTED),
        ("kind of network", space.families, FAMILIES),
    ):
        for name in given:
            if name not in names:
                raise InputError(f"There is no {what} {name!r}: choose one of {', '.join(names)}.")


def _check_recipes(space: Space) -> None:
    # What is left are ranges that every recipe has: it is enough to look at a few.
    for width in space.widths:
        for activation in space.activations:
            recipes.layer_table(
                Recipe("", "", (recipes.dense(width, activation),), epochs=space.epochs)
            )
    for count in space.filters:
        recipes.layer_table(Recipe("", "", _convolutions(count)))
    for optimizer in space.optimizers:
        recipes.check(Recipe("", "", (), optimizer=optimizer, train_images=space.train_images))
    for batch in space.batch_sizes:
        recipes.check(Recipe("", "", (), batch_size=batch))


def draw(space: Space, trial: optuna.Trial, name: str = "search") -> Recipe:
    """A recipe from the space; what there is to choose is chosen by the trial."""

    def one_of(what: str, choices: tuple[Any, ...]) -> Any:
        return choices[0] if len(choices) == 1 else trial.suggest_categorical(what, choices)

    def number(what: str, low: float, high: float, log: bool = False) -> float:
        return low if low == high else trial.suggest_float(what, low, high, log=log)

    hidden: list[recipes.Layer] = []
    if one_of("family", space.families) == CONVOLUTIONAL:
        hidden += _convolutions(one_of("filters", space.filters))
    low, high = space.layers
    layers = low if low == high else trial.suggest_int("layers", low, high)
    if layers:
        activation = one_of("activation", space.activations)
        dropout = number("dropout", *space.dropout)
        for place in range(1, layers + 1):
            hidden.append(recipes.dense(one_of(f"width_{place}", space.widths), activation))
            if dropout > 0:
                hidden.append(recipes.dropout(dropout))
    return Recipe(
        name,
        "Found by a search",
        tuple(hidden),
        optimizer=one_of("optimizer", space.optimizers),
        learning_rate=number("learning_rate", *space.learning_rate, log=True),
        batch_size=one_of("batch_size", space.batch_sizes),
        augmentation=AUGMENTED[one_of("augmentation", space.augmentations)],
        epochs=space.epochs,
        train_images=space.train_images,
    )


def _convolutions(filters: int) -> tuple[recipes.Layer, ...]:
    return (
        recipes.conv(filters, 5, strides=2, norm=True),
        recipes.conv(2 * filters, strides=2, norm=True),
    )


def trial_seconds(space: Space, dataset: str) -> float:
    """About how long a trial of middling size takes to its end."""
    total, pens = datasets.TRAIN_SIZES[dataset]
    images = int(min(space.train_images or total, total) * 0.9)
    width = sorted(space.widths)[len(space.widths) // 2]
    recipe = Recipe(
        "",
        "",
        (recipes.dense(width),) * (sum(space.layers) // 2),
        batch_size=sorted(space.batch_sizes)[len(space.batch_sizes) // 2],
        epochs=space.epochs,
        augmentation=AUGMENTED[space.augmentations[-1]],
    )
    return estimate.estimate(recipe, images, pens) - estimate.START_SECONDS + 1
