"""What a training run learns from: digits chosen, strokes drawn anew, drawings of other things."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mnist_core import datasets
from mnist_core.datasets import Dataset, Images, Labels
from mnist_core.recipes import Recipe
from mnist_core.training import augmentation, nondigits
from mnist_core.training.listeners import OnPreparation

NON_DIGIT = 10  # the label of a drawing for which all ten digits are equally likely


def split(dataset: Dataset, recipe: Recipe) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of the digits to train on and of those to validate on.

    Raises:
        InputError: too few digits for that.
    """
    return datasets.split(
        len(dataset.x_train), recipe.validation_split, writers=dataset.writers_train
    )


def validation_digits(dataset: Dataset, recipe: Recipe) -> tuple[Images, Labels]:
    """Images uint8 (n, 28, 28) and labels (n,) to validate on; n may be 0."""
    _, part = split(dataset, recipe)
    return dataset.x_train[part], dataset.y_train[part]


def training_digits(
    dataset: Dataset,
    chosen: npt.NDArray[np.intp],
    recipe: Recipe,
    seed: int,
    on_preparation: OnPreparation | None = None,
) -> tuple[Images, Labels]:
    """The chosen training images and labels, with all that the recipe has drawn besides.

    Digits with strokes are drawn anew, `recipe.renderings` times each; drawings of other
    things have the label `NON_DIGIT`.

    Returns:
        Images uint8 (n, 28, 28) and labels uint8 (n,).
    """
    images, labels = dataset.x_train[chosen], dataset.y_train[chosen]
    written = np.array([], np.intp)
    strokes: list[datasets.Strokes] = []
    if dataset.strokes_train:
        written = np.flatnonzero([len(dataset.strokes_train[index]) > 0 for index in chosen])
        strokes = [dataset.strokes_train[chosen[i]] for i in written]
    parts = [(images, labels)]
    if recipe.renderings and strokes:
        others = np.setdiff1d(np.arange(len(chosen)), written)
        drawn = augmentation.render_strokes(
            strokes, recipe.renderings, recipe.stroke_augmentation, seed, on_preparation
        )
        repeated = np.repeat(labels[written], recipe.renderings)
        parts = [(images[others], labels[others]), (drawn, repeated)]
    if recipe.non_digits:
        things = nondigits.make(recipe.non_digits, strokes, labels[written], seed)
        drawn = augmentation.render_strokes(things, 1, recipe.stroke_augmentation, seed + 1)
        parts.append((drawn, np.full(len(drawn), NON_DIGIT, np.uint8)))
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])
