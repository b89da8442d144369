"""What a browser needs to run a run's network: its layers and weights as one block of bytes.

    4 bytes    length of the header, little endian
    header     JSON: the layers in order, the temperature, the angle of turned readings
    weights    half precision (IEEE 754 binary16, little endian), layer by layer: kernel, bias

Kernels lie as Keras keeps them: dense (inputs, units), convolution (rows, columns, inputs,
filters), LSTM one matrix (inputs + units, 4 × units) with its gates in Keras' order (input,
forget, cell, output). Batch normalisation is folded into the convolution before it.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mnist_core import drawing
from mnist_core.errors import InputError
from mnist_core.recipes import ACTIVATIONS, OUTPUTS

if TYPE_CHECKING:
    import keras

    from mnist_core.predictor import Predictor

Layer = dict[str, Any]
Arrays = list[npt.NDArray[np.float32]]

# What a phone loads and runs ten times a second without trouble.
MOST_WEIGHTS = 4_000_000
MOST_WORK = 100_000_000  # multiplications for one reading


def pack(predictor: Predictor) -> bytes:
    """The network that a predictor reads with, for a browser.

    Raises:
        InputError: it cannot be run there: a layer that the browser does not know, layers that
            are no plain chain, weights too many or too large for half precision.
    """
    layers, arrays, work = [], [], 0
    model = predictor.model
    if any(layer.input is not before.output for before, layer in itertools.pairwise(model.layers)):
        raise InputError("A network whose layers are no plain chain cannot run in a browser.")
    for layer, values, multiplications in _layers(predictor.network):
        layers.append(layer)
        arrays += values
        work += multiplications
    work *= 2 if predictor.turned else 1
    count = sum(array.size for array in arrays)
    if count > MOST_WEIGHTS or work > MOST_WORK:
        raise InputError(
            f"A network of {count:,} weights and {work:,} multiplications a reading is too large "
            "for a browser."
        )
    flat = np.concatenate([np.zeros(0, np.float32), *(array.ravel() for array in arrays)])
    if not np.abs(flat).max(initial=0) <= np.finfo(np.float16).max:
        raise InputError("The network has weights that half precision cannot hold.")
    header = {
        "layers": layers,
        "temperature": predictor.temperature,
        "turned": predictor.turned,
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)  # so that the weights lie where they can be read at once
    return len(text).to_bytes(4, "little") + text + flat.astype("<f2").tobytes()


def _layers(model: keras.Model) -> list[tuple[Layer, Arrays, int]]:
    """Each layer that computes something, its weights, and its multiplications for an image."""
    import keras

    found = []
    for layer in model.layers[1:]:
        values = [np.asarray(value, np.float32) for value in layer.get_weights()]
        match layer:
            case keras.layers.Dropout() | keras.layers.Flatten() | keras.layers.Reshape():
                continue
            case keras.layers.Dense():
                described = _dense(layer, values)
            case keras.layers.Conv2D():
                described = _conv(layer, values)
            case keras.layers.MaxPooling2D() if (
                layer.padding == "valid" and layer.strides == layer.pool_size
            ):
                described = {"kind": "max_pool", "size": list(layer.pool_size)}, [], 0
            case keras.layers.GlobalAveragePooling2D():
                described = {"kind": "average_pool"}, [], 0
            case keras.layers.LSTM():
                described = _lstm(layer, values)
            case _:
                raise InputError(
                    f"The layer {layer.name} ({type(layer).__name__}) cannot run in a browser."
                )
        found.append(described)
    return found


def _activation(layer: keras.layers.Layer, known: tuple[str, ...]) -> str:
    name = getattr(layer.activation, "__name__", "")
    if name not in known:
        raise InputError(f"The activation {name!r} of {layer.name} cannot run in a browser.")
    return name


def _biased(values: Arrays, count: int) -> Arrays:
    """Kernel and bias, the latter zero where a layer has none."""
    return values if len(values) == 2 else [*values, np.zeros(count, np.float32)]


def _dense(layer: keras.layers.Dense, values: Arrays) -> tuple[Layer, Arrays, int]:
    inputs, units = values[0].shape
    activation = _activation(layer, (*ACTIVATIONS, *OUTPUTS))
    described = {"kind": "dense", "inputs": inputs, "units": units, "activation": activation}
    return described, _biased(values, units), inputs * units


def _conv(layer: keras.layers.Conv2D, values: Arrays) -> tuple[Layer, Arrays, int]:
    rows, columns, inputs, filters = values[0].shape
    if tuple(layer.dilation_rate) != (1, 1) or layer.groups != 1:
        raise InputError(f"The dilated or grouped layer {layer.name} cannot run in a browser.")
    described = {
        "kind": "conv",
        "size": [rows, columns],
        "inputs": inputs,
        "filters": filters,
        "strides": list(layer.strides),
        "same": layer.padding == "same",
        "activation": _activation(layer, ACTIVATIONS),
    }
    places = int(np.prod(layer.output.shape[1:3]))
    return described, _biased(values, filters), places * values[0].size


def _lstm(layer: keras.layers.LSTM, values: Arrays) -> tuple[Layer, Arrays, int]:
    usual = (layer.activation.__name__, layer.recurrent_activation.__name__) == ("tanh", "sigmoid")
    turned = layer.return_sequences or layer.go_backwards
    if not usual or turned or layer.input.shape[1:] != (drawing.SIDE, drawing.SIDE):
        raise InputError(f"The layer {layer.name} is no plain LSTM: it cannot run in a browser.")
    kernel = np.concatenate(values[:2])
    inputs, units = len(values[0]), len(values[1])
    described = {"kind": "lstm", "inputs": inputs, "units": units}
    bias = values[2] if len(values) == 3 else np.zeros(4 * units, np.float32)
    return described, [kernel, bias], drawing.SIDE * kernel.size
