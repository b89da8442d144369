"""The recipes that have a name, and the named amounts of augmentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from mnist_core.errors import InputError
from mnist_core.recipes.recipe import (
    Recipe,
    average_pool,
    conv,
    dense,
    dropout,
    lstm,
    max_pool,
)

# Amounts of augmentation that leave every digit what it is, and ones that are hard to read.
LIGHT = {"rotation": 10.0, "shift": 0.06, "zoom": 0.1, "shear": 0.15, "elastic": 0.6}
STRONG = {
    "rotation": 20.0,
    "shift": 0.12,
    "zoom": 0.2,
    "shear": 0.3,
    "elastic": 1.2,
    "thickness": 0.4,
    "noise": 0.1,
}
AUGMENTED: Mapping[str, Mapping[str, float]] = {"none": {}, "light": LIGHT, "strong": STRONG}

# What reads pens has in common: layers, and what happens to scans and to strokes.
PEN_LAYERS = (
    conv(32, 5, strides=2, norm=True),
    conv(64, norm=True),
    conv(64, norm=True),
    max_pool(),
    conv(128, norm=True),
    conv(128, norm=True),
    average_pool(),
    dropout(0.2),
)
PEN_IMAGES = LIGHT | {"rotation": 6.0, "shear": 0.1, "thickness": 0.3, "blur": 0.5}
PEN_STROKES = {
    "rotation": 16.0,
    "slant": 0.35,
    "aspect": 0.3,
    "jitter": 0.025,
    "slip": 0.02,
    "trim": 0.05,
    "thinnest": 1.3,
    "thickest": 6.0,
}
_PEN = Recipe(
    "pen-cnn",
    "A convolutional network that has seen pens: MNIST and pen strokes together",
    PEN_LAYERS,
    optimizer="adamw",
    learning_rate=0.003,
    schedule="cosine",
    epochs=14,
    validation_split=0.04,
    augmentation=PEN_IMAGES,
    dataset="mnist+pen-strokes",
    renderings=16,
    stroke_augmentation=PEN_STROKES,
    non_digits=12_000,
    tta_angle=8.0,
    calibrate=True,
)
_MANY_HANDS = dataclasses.replace(
    _PEN,
    name="many-hands-cnn",
    title="The first half of hands-cnn: sixteen renderings of what each pen wrote, beside scans",
    epochs=12,
    dataset="mnist+pen-strokes+uji-pen+swiss-digits",
    stroke_augmentation=PEN_STROKES | {"thickest": 4.8, "canvas": 0.15, "speck": 0.06},
)

_ALL = (
    Recipe(
        "report-ann",
        "The course report's network: two hidden layers with dropout",
        (dense(128), dropout(0.3), dense(64), dropout(0.3)),
        loss="categorical_crossentropy",
    ),
    Recipe(
        "early-stopping-ann",
        "The same network, stopped when validation loss no longer falls",
        (dense(128), dropout(0.3), dense(64), dropout(0.3)),
        epochs=50,
        patience=5,
    ),
    Recipe(
        "sigmoid-ann",
        "One hidden layer, sigmoid outputs",
        (dense(100),),
        output="sigmoid",
        batch_size=32,
    ),
    Recipe(
        "perceptron",
        "No hidden layer",
        (),
        optimizer="sgd",
        learning_rate=0.01,
        loss="categorical_crossentropy",
        batch_size=64,
        epochs=70,
        validation_split=0.2,
    ),
    Recipe(
        "mlp",
        "Two hidden layers",
        (dense(64), dense(64)),
        optimizer="sgd",
        learning_rate=0.01,
        loss="categorical_crossentropy",
        batch_size=64,
        epochs=100,
        validation_split=0.2,
    ),
    Recipe(
        "dropout-mlp",
        "Two wider hidden layers with dropout",
        (dense(128), dropout(0.3), dense(128), dropout(0.3)),
        optimizer="sgd",
        learning_rate=0.01,
        loss="categorical_crossentropy",
        batch_size=64,
        epochs=50,
        validation_split=0.2,
    ),
    Recipe(
        "wide-mlp",
        "Two hidden layers of 512 with dropout",
        (dense(512), dropout(0.3), dense(512), dropout(0.3)),
        loss="categorical_crossentropy",
        epochs=31,
        validation_split=0.2,
    ),
    Recipe(
        "cnn",
        "A convolutional network with augmented images",
        (
            conv(24, norm=True),
            conv(24, norm=True),
            max_pool(),
            conv(48, norm=True),
            conv(48, norm=True),
            max_pool(),
            conv(96, norm=True),
            average_pool(),
            dropout(0.2),
        ),
        optimizer="adamw",
        learning_rate=0.003,
        schedule="cosine",
        epochs=20,
        augmentation=LIGHT,
    ),
    Recipe(
        "fast-cnn",
        "99 % as fast as possible: three epochs of a small convolutional network",
        (conv(16, 5, strides=2, norm=True), conv(32, strides=2, norm=True), dense(128)),
        optimizer="adamw",
        learning_rate=0.01,
        schedule="cosine",
        epochs=3,
        validation_split=0.0,
    ),
    Recipe(
        "keras-convnet",
        "The convolutional network of Keras' own example",
        (conv(32), max_pool(), conv(64), max_pool(), dropout(0.5)),
        loss="categorical_crossentropy",
        epochs=15,
    ),
    _PEN,
    _MANY_HANDS,
    dataclasses.replace(
        _MANY_HANDS,
        name="hands-cnn",
        title="A convolutional network that has seen many hands: MNIST, pens and scans together",
        learning_rate=0.0015,
        epochs=5,
        renderings=4,
        non_digits=10_000,
    ),
    Recipe(
        "rnn",
        "An LSTM that reads the image row by row",
        (lstm(128), dropout(0.2)),
        learning_rate=0.002,
        schedule="cosine",
        epochs=10,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def get(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in RECIPES:
        raise InputError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]
