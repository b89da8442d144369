"""A Keras model in LiteRT's form, proven to read like it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from mnist_core import runs
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.networks import folding, gathering
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.networks.litert import Network
from mnist_core.networks.predictor import Predictor

LARGEST_DIFFERENCE = 1e-4  # of a probability, between Keras and LiteRT
PROOF_IMAGES = 1000


def write(
    model: keras.Model,
    path: Path,
    images: npt.NDArray[np.float32],
    temperature: float = 1.0,
    angle: float = 0.0,
) -> str:
    """Write a model's LiteRT file, and prove that it reads like the model.

    Args:
        path: ends in .tflite.
        images: float32 (n, 28, 28), of which up to `PROOF_IMAGES` are read by both.
        temperature, angle: with which the run reads (see `Predictor`).

    Returns:
        The file's SHA-256.

    Raises:
        InputError: the file cannot be written, LiteRT does not know a layer, or a probability
            differs by more than `LARGEST_DIFFERENCE`.
    """
    images = images[:PROOF_IMAGES]
    with written_whole(path, make_folder=False) as beside:
        beside.write_bytes(convert(folding.with_features(folding.fold(model))))
        there = Predictor(Network(beside), temperature, angle).predict(images)
        here = KerasPredictor(model, temperature, angle).predict(images)
        difference = float(np.abs(there - here).max(initial=0))
        if not difference <= LARGEST_DIFFERENCE:
            raise InputError(
                f"{path.name} gives other probabilities than the network (by {difference:.2g}): "
                "the network uses something that LiteRT cannot do."
            )
    return runs.file_sha256(path)


def convert(model: keras.Model) -> bytes:
    """A model from float32 (n, 28, 28) to one output as the content of a LiteRT file.

    Raises:
        InputError: LiteRT does not know one of its layers.
    """
    model = _unrolled(gathering.with_gathering(model))

    @tf.autograph.experimental.do_not_convert
    def run(images: tf.Tensor) -> tf.Tensor:
        return model(images, training=False)

    signature = [tf.TensorSpec((None, SIDE, SIDE), tf.float32, name="images")]
    try:
        function = tf.function(run, input_signature=signature).get_concrete_function()
        frozen = convert_to_constants.convert_variables_to_constants_v2(function)
        return bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())
    except Exception as error:  # whatever the converter makes of a strange layer
        raise InputError(
            "The network has a layer that LiteRT does not know: use Keras' usual layers."
        ) from error


def _unrolled(model: keras.Model) -> keras.Model:
    """The model with recurrent layers unrolled: LiteRT's own operations know no such loop."""
    if not any(isinstance(layer, keras.layers.RNN) for layer in model.layers):
        return model

    def unrolled(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if isinstance(layer, keras.layers.RNN):
            config["unroll"] = True
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=unrolled)
    copy.set_weights(model.get_weights())
    return copy
