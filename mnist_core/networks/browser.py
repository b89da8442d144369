"""What a browser needs to run a run's network: its layers and weights as one block of bytes.

    4 bytes    length of the header, little endian
    header     JSON: the layers in order, the temperature, the angle of test-time augmentation,
               the bits of a weight, and of all layers together the number of columns of kernels
    weights    in 8 bits: the scales of all columns and the biases, float32, then the kernels, int8;
               in 16: half precision (IEEE 754 binary16) layer by layer, kernel and bias;
               in 32: the same in single precision (all little endian)

In eight bits a weight is its column's scale times a whole number from -127 to 127: each output
has a scale of its own, since their weights differ in size tenfold.

Kernels lie as Keras keeps them: dense (inputs, units), convolution (rows, columns, inputs,
filters), LSTM one matrix (inputs + units, 4 × units) with its gates in Keras' order (input,
forget, cell, output). Batch normalisation is folded into the convolution before it. In 32 bits,
which is for who looks inside, each layer says what the model file calls it: its `name`, and under
`gives` the last of the layers that were folded into it, whose output is its own. The browser's side
is `web/network/bytes.js`.

The model file is read as what it is, a zip archive of JSON and HDF5, and not by Keras: so the
network can be handed over before TensorFlow has started.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.recipes import ACTIVATIONS, OUTPUTS
from mnist_core.runs import Run

Config = Mapping[str, Any]
Weights = npt.NDArray[np.floating[Any]]
Arrays = list[npt.NDArray[np.float32]]
Layer = tuple[dict[str, Any], Arrays]  # what the header says of it; kernel and bias

# What a phone loads and runs ten times a second without trouble.
MOST_WEIGHTS = 4_000_000
MOST_WORK = 100_000_000  # multiplications for one reading

# The layers with weights, and what the model file calls the first of each.
_WEIGHTED = {
    "Dense": "dense",
    "Conv2D": "conv2d",
    "BatchNormalization": "batch_normalization",
    "LSTM": "lstm",
}
_WITHOUT_EFFECT = ("InputLayer", "Dropout", "Flatten")


def pack(run: Run, bits: int = 8) -> bytes:
    """A run's network for a browser.

    Args:
        bits: of a weight, 8, 16 or 32.

    Raises:
        InputError: it cannot be run there: its file is damaged, a layer is none that the browser
            knows, the layers are no plain chain, or the weights are too many or too large.
    """
    try:
        with zipfile.ZipFile(run.model_file) as archive:
            model = json.loads(archive.read("config.json"))
            arrays = _arrays(archive.read("model.weights.h5"))
        return _packed(model, arrays, bits, run.temperature, run.recipe.tta_angle)
    except InputError:
        raise
    except Exception as error:  # whatever zipfile, h5py and the rest make of a damaged file
        raise InputError(f"The model file of {run.name} cannot be read for a browser.") from error


def pack_model(model: Any, bits: int = 16) -> bytes:
    """A network that is in memory, as `pack` has it; without temperature or augmentation.

    Args:
        model: of Keras, built by `networks.architectures` or like it.

    Raises:
        InputError: it cannot be run in a browser.
    """
    arrays: dict[str, Arrays] = {}
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in _WEIGHTED:
            number = counts[kind] = counts.get(kind, -1) + 1
            arrays[_name(kind, number)] = layer.get_weights()
    return _packed(json.loads(model.to_json()), arrays, bits)


def names(run: Run) -> dict[str, str]:
    """What the model file calls the layers that a browser runs.

    Returns:
        Of each layer, from first to last, its name and the name of the one whose output it gives.

    Raises:
        InputError: as `pack`.
    """
    block = pack(run, 32)
    length = int.from_bytes(block[:4], "little")
    return {layer["name"]: layer["gives"] for layer in json.loads(block[4 : 4 + length])["layers"]}


def _packed(
    model: Config,
    arrays: Mapping[str, Arrays],
    bits: int,
    temperature: float = 1.0,
    tta_angle: float = 0.0,
) -> bytes:
    layers = list(_folded(_chain(model, arrays)))
    work = _work([described for described, _ in layers])
    weighted = [(kernel.reshape(-1, bias.size), bias) for _, (kernel, bias) in _weighted(layers)]
    flat = np.concatenate([np.zeros(0), *(a.ravel() for pair in weighted for a in pair)])
    work *= 2 if tta_angle else 1
    if flat.size > MOST_WEIGHTS or work > MOST_WORK:
        raise InputError(
            f"A network of {flat.size:,} weights and {work:,} multiplications a reading is too "
            "large for a browser."
        )
    if not np.abs(flat).max(initial=0) <= np.finfo(np.float16).max:
        raise InputError("The network has weights that half precision cannot hold.")
    unnamed = {"name", "gives"} if bits < 32 else set()
    header = {
        "layers": [
            {key: value for key, value in described.items() if key not in unnamed}
            for described, _ in layers
        ],
        "temperature": temperature,
        "tta_angle": tta_angle,
        "bits": bits,
        "columns": sum(bias.size for _, bias in weighted),
    }
    text = json.dumps(header).encode()
    weights = _in_eight_bits(weighted) if bits == 8 else flat.astype(f"<f{bits // 8}").tobytes()
    return len(text).to_bytes(4, "little") + text + weights


def _weighted(layers: list[Layer]) -> list[Layer]:
    return [layer for layer in layers if layer[1]]


def _in_eight_bits(weighted: list[tuple[Weights, Weights]]) -> bytes:
    """Kernels (depth, columns) and biases (columns,): scales, biases, rounded kernels."""
    scales = [_scales(kernel) for kernel, _ in weighted]
    floats = [*scales, *(bias for _, bias in weighted)]
    whole = [np.round(kernel / scale) for (kernel, _), scale in zip(weighted, scales, strict=True)]
    return b"".join(
        [
            *(np.asarray(array, "<f4").tobytes() for array in floats),
            *(np.clip(kernel, -127, 127).astype(np.int8).tobytes() for kernel in whole),
        ]
    )


def _scales(kernel: Weights) -> Weights:
    """The scale of each column by which its largest weight becomes 127; 1 where all are 0."""
    most = np.abs(kernel).max(axis=0, initial=0)
    return np.where(most > 0, most / 127, 1).astype(np.float32)


def _arrays(data: bytes) -> dict[str, Arrays]:
    """The weights of each layer of a `model.weights.h5`, by its name there."""
    import h5py  # takes as long to import as a page to paint

    found = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        for name, group in file["layers"].items():
            values = group["cell/vars"] if "cell" in group else group["vars"]
            found[name] = [np.asarray(values[str(i)], np.float32) for i in range(len(values))]
    return found


def _chain(model: Config, arrays: Mapping[str, Arrays]) -> Iterator[tuple[str, Config, Arrays]]:
    """Kind, configuration and weights of each layer that has an effect, from first to last."""
    counts: dict[str, int] = {}
    before = None
    for layer in model["config"]["layers"]:
        kind, config = layer["class_name"], layer["config"]
        if model["class_name"] != "Sequential" and before is not None:
            inputs = _inputs(layer.get("inbound_nodes"))
            if inputs != [before]:
                raise InputError("A network that is no plain chain cannot run in a browser.")
        before = config["name"]
        if kind in _WITHOUT_EFFECT or (
            kind == "Reshape" and list(config["target_shape"]) == [SIDE, SIDE, 1]
        ):
            continue
        values: Arrays = []
        if kind in _WEIGHTED:
            number = counts[kind] = counts.get(kind, -1) + 1
            values = arrays[_name(kind, number)]
        yield kind, config, values


def _name(kind: str, number: int) -> str:
    """What a model file calls the weights of the layer of that number among those of its kind."""
    return _WEIGHTED[kind] + (f"_{number}" if number else "")


def _inputs(nodes: Any) -> list[str]:
    """The names of the layers whose outputs a layer takes."""
    if isinstance(nodes, Mapping):
        if "keras_history" in nodes:
            return [nodes["keras_history"][0]]
        nodes = list(nodes.values())
    if isinstance(nodes, list):
        return [name for node in nodes for name in _inputs(node)]
    return []


def _folded(chain: Iterator[tuple[str, Config, Arrays]]) -> Iterator[Layer]:
    """The layers as the browser runs them; normalisation and ReLU go into a convolution."""
    last: Layer | None = None
    for kind, config, values in chain:
        linear = last is not None and last[0].get("activation") == "linear"
        if last is not None and linear and last[0]["kind"] == "conv":
            described, (kernel, bias) = last
            described = {**described, "gives": config["name"]}
            if kind == "BatchNormalization" and config["axis"] in (-1, 3):
                scale, shift = _normalisation(config, values)
                last = described, [kernel * scale, bias * scale + shift]
                continue
            if kind == "ReLU" and _is_plain_relu(config):
                last = {**described, "activation": "relu"}, [kernel, bias]
                continue
        if last is not None:
            yield last
        described, weights = _layer(kind, config, values)
        named = {"name": config["name"], "gives": config["name"]}
        last = described | named, weights
    if last is not None:
        yield last


def _normalisation(config: Config, values: Arrays) -> tuple[Any, Any]:
    """What a trained batch normalisation multiplies by and adds."""
    rest = list(values)
    gamma = rest.pop(0) if config["scale"] else 1.0
    beta = rest.pop(0) if config["center"] else 0.0
    mean, variance = rest
    scale = gamma / np.sqrt(variance + config["epsilon"])
    return scale, beta - mean * scale


def _is_plain_relu(config: Config) -> bool:
    slope, threshold = config.get("negative_slope"), config.get("threshold")
    return config.get("max_value") is None and not slope and not threshold


def _layer(kind: str, config: Config, values: Arrays) -> Layer:
    """A layer for the header, with its kernel and bias."""
    refusal = InputError(f"The layer {config['name']} ({kind}) cannot run in a browser.")
    described: dict[str, Any]
    match kind:
        case "Dense":
            inputs, units = values[0].shape
            described = {"kind": "dense", "inputs": inputs, "units": units}
        case "Conv2D":
            rows, columns, inputs, units = values[0].shape
            plain = config["groups"] == 1 and list(config["dilation_rate"]) == [1, 1]
            if not plain or config["data_format"] != "channels_last":
                raise refusal
            described = {"kind": "conv", "size": [rows, columns], "inputs": inputs}
            described |= {"filters": units, "strides": list(config["strides"])}
            described |= {"same": config["padding"] == "same"}
        case "LSTM":
            usual = (config["activation"], config["recurrent_activation"]) == ("tanh", "sigmoid")
            if not usual or config["return_sequences"] or config["go_backwards"]:
                raise refusal
            inputs, units = len(values[0]), len(values[1])
            described = {"kind": "lstm", "inputs": inputs, "units": units}
            bias = values[2] if config["use_bias"] else np.zeros(4 * units, np.float32)
            return described, [np.concatenate(values[:2]), bias]
        case "MaxPooling2D":
            if config["padding"] != "valid" or config["strides"] != config["pool_size"]:
                raise refusal
            return {"kind": "max_pool", "size": list(config["pool_size"])}, []
        case "GlobalAveragePooling2D":
            return {"kind": "average_pool"}, []
        case _:
            raise refusal
    if config["activation"] not in (*ACTIVATIONS, *OUTPUTS):
        raise refusal
    bias = values[1] if config["use_bias"] else np.zeros(units, np.float32)
    return described | {"activation": config["activation"]}, [values[0], bias]


def _work(layers: list[dict[str, Any]]) -> int:
    """Multiplications for one image; raises InputError where layers do not fit each other."""
    height, width, channels, total = SIDE, SIDE, 1, 0
    for layer in layers:
        match layer["kind"]:
            case "conv":
                fits = layer["inputs"] == channels
                spare = (0, 0) if layer["same"] else tuple(n - 1 for n in layer["size"])
                height = math.ceil((height - spare[0]) / layer["strides"][0])
                width = math.ceil((width - spare[1]) / layer["strides"][1])
                channels = layer["filters"]
                total += height * width * math.prod(layer["size"]) * layer["inputs"] * channels
            case "max_pool":
                fits = True
                height, width = height // layer["size"][0], width // layer["size"][1]
            case "average_pool":
                fits, height, width = True, 1, 1
            case "dense":
                fits = layer["inputs"] == height * width * channels
                height, width, channels = 1, 1, layer["units"]
                total += layer["inputs"] * channels
            case "lstm":
                fits = (height, width, channels) == (SIDE, layer["inputs"], 1)
                total += SIDE * (layer["inputs"] + layer["units"]) * 4 * layer["units"]
                height, width, channels = 1, 1, layer["units"]
        if not fits or min(height, width) < 1:
            raise InputError("The layers of the network do not fit each other.")
    if (height, width, channels) != (1, 1, 10):
        raise InputError("The network does not give ten probabilities.")
    return total
