"""How long a training run will take on this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from mnist_core import recipes, runs
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.runs import Run

# Seconds on two cores: for a batch, for an image, and for a million multiplications.
BATCH_SECONDS, IMAGE_SECONDS, WORK_SECONDS = 2.5e-4, 5e-6, 3.0e-5
AUGMENTATION_SECONDS, STROKE_SECONDS, START_SECONDS = 2.5e-5, 9e-4, 5.0
STEPS_OF_A_SEQUENCE = 28  # a recurrent layer goes through the rows one after another


def estimate(
    recipe: Recipe, images: int, pens: int = 0, among: Sequence[Run] | None = None
) -> float:
    """About how many seconds a training run will take on this machine.

    It starts from what was measured on two cores and corrects itself by how long the runs
    that were trained here took.

    Args:
        images: training digits, validation left out.
        pens: how many of them have strokes, of which `recipe.renderings` are drawn.
        among: runs that were read already; by default they are read now.

    Raises:
        InputError: layers that do not fit.
    """
    ratios = []
    for run in runs.all_runs() if among is None else among:
        if run.problem is None and run.status == runs.FINISHED and not runs.is_shipped(run):
            rows = runs.read_history(run)[1:]  # the first epoch includes the making of the graph
            if rows and run.record.images:
                with contextlib.suppress(InputError):
                    expected = _epoch_seconds(run.recipe, run.record.images)
                    ratios.append(sum(row["seconds"] for row in rows) / len(rows) / expected)
    pace = sorted(ratios[:9])[len(ratios[:9]) // 2] if ratios else 1.0
    drawn = images + pens * max(0, recipe.renderings - 1) + recipe.non_digits
    before = START_SECONDS + (pens * recipe.renderings + recipe.non_digits) * STROKE_SECONDS
    return before + pace * recipe.epochs * _epoch_seconds(recipe, drawn)


def _epoch_seconds(recipe: Recipe, images: int) -> float:
    work = sum(row.multiplications for row in recipes.layer_table(recipe)) / 1e6
    image = IMAGE_SECONDS + work * WORK_SECONDS
    if any(recipe.augmentation.values()):
        image += AUGMENTATION_SECONDS
    batch = BATCH_SECONDS
    if any(layer["kind"] == "lstm" for layer in recipe.hidden):
        batch *= STEPS_OF_A_SEQUENCE
    return images * image + images / recipe.batch_size * batch
