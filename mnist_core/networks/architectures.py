"""A recipe made a Keras model."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import keras
from keras import layers

from mnist_core import recipes
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.recipes import Layer, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator


def build(recipe: Recipe) -> keras.Model:
    """Build a recipe's network, with fresh weights from Keras' global seed.

    Returns:
        A model from float32 (n, 28, 28) in [0, 1] to float32 (n, 10), not compiled.

    Raises:
        InputError: hyperparameters out of range, or layers that do not fit each other.
    """
    recipes.check(recipe)
    # What flows between layers: an image (28, 28), feature maps, or a plain vector.
    inputs = keras.Input((SIDE, SIDE), name="image")
    flow, form = inputs, "image"
    for layer in recipe.hidden:
        kind = layer["kind"]
        if kind in ("conv", "max_pool") and form == "image":
            flow, form = layers.Reshape((SIDE, SIDE, 1))(flow), "maps"
        elif kind == "dense" and form != "vector":
            flow, form = layers.Flatten()(flow), "vector"
        needs = {"conv": "maps", "max_pool": "maps", "average_pool": "maps", "lstm": "image"}
        if kind in needs and form != needs[kind]:
            raise InputError(f"A layer {kind} cannot follow here: it takes {needs[kind]}.")
        try:
            for part in _layers(layer):
                flow = part(flow)
        except ValueError as error:
            raise InputError(
                f"The layer {kind} does not fit: too little of the image is left for it."
            ) from error
        if kind in ("average_pool", "lstm"):
            form = "vector"
    if form != "vector":
        flow = layers.Flatten()(flow)
    outputs = layers.Dense(recipes.CLASSES, activation=recipe.output, name="digit")(flow)
    return keras.Model(inputs, outputs, name=recipe.name.replace("-", "_"))


def _layers(layer: Layer) -> Iterator[keras.layers.Layer]:
    match layer["kind"]:
        case "dense":
            yield layers.Dense(layer["units"], activation=layer.get("activation", "relu"))
        case "dropout":
            yield layers.Dropout(layer["rate"])
        case "conv":
            norm = layer.get("norm", False)
            yield layers.Conv2D(
                layer["filters"],
                layer.get("size", 3),
                strides=layer.get("strides", 1),
                padding="same" if norm else "valid",
                use_bias=not norm,
                activation=None if norm else "relu",
                kernel_initializer="he_normal" if norm else "glorot_uniform",
            )
            if norm:
                yield layers.BatchNormalization(momentum=0.9)
                yield layers.ReLU()
        case "max_pool":
            yield layers.MaxPooling2D(layer.get("size", 2))
        case "average_pool":
            yield layers.GlobalAveragePooling2D()
        case "lstm":
            yield layers.LSTM(layer["units"])


def optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """A recipe's optimizer for a training run of `steps` batches."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.schedule == "cosine":
        warmup = max(1, steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=recipe.learning_rate / 20,
            decay_steps=max(1, steps - warmup),
            warmup_target=recipe.learning_rate,
            warmup_steps=warmup,
        )
    kinds = {
        "adam": keras.optimizers.Adam,
        "sgd": keras.optimizers.SGD,
        "sgd-momentum": functools.partial(keras.optimizers.SGD, momentum=0.9),
        "rmsprop": keras.optimizers.RMSprop,
        "adamw": keras.optimizers.AdamW,
    }
    return kinds[recipe.optimizer](learning_rate=rate)
