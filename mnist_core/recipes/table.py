"""The layers of a network with their shapes and costs, without building it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mnist_core.errors import InputError
from mnist_core.recipes.checks import check
from mnist_core.recipes.recipe import CLASSES, Layer, Recipe


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
            expected = "an image" if kind == "lstm" else "an image or feature maps"
            raise InputError(f"A layer {kind} cannot follow here: it takes {expected}.")
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
            name, shape = "Global average pooling", shape[2:]
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
