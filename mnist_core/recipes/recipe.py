"""Named sets of architecture and hyperparameters, as plain data.

A recipe says everything that decides a training besides the data and the seed. It is
written to `run.json` and read back from there, so it holds nothing but strings, numbers,
tuples and dictionaries.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mnist_core.errors import InputError

# Recipes of runs that were not trained here from layers: these say nothing of their networks.
IMPORTED, ENSEMBLE = "imported", "ensemble"

# A layer is its kind and its arguments, e.g. {"kind": "dense", "units": 128}.
Layer = Mapping[str, Any]


def dense(units: int, activation: str = "relu") -> Layer:
    return {"kind": "dense", "units": units, "activation": activation}


def dropout(rate: float) -> Layer:
    return {"kind": "dropout", "rate": rate}


def conv(filters: int, size: int = 3, strides: int = 1, norm: bool = False) -> Layer:
    """A convolution with ReLU; with `norm`, batch normalisation stands between the two."""
    return {"kind": "conv", "filters": filters, "size": size, "strides": strides, "norm": norm}


def max_pool(size: int = 2) -> Layer:
    return {"kind": "max_pool", "size": size}


def average_pool() -> Layer:
    """The mean of each feature map over the whole image."""
    return {"kind": "average_pool"}


def lstm(units: int) -> Layer:
    """Reads the image's rows from top to bottom as a sequence of 28 steps."""
    return {"kind": "lstm", "units": units}


@dataclass(frozen=True)
class Recipe:
    """An architecture and how it is trained.

    The input is 28×28 scaled to [0, 1]; after the hidden layers comes Dense(10) with the
    output activation.
    """

    name: str
    title: str
    hidden: tuple[Layer, ...]
    output: str = "softmax"  # or "sigmoid"
    optimizer: str = "adam"
    learning_rate: float = 0.001
    schedule: str = "constant"  # or "cosine": warm up over a twentieth, then fall to zero
    loss: str = "sparse_categorical_crossentropy"
    batch_size: int = 128
    epochs: int = 10
    validation_split: float = 0.1
    patience: int | None = None  # epochs without a better validation loss; None: no early stopping
    label_smoothing: float = 0.0
    augmentation: Mapping[str, float] = field(default_factory=dict)
    dataset: str = "mnist"
    train_images: int = 0  # of the training images, chosen with the seed; 0: all of them
    # For digits of which there are strokes: how often each is drawn, and how it changes.
    renderings: int = 0
    stroke_augmentation: Mapping[str, float] = field(default_factory=dict)
    non_digits: int = 0  # drawings of other things, to be unsure of
    turned: float = 0.0  # degrees: every digit is read turned by these both ways; 0: as it is
    calibrate: bool = False  # whether to fit a temperature on the validation digits
    start_from: str | None = None  # a run whose weights are taken, as far as the layers agree
    frozen: int = 0  # of the first layers with weights: so many keep those of that run

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Raises InputError where `values` are not a recipe's."""
        known = {f.name for f in dataclasses.fields(cls)}
        if not isinstance(values, Mapping) or "name" not in values or "hidden" not in values:
            raise InputError("This is no recipe: it lacks a name or the hidden layers.")
        if unknown := sorted(map(str, set(values) - known)):
            raise InputError(f"The recipe has unknown entries: {', '.join(unknown)}.")
        layers = values["hidden"]
        amounts = [values.get(key, {}) for key in ("augmentation", "stroke_augmentation")]
        texts = [values["name"], *(values.get(key, "") for key in ("title", "dataset"))]
        texts.append(values.get("start_from") or "")
        if (
            not isinstance(layers, list | tuple)
            or not all(isinstance(table, Mapping) for table in (*layers, *amounts))
            or not all(isinstance(text, str) for text in texts)
        ):
            raise InputError("This is no recipe: its name, layers or augmentation are garbled.")
        hidden = tuple(dict(layer) for layer in layers)
        return cls(**{"title": values["name"], **values, "hidden": hidden})


def fingerprint(recipe: Recipe) -> str:
    """Twelve hexadecimal digits that change with what decides a training.

    The title does not count, and neither does what is as it is by default, so that a new
    kind of setting leaves the fingerprints of older recipes as they are.
    """
    usual = {f.name: f.default for f in dataclasses.fields(Recipe)}
    values = {
        name: value
        for name, value in recipe.to_dict().items()
        if name != "title" and value not in ((), {}) and value != usual[name]
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


# What each optimizer is called in Keras, with Keras' own default learning rate.
OPTIMIZERS = {"adam": 0.001, "sgd": 0.01, "sgd-momentum": 0.01, "rmsprop": 0.001, "adamw": 0.001}
LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
CLASSES = 10
CONTINUED_RATE = 0.3  # of the usual learning rate, where a training goes on from weights
FEWEST_TO_CALIBRATE = 2000  # images, of which a fifth validates
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
    "thinnest": 8.0,  # pen in pixels of the 28×28 image
    "thickest": 8.0,
}


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
    _within("The angle of turned readings", recipe.turned, 0.0, 45.0)
    _within("The number of non-digits", recipe.non_digits, 0, 1_000_000, whole=True)
    _within("The number of renderings", recipe.renderings, 0, 100, whole=True)
    for name, amount in recipe.stroke_augmentation.items():
        _choice("stroke augmentation", name, STROKE_AUGMENTATIONS)
        _within(f"The stroke augmentation {name}", amount, 0.0, STROKE_AUGMENTATIONS[name])
    for layer in recipe.hidden:
        _check_layer(layer)
    _within("The number of frozen layers", recipe.frozen, 0, len(widths(recipe.hidden)), whole=True)
    if recipe.frozen and not recipe.start_from:
        raise InputError("Layers are frozen as another run has them: say which to start from.")


_WIDTH = {"dense": "units", "lstm": "units", "conv": "filters"}


def widths(hidden: Sequence[Layer]) -> list[int]:
    """Neurons, units or filters of the layers that have weights."""
    return [layer[_WIDTH[layer["kind"]]] for layer in hidden if layer["kind"] in _WIDTH]


def agreeing(one: Recipe, other: Recipe) -> int:
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
        count += isinstance(mine, str) or mine["kind"] in _WIDTH
    return count


def continued(recipe: Recipe, run: str, frozen: int = 0) -> Recipe:
    """The recipe as one that goes on from a run's weights, in smaller steps."""
    # What goes on from a run that went on itself has its smaller steps already.
    rate = recipe.learning_rate * (1 if recipe.start_from else CONTINUED_RATE)
    return dataclasses.replace(recipe, start_from=run, frozen=frozen, learning_rate=rate)


def few(recipe: Recipe, images: int) -> Recipe:
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


def rebuilt(
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
        wanted = [int(part) for part in typed.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        raise InputError(
            f"Give the widths as whole numbers with commas between them, not {typed[:40]!r}."
        ) from None
    if all(layer["kind"] in ("dense", "dropout") for layer in hidden):
        layers: list[Layer] = []
        for width in wanted:
            layers.append(dense(width, activation))
            if rate > 0:
                layers.append(dropout(rate))
    else:
        if len(wanted) != len(widths(hidden)):
            raise InputError(
                f"This network has {len(widths(hidden))} layers with a width: give as many numbers."
            )
        left = iter(wanted)
        layers = [
            {**layer, _WIDTH[layer["kind"]]: next(left)} if layer["kind"] in _WIDTH else layer
            for layer in hidden
            if layer["kind"] != "dropout"
        ]
        at = [i for i, layer in enumerate(hidden) if layer["kind"] == "dropout"]
        for place in at if rate > 0 else ():
            layers.insert(place, dropout(rate))
    for layer in layers:
        _check_layer(layer)
    return tuple(layers)


@dataclass(frozen=True)
class LayerRow:
    """One line of a network's layer table."""

    name: str
    shape: tuple[int, ...]  # of what comes out of it, for one image
    parameters: int
    multiplications: int  # for one image


def layer_table(recipe: Recipe) -> list[LayerRow]:
    """The layers of a recipe's network, from the input to the ten outputs.

    It needs no TensorFlow, so that a page can show it while somebody types.

    Raises:
        InputError: hyperparameters out of range, or layers that do not fit each other.
    """
    check(recipe)
    rows = [LayerRow("Input", (28, 28), 0, 0)]
    shape: tuple[int, ...] = (28, 28)
    for layer in recipe.hidden:
        kind = layer["kind"]
        if kind in ("conv", "max_pool") and len(shape) == 2:
            shape = (*shape, 1)
        needs = {"conv": 3, "max_pool": 3, "average_pool": 3, "lstm": 2}
        if kind in needs and len(shape) != needs[kind]:
            wanted = "an image" if kind == "lstm" else "an image or feature maps"
            raise InputError(f"A layer {kind} cannot follow here: it takes {wanted}.")
        name, parameters, products = kind, 0, 0
        if kind == "dense":
            inputs, shape = math.prod(shape), (layer["units"],)
            name = f"Dense, {layer.get('activation', 'relu')}"
            products, parameters = inputs * shape[0], (inputs + 1) * shape[0]
        elif kind == "dropout":
            name = f"Dropout {layer['rate']:g}"
        elif kind == "lstm":
            units = layer["units"]
            name, parameters = "LSTM", 4 * units * (shape[1] + units + 1)
            products, shape = shape[0] * 4 * units * (shape[1] + units), (units,)
        elif kind == "average_pool":
            name, shape = "Mean of each map", shape[2:]
        else:
            shape, name, parameters, products = _over_maps(layer, shape)
        rows.append(LayerRow(name, shape, parameters, products))
    inputs = math.prod(shape)
    name, products = f"Dense, {recipe.output}", inputs * CLASSES
    rows.append(LayerRow(name, (CLASSES,), products + CLASSES, products))
    return rows


def _over_maps(layer: Layer, shape: tuple[int, ...]) -> tuple[tuple[int, ...], str, int, int]:
    """Shape, name, parameters and multiplications of a layer that slides over feature maps."""
    height, width, maps = shape
    weights = parameters = 0
    if layer["kind"] == "max_pool":
        size = layer.get("size", 2)
        after, name = (height // size, width // size, maps), f"Max pool {size}×{size}"
    else:
        size, strides, filters = layer.get("size", 3), layer.get("strides", 1), layer["filters"]
        norm = layer.get("norm", False)
        # With batch normalisation the image is padded and keeps its size.
        lost = 0 if norm else size - 1
        after = (-(-(height - lost) // strides), -(-(width - lost) // strides), filters)
        name = f"Conv {size}×{size}" + (f", stride {strides}" if strides > 1 else "")
        name += ", batch norm, relu" if norm else ", relu"
        weights = size * size * maps * filters
        parameters = weights + (4 if norm else 1) * filters
    if min(after) < 1:
        raise InputError(
            f"The layer {layer['kind']} does not fit: too little of the image is left for it."
        )
    return after, name, parameters, weights * after[0] * after[1]


def _check_layer(layer: Layer) -> None:
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
        kind = "a whole number" if whole else "a number"
        raise InputError(f"{what} must be {kind} from {low:g} to {high:g}, not {value}.")


def _choice(what: str, value: Any, choices: Any) -> None:
    if value not in tuple(choices):
        raise InputError(f"There is no {what} {value!r}: choose one of {', '.join(choices)}.")


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
    Recipe(
        "pen-cnn",
        "A convolutional network that has seen pens: MNIST and pen strokes together",
        (
            conv(32, 5, strides=2, norm=True),
            conv(64, norm=True),
            conv(64, norm=True),
            max_pool(),
            conv(128, norm=True),
            conv(128, norm=True),
            average_pool(),
            dropout(0.2),
        ),
        optimizer="adamw",
        learning_rate=0.003,
        schedule="cosine",
        epochs=14,
        validation_split=0.04,
        augmentation=LIGHT | {"rotation": 6.0, "shear": 0.1, "thickness": 0.3, "blur": 0.5},
        dataset="mnist+pen-strokes",
        renderings=16,
        stroke_augmentation={
            "rotation": 16.0,
            "slant": 0.35,
            "aspect": 0.3,
            "jitter": 0.025,
            "slip": 0.02,
            "trim": 0.05,
            "thinnest": 1.3,
            "thickest": 6.0,
        },
        non_digits=12_000,
        turned=8.0,
        calibrate=True,
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
