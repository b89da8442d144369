"""The data class of a recipe, and the layers that it lists.

A recipe says everything that decides a training run besides the data and the seed. It is
written to `run.json` and read back from there, so it holds nothing but strings, numbers,
tuples and dictionaries.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mnist_core.decoded import decoded
from mnist_core.errors import InputError

# Recipes of runs that were not trained here from layers: these say nothing of their networks.
IMPORTED, ENSEMBLE = "imported", "ensemble"
CLASSES = 10

# A layer is its kind and its arguments, e.g. {"kind": "dense", "units": 128}.
Layer = Mapping[str, Any]
# The argument that is the width of a layer, of each kind that has weights.
WIDTH = {"dense": "units", "lstm": "units", "conv": "filters"}

# Entries that run.json and fingerprints have by an older name, so that what was trained is known.
_WRITTEN = {"tta_angle": "turned"}
_READ = {written: name for name, written in _WRITTEN.items()}


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
    """Global average pooling: the mean of each feature map over the whole image."""
    return {"kind": "average_pool"}


def lstm(units: int) -> Layer:
    """Reads the image's rows from top to bottom as a sequence of 28 steps."""
    return {"kind": "lstm", "units": units}


def widths(hidden: Sequence[Layer]) -> list[int]:
    """Neurons, units or filters of the layers that have weights."""
    return [layer[WIDTH[layer["kind"]]] for layer in hidden if layer["kind"] in WIDTH]


@decoded
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
    # Test-time augmentation: every digit is read rotated by these degrees both ways; 0: as it is.
    tta_angle: float = 0.0
    calibrate: bool = False  # whether to fit a temperature on the validation digits
    start_from: str | None = None  # a run whose weights are taken, as far as the layers agree
    frozen: int = 0  # of the first layers with weights: so many keep those of that run

    def to_dict(self) -> dict[str, Any]:
        """The entries as run.json has them."""
        return {_WRITTEN.get(name, name): v for name, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_dict` wrote; whether it makes sense is for `check` to say.

        Raises:
            InputError: an entry is missing, unknown or of another kind.
        """
        if isinstance(values, Mapping):
            values = {_READ.get(name, name): value for name, value in values.items()}
            known = {f.name for f in dataclasses.fields(cls)}
            if unknown := sorted(set(map(str, values)) - known):
                raise InputError(f"The recipe has unknown entries: {', '.join(unknown)}.")
            if "name" in values:
                values = {"title": values["name"], **values}  # which older recipes lack
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            reason = str(error).replace(" - at", " at").replace("`$.", "").replace("`", "")
            raise InputError(
                f"This is no recipe ({reason[0].lower()}{reason[1:]}): take one that is whole."
            ) from error


def fingerprint(recipe: Recipe) -> str:
    """Twelve hexadecimal digits that change with what decides a training run.

    The title does not count, and neither does what is as it is by default, so that a new
    kind of setting leaves the fingerprints of older recipes as they are.
    """
    usual = {_WRITTEN.get(f.name, f.name): f.default for f in dataclasses.fields(Recipe)}
    values = {
        name: value
        for name, value in recipe.to_dict().items()
        if name != "title" and value not in ((), {}) and value != usual[name]
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
