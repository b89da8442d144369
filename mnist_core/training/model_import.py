"""A network trained elsewhere, opened: within the process that `imports` shuts in for that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mnist_core import recipes
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.networks.keras_file import CODE, MOST_PARAMETERS, UNREADABLE, KerasFile

MOST_VALUES = 500_000  # that one layer gives for one image
MOST_VALUES_TOGETHER = 10_000_000  # of all layers
SHAPES = {(None, SIDE, SIDE), (None, SIDE, SIDE, 1), (None, SIDE * SIDE)}


def opened(given: KerasFile, folder: Path) -> keras.Model:
    """The network in a file, as one that takes (n, 28, 28) and gives probabilities (n, 10).

    It must take 28×28 images in [0, 1], as (28, 28), (28, 28, 1) or 784 numbers, and give ten
    numbers; if those are no probabilities, a softmax makes them so.

    Args:
        given: the file, looked through already.
        folder: for a file that Keras reads.

    Raises:
        InputError: Keras cannot read it, other shapes, too large, or layers with code of their own.
    """
    try:
        # Without weights at first: so its size is known before it takes any memory.
        with keras.StatelessScope():
            sketch = keras.saving.deserialize_keras_object(json.loads(given.config), safe_mode=True)
    except Exception as error:  # whatever Keras makes of a damaged or foreign file
        raise _unreadable(error) from error
    _check(sketch)
    file = folder / "checked.keras"
    try:
        file.write_bytes(given.packed())
        model = keras.models.load_model(file, compile=False, safe_mode=True)
    except Exception as error:
        raise _unreadable(error) from error
    return _fitted(model)


def _unreadable(error: Exception) -> InputError:
    # In safe mode Keras refuses layers that bring code of their own.
    words = str(error).lower()
    return InputError(
        CODE if any(w in words for w in ("unsafe", "lambda", "custom", "locate")) else UNREADABLE
    )


def _check(sketch: Any) -> None:
    """Refuse a network of other shapes, or one that asks for too much.

    Raises:
        InputError: see `opened`.
    """
    takes, gives = getattr(sketch, "input_shape", None), getattr(sketch, "output_shape", None)
    if not isinstance(takes, tuple) or takes not in SHAPES or gives != (None, recipes.CLASSES):
        raise InputError(
            f"The network takes {takes} and gives {gives}: it must take one image of 28×28 "
            "pixels and give ten numbers."
        )
    if sketch.count_params() > MOST_PARAMETERS:
        raise InputError(f"The network has more than {MOST_PARAMETERS:,} parameters.")
    together = 0
    for operation in _operations(sketch):
        for node in operation._inbound_nodes:
            for tensor in node.output_tensors:
                values = int(np.prod([size or SIDE for size in tensor.shape[1:]], dtype=float))
                together += values
                if values > MOST_VALUES or together > MOST_VALUES_TOGETHER:
                    raise InputError(
                        f"The layer {operation.name} gives {values:,} numbers for one image: "
                        "the network is too large."
                    )


def _operations(model: Any) -> Iterator[Any]:
    """All operations of a network and of those within it."""
    for operation in getattr(model, "operations", None) or model.layers:
        yield operation
        if isinstance(operation, keras.Model):
            yield from _operations(operation)


def _fitted(model: keras.Model) -> keras.Model:
    """The model as one that takes (n, 28, 28) and gives probabilities (n, 10)."""
    takes = model.input_shape
    noise = np.random.default_rng(0).random((16, SIDE, SIDE)).astype(np.float32)
    try:
        given = np.asarray(model(noise.reshape(-1, *takes[1:]), training=False))
    except Exception as error:
        raise InputError("The network cannot read an image: save it again with Keras 3.") from error
    if not np.isfinite(given).all():
        raise InputError("The network's outputs are no finite numbers: its weights are damaged.")
    certain = (given >= 0).all() and (given <= 1).all()
    if takes == (None, SIDE, SIDE) and certain:
        return model
    inputs = keras.Input((SIDE, SIDE), name="image")
    flow = inputs
    if takes != (None, SIDE, SIDE):
        flow = keras.layers.Reshape(takes[1:])(flow)
    flow = model(flow)
    if not certain:
        flow = keras.layers.Softmax()(flow)
    return keras.Model(inputs, flow)
