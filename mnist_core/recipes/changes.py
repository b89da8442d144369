"""Recipes made of other recipes, and what two of them have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from mnist_core.errors import InputError
from mnist_core.recipes.checks import check_layer
from mnist_core.recipes.recipe import WIDTH, Layer, Recipe, dense, dropout, widths

FINE_TUNING_RATE = 0.3  # of the usual learning rate, where training starts from weights
FEWEST_TO_CALIBRATE = 2000  # images, of which a fifth validates


def common_layers(one: Recipe, other: Recipe) -> int:
    """How many of the first layers with weights two networks have in common.

    The output counts as the last of them; dropout, which has no weights, does not count.
    """
    rows = [
        [*(dict(layer) for layer in recipe.hidden if layer["kind"] != "dropout"), recipe.output]
        for recipe in (one, other)
    ]
    count = 0
    for mine, theirs in zip(*rows, strict=False):
        if mine != theirs:
            break
        count += isinstance(mine, str) or mine["kind"] in WIDTH
    return count


def fine_tuned(recipe: Recipe, run: str, frozen: int = 0) -> Recipe:
    """The recipe as one that fine-tunes a run's weights, in smaller steps."""
    # What starts from a run that was fine-tuned itself has its smaller steps already.
    rate = recipe.learning_rate * (1 if recipe.start_from else FINE_TUNING_RATE)
    return dataclasses.replace(recipe, start_from=run, frozen=frozen, learning_rate=rate)


def for_few_images(recipe: Recipe, images: int) -> Recipe:
    """The recipe for a small number of images, with what else has to be small then.

    Batches become smaller, a fifth of the images validates, and no more than a tenth are
    drawings of other things; a temperature is not fitted on a handful of digits.
    """
    return dataclasses.replace(
        recipe,
        train_images=images,
        batch_size=min(recipe.batch_size, max(1, images // 8)),
        validation_split=max(recipe.validation_split, 0.2),
        non_digits=min(recipe.non_digits, images // 10),
        calibrate=recipe.calibrate and images >= FEWEST_TO_CALIBRATE,
    )


def with_widths(
    hidden: Sequence[Layer], typed: str, rate: float, activation: str = "relu"
) -> tuple[Layer, ...]:
    """Hidden layers with other widths and another dropout.

    Args:
        hidden: the layers as they are. Dense layers may become more or fewer; others keep
            their number and their kinds.
        typed: the widths with commas between them.
        rate: of the dropout after each dense layer, or of the dropout layers that there are.
        activation: of dense layers.

    Raises:
        InputError: what was typed is no list of widths, or of the wrong length.
    """
    try:
        given = [int(part) for part in typed.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        raise InputError(
            f"Give the widths as whole numbers with commas between them, not {typed[:40]!r}."
        ) from None
    if all(layer["kind"] in ("dense", "dropout") for layer in hidden):
        layers: list[Layer] = []
        for width in given:
            layers.append(dense(width, activation))
            if rate > 0:
                layers.append(dropout(rate))
    else:
        if len(given) != len(widths(hidden)):
            raise InputError(
                f"This network has {len(widths(hidden))} layers with a width: give as many numbers."
            )
        left = iter(given)
        layers = [
            {**layer, WIDTH[layer["kind"]]: next(left)} if layer["kind"] in WIDTH else layer
            for layer in hidden
            if layer["kind"] != "dropout"
        ]
        at = [i for i, layer in enumerate(hidden) if layer["kind"] == "dropout"]
        for place in at if rate > 0 else ():
            layers.insert(place, dropout(rate))
    for layer in layers:
        check_layer(layer)
    return tuple(layers)
