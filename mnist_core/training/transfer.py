"""Transfer learning: training that begins with the weights of another run, some of them frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnist_core import recipes, runs
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.runs import Run, Start

if TYPE_CHECKING:
    import keras


def refusal(run: Run) -> str | None:
    """Why no training can start from a run, in one sentence; None if one can."""
    if run.problem:
        return run.problem
    if not run.usable:
        return f"The run {run.name} is {run.status}: start from one that is finished."
    if run.recipe.name in (recipes.IMPORTED, recipes.ENSEMBLE):
        return (
            f"The layers of {run.name} are not those of a recipe: start from a run that was "
            "trained here."
        )
    return None


def source(name: str) -> Run:
    """The run of that name or directory, to start from.

    Raises:
        InputError: no training can start from it.
    """
    run = runs.read(name)
    if reason := refusal(run):
        raise InputError(reason)
    return run


def check(recipe: Recipe) -> None:
    """Refuse a recipe that starts from a run with which its layers do not agree.

    The first layers have to be the same; where they differ, fresh weights begin.

    Raises:
        InputError: no training can start from the run, no layer agrees, or more are to be
            frozen than agree.
    """
    if not recipe.start_from:
        return
    run = source(recipe.start_from)
    same = recipes.common_layers(recipe, run.recipe)
    if same == 0:
        raise InputError(
            f"The first layer of {run.name} is another than that of {recipe.name}: start from a "
            "run whose first layers are the same."
        )
    if recipe.frozen > same:
        raise InputError(
            f"Only the first {same} layers of {run.name} are those of {recipe.name}: freeze "
            "no more than these."
        )


def take_weights(model: keras.Model, recipe: Recipe) -> Start:
    """Give a fresh network the weights of the run that its recipe starts from.

    Returns:
        What the record is to say of it.

    Raises:
        InputError: as `check`, or the run's model file is damaged.
    """
    from mnist_core.networks import keras_predictor

    check(recipe)
    assert recipe.start_from is not None
    run = source(recipe.start_from)
    count = recipes.common_layers(recipe, run.recipe)
    theirs = _with_weights(keras_predictor.load_model(run))[:count]
    for mine, given in zip(_with_weights(model), theirs, strict=False):
        for layer, other in zip(mine, given, strict=True):
            layer.set_weights(other.get_weights())
    return Start(
        run=runs.reference(run),
        sha256=runs.file_sha256(run.model_file),
        layers=count,
        datasets=tuple(sorted(runs.trained_on(run))),
    )


def freeze(model: keras.Model, count: int) -> None:
    """Keep the weights of the first layers through the training.

    The statistics of their batch normalisation stay as they are too.
    """
    for group in _with_weights(model)[:count]:
        for layer in group:
            layer.trainable = False


def _with_weights(model: keras.Model) -> list[list[keras.layers.Layer]]:
    """The layers that have weights, a convolution together with its normalisation."""
    import keras

    groups: list[list[keras.layers.Layer]] = []
    for layer in model.layers:
        if groups and isinstance(layer, keras.layers.BatchNormalization):
            groups[-1].append(layer)
        elif layer.weights:
            groups.append([layer])
    return groups
