"""What a recipe may say, and the refusal of what makes no sense."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mnist_core.errors import InputError
from mnist_core.recipes.recipe import Layer, Recipe, widths

# What each optimizer is called in Keras, with Keras' own default learning rate.
OPTIMIZERS = {"adam": 0.001, "sgd": 0.01, "sgd-momentum": 0.01, "rmsprop": 0.001, "adamw": 0.001}
LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
OUTPUTS = ("softmax", "sigmoid")
ACTIVATIONS = ("relu", "sigmoid", "tanh", "elu", "gelu", "linear")
SCHEDULES = ("constant", "cosine")
AUGMENTATIONS = {
    "rotation": 45.0,  # degrees either way
    "shift": 0.25,  # share of the image's side
    "zoom": 0.5,  # share of the size, larger or smaller
    "shear": 1.0,  # sideways, as a share of the height
    "elastic": 4.0,  # pixels that a point of a 4×4 grid is moved, standard deviation
    "thickness": 1.0,  # share by which strokes become thicker or thinner
    "blur": 1.0,  # share by which a pixel takes its neighbours' mean
    "noise": 0.5,  # standard deviation, of a range of 1
}  # and the most that makes sense of each
STROKE_AUGMENTATIONS = {
    "rotation": 45.0,  # degrees either way
    "slant": 1.0,  # sideways, as a share of the height
    "aspect": 1.0,  # logarithm of the ratio of width to height
    "jitter": 0.2,  # how far the strokes sway, as a share of the digit's size
    "slip": 0.2,  # how far whole strokes slip, as a share of the digit's size
    "trim": 0.3,  # share of a stroke that is left out at either end
    "canvas": 1.0,  # share of the drawings that are read from the pixels of a canvas
    "speck": 1.0,  # share of them with a dot beside the digit
    "thinnest": 8.0,  # pen in pixels of the 28×28 image
    "thickest": 8.0,
}
LARGEST_SEED = 2**31 - 1


def check(recipe: Recipe) -> None:
    """Refuse hyperparameters that make no sense.

    Raises:
        InputError: one sentence that names the first one and its range.
    """
    _within("The number of epochs", recipe.epochs, 1, 10_000, whole=True)
    _within("The batch size", recipe.batch_size, 1, 65_536, whole=True)
    _within("The learning rate", recipe.learning_rate, 1e-8, 100.0)
    _within("The validation split", recipe.validation_split, 0.0, 0.9)
    _within("The number of training images", recipe.train_images, 0, 10_000_000, whole=True)
    _within("Label smoothing", recipe.label_smoothing, 0.0, 0.5)
    _choice("optimizer", recipe.optimizer, OPTIMIZERS)
    _choice("loss", recipe.loss, LOSSES)
    _choice("output activation", recipe.output, OUTPUTS)
    _choice("learning rate schedule", recipe.schedule, SCHEDULES)
    if recipe.patience is not None:
        _within("The patience", recipe.patience, 1, 10_000, whole=True)
        if recipe.validation_split == 0:
            raise InputError(
                "Early stopping needs validation samples: set a validation split above 0."
            )
    if recipe.calibrate and recipe.validation_split == 0:
        raise InputError("Calibration needs validation samples: set a validation split above 0.")
    for name, amount in recipe.augmentation.items():
        _choice("augmentation", name, AUGMENTATIONS)
        _within(f"The augmentation {name}", amount, 0.0, AUGMENTATIONS[name])
    _within("The angle of test-time augmentation", recipe.tta_angle, 0.0, 45.0)
    _within("The number of non-digits", recipe.non_digits, 0, 1_000_000, whole=True)
    _within("The number of renderings", recipe.renderings, 0, 100, whole=True)
    for name, amount in recipe.stroke_augmentation.items():
        _choice("stroke augmentation", name, STROKE_AUGMENTATIONS)
        _within(f"The stroke augmentation {name}", amount, 0.0, STROKE_AUGMENTATIONS[name])
    for layer in recipe.hidden:
        check_layer(layer)
    _within("The number of frozen layers", recipe.frozen, 0, len(widths(recipe.hidden)), whole=True)
    if recipe.frozen and not recipe.start_from:
        raise InputError("Layers are frozen as another run has them: say which to start from.")


def check_seed(seed: int) -> None:
    """Refuse a seed that not every generator of random numbers takes.

    Raises:
        InputError: it is no whole number from 0 to 2147483647.
    """
    _within("The seed", seed, 0, LARGEST_SEED, whole=True)


def check_layer(layer: Layer) -> None:
    kind = layer.get("kind")
    _choice("layer", kind, ("dense", "dropout", "conv", "max_pool", "average_pool", "lstm"))
    if kind in ("dense", "lstm"):
        _within(f"The width of a {kind} layer", layer.get("units"), 1, 8192, whole=True)
        if kind == "dense":
            _choice("activation", layer.get("activation", "relu"), ACTIVATIONS)
    elif kind == "dropout":
        _within("The dropout rate", layer.get("rate"), 0.0, 0.95)
    elif kind == "conv":
        _within("The number of filters", layer.get("filters"), 1, 1024, whole=True)
        _within("The size of a filter", layer.get("size", 3), 1, 28, whole=True)
        # With a larger one TensorFlow's gradient writes beyond its memory, and pixels are skipped.
        largest = min(4, layer.get("size", 3))
        _within("The stride of a filter", layer.get("strides", 1), 1, largest, whole=True)
    elif kind == "max_pool":
        _within("The size of a pooling layer", layer.get("size", 2), 2, 7, whole=True)


def _within(what: str, value: Any, low: float, high: float, whole: bool = False) -> None:
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        kind, limits = "a number", f"{low:g} to {high:g}"
        if whole:
            kind, limits = "a whole number", f"{low} to {high}"
        raise InputError(f"{what} must be {kind} from {limits}, not {value}.")


def _choice(what: str, value: Any, choices: Iterable[str]) -> None:
    if value not in tuple(choices):
        raise InputError(f"There is no {what} {value!r}: choose one of {', '.join(choices)}.")
