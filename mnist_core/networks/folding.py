"""Batch normalisation folded into the convolutions before it, so that reading costs less."""

from __future__ import annotations

import itertools

import keras
import numpy as np
from keras import layers


def fold(model: keras.Model) -> keras.Model:
    """The same network with each plain batch normalisation folded into its convolution.

    After training, the normalisation is a fixed scale and shift of each feature map, which
    the convolution's weights can do as well. Weights are copied as they are now. A model that
    is no plain chain of layers comes back as it is, and so does all that is not plain.
    """
    chain = all(layer.input is before.output for before, layer in itertools.pairwise(model.layers))
    if not chain or model.layers[-1].output is not model.outputs[0]:  # a layer may be used twice
        return model
    flow = model.input
    queue = list(model.layers[1:])
    while queue:
        layer = queue.pop(0)
        if not queue or not _takes_a_scale(layer) or not _is_plain_norm(queue[0], layer):
            flow = layer(flow)
            continue
        norm = queue.pop(0)
        relu = bool(queue) and _is_plain_relu(queue[0])
        if relu:
            queue.pop(0)
        flow = _folded(layer, norm, "relu" if relu else "linear", flow)
    return keras.Model(model.input, flow)


def with_features(model: keras.Model) -> keras.Model:
    """A folded network that gives its scores and, behind them, what its last layer is given.

    Returns:
        A model from float32 (n, 28, 28) to float32 (n, 10 + features).
    """
    operation = model.outputs[0]._keras_history.operation
    # The last layer may stand in another model too: its last node is the one in this.
    given = operation._inbound_nodes[-1].input_tensors
    flat = [layers.Flatten()(one) if len(one.shape) > 2 else one for one in given]
    return keras.Model(model.inputs[0], layers.Concatenate()([model.outputs[0], *flat]))


def _takes_a_scale(layer: keras.layers.Layer) -> bool:
    """Whether a layer is a convolution whose outputs nothing has bent yet."""
    return (
        type(layer) is layers.Conv2D
        and layer.activation is keras.activations.linear
        and layer.data_format == "channels_last"
    )


def _is_plain_norm(layer: keras.layers.Layer, conv: keras.layers.Layer) -> bool:
    """Whether a layer scales and shifts each map of a convolution, and nothing else."""
    maps_last = len(conv.output.shape) - 1
    return type(layer) is layers.BatchNormalization and layer.axis in (-1, maps_last)


def _is_plain_relu(layer: keras.layers.Layer) -> bool:
    return (
        type(layer) is layers.ReLU
        and layer.max_value is None
        and not layer.negative_slope
        and not layer.threshold
    )


def _folded(
    conv: keras.layers.Layer,
    norm: keras.layers.Layer,
    activation: str,
    flow: keras.KerasTensor,
) -> keras.KerasTensor:
    config = conv.get_config() | {"use_bias": True, "name": f"{conv.name}_folded"}
    folded = layers.Conv2D.from_config(config | {"activation": activation})
    after = folded(flow)
    mean, variance = np.asarray(norm.moving_mean), np.asarray(norm.moving_variance)
    gamma = np.asarray(norm.gamma) if norm.scale else np.ones_like(mean)
    beta = np.asarray(norm.beta) if norm.center else np.zeros_like(mean)
    kernel, *bias = (np.asarray(weight) for weight in conv.get_weights())
    before = bias[0] if bias else np.zeros_like(mean)
    scale = gamma / np.sqrt(variance + norm.epsilon)
    folded.set_weights([kernel * scale, beta + (before - mean) * scale])
    return after
