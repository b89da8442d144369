"""Affine maps of images by operations that LiteRT knows: pixels taken, weighted and added up."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from mnist_core.drawing import SIDE
from mnist_core.networks import rotation


def gathered(image: keras.KerasTensor, projection: npt.NDArray[np.float32]) -> keras.KerasTensor:
    """Images (n, 28, 28) mapped, bilinear, empty where nothing was.

    Args:
        projection: an affine map (8,), as of `rotation.projective_map`.
    """
    flat = layers.Reshape((SIDE * SIDE,))(image)
    parts = [
        ops.multiply(ops.take(flat, pixels, axis=1), weights[None])
        for pixels, weights in zip(*rotation.neighbours(projection), strict=True)
    ]
    return layers.Reshape((SIDE, SIDE))(layers.Add()(parts))


def with_gathering(model: keras.Model) -> keras.Model:
    """The model with Keras' own affine maps, as older ensembles have them, replaced."""
    if not any(_is_affine(operation) for operation in model.operations):
        return model

    def call(operation: Any, *given: Any, **named: Any) -> Any:
        if not _is_affine(operation):
            return operation(*given, **named)
        images, projection = given
        return layers.Reshape((SIDE, SIDE, 1))(gathered(images, np.asarray(projection)))

    copy = keras.models.clone_model(model, call_function=call)
    copy.set_weights(model.get_weights())
    return copy


def _is_affine(operation: Any) -> bool:
    return type(operation).__name__ == "AffineTransform"
