"""Networks as one block of bytes for a browser."""

import json
import math
import zipfile

import keras
import numpy as np
import pytest
import tampering

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.networks import architectures, browser, folding, keras_predictor
from mnist_core.recipes import RECIPES, Recipe, conv, dense


@pytest.fixture
def made(models_dir):
    """Makes a finished run of a recipe, or of a model, with weights as if it had been trained."""

    def make(recipe, model=None, name=None):
        keras.utils.set_random_seed(1)
        model = model or architectures.build(recipe)
        random = np.random.default_rng(1)
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.set_weights([random.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
        run = runs.create(recipe, "optical-digits", 0, name)
        model.save(run.model_file)
        info = {**tampering.as_json(run), "status": "finished", "temperature": 1.25, "model": {}}
        tampering.write_json(run.path, info)
        return runs.read(run.path)

    return make


def unpack(block):
    """The header of a packed network, and its weights layer by layer: kernel, bias."""
    length = int.from_bytes(block[:4], "little")
    header = json.loads(block[4 : 4 + length])
    rest = block[4 + length :]
    if header["bits"] == 16:
        return header, np.frombuffer(rest, "<f2").astype(np.float64)
    count = header["columns"]
    scales, biases = np.frombuffer(rest, "<f4", 2 * count).astype(np.float64).reshape(2, count)
    whole = np.frombuffer(rest, np.int8, offset=8 * count).astype(np.float64)
    found, column, at = [], 0, 0
    for depth, columns in filter(None, map(product_of, header["layers"])):
        own = np.s_[column : column + columns]
        kernel = whole[at : at + depth * columns].reshape(depth, columns) * scales[own]
        found += [kernel.ravel(), biases[own]]
        column, at = column + columns, at + depth * columns
    assert (column, at) == (count, whole.size)
    return header, np.concatenate(found)


def product_of(layer):
    """Rows and columns of a layer's kernel; None where it has none."""
    match layer["kind"]:
        case "dense":
            return layer["inputs"], layer["units"]
        case "conv":
            return math.prod(layer["size"]) * layer["inputs"], layer["filters"]
        case "lstm":
            return layer["inputs"] + layer["units"], 4 * layer["units"]


def run_plainly(block, image):
    """The scores of a packed network by NumPy, one image at a time, without any tricks."""
    header, numbers = unpack(block)
    flow = image.astype(np.float64)[..., None]

    def take(*shape):
        nonlocal numbers
        count = math.prod(shape)
        found, numbers = numbers[:count].reshape(shape), numbers[count:]
        return found

    def squash(x):
        return 1 / (1 + np.exp(-x))

    activate = {
        "relu": lambda x: np.maximum(x, 0),
        "linear": lambda x: x,
        "sigmoid": squash,
        "tanh": np.tanh,
        "softmax": lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
    }
    for layer in header["layers"]:
        match layer["kind"]:
            case "dense":
                kernel, bias = take(layer["inputs"], layer["units"]), take(layer["units"])
                flow = activate[layer["activation"]](flow.reshape(-1) @ kernel + bias)
            case "conv":
                kernel = take(*layer["size"], layer["inputs"], layer["filters"])
                bias = take(layer["filters"])
                size, strides = layer["size"], layer["strides"]
                if layer["same"]:
                    missing = [
                        max((math.ceil(n / s) - 1) * s + k - n, 0)
                        for n, k, s in zip(flow.shape, size, strides, strict=False)
                    ]
                    flow = np.pad(flow, [*[(m // 2, m - m // 2) for m in missing], (0, 0)])
                windows = np.lib.stride_tricks.sliding_window_view(flow, size, (0, 1))
                windows = windows[:: strides[0], :: strides[1]]
                flow = activate[layer["activation"]](
                    np.einsum("yxcij,ijcf->yxf", windows, kernel) + bias
                )
            case "max_pool":
                tall, wide = layer["size"]
                rows, columns = flow.shape[0] // tall, flow.shape[1] // wide
                flow = flow[: rows * tall, : columns * wide]
                flow = flow.reshape(rows, tall, columns, wide, -1).max(axis=(1, 3))
            case "average_pool":
                flow = flow.mean(axis=(0, 1))
            case "lstm":
                units = layer["units"]
                kernel, bias = take(layer["inputs"] + units, 4 * units), take(4 * units)
                state, cell = np.zeros(units), np.zeros(units)
                for row in flow[..., 0]:
                    i, f, c, o = np.split(np.concatenate([row, state]) @ kernel + bias, 4)
                    cell = squash(f) * cell + squash(i) * np.tanh(c)
                    state = squash(o) * np.tanh(cell)
                flow = state
    assert not numbers.size
    return flow


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_packed_with_all_that_its_network_needs(name, made, digits):
    run = made(RECIPES[name])
    block = browser.pack(run, bits=16)
    header, _ = unpack(block)
    assert header["temperature"] == 1.25
    assert header["tta_angle"] == RECIPES[name].tta_angle
    images = datasets.scale(digits.x_test[:5])
    model = keras_predictor.load_model(run)
    there = np.asarray(model(images))
    here = np.stack([run_plainly(block, image) for image in images])
    assert np.abs(there - here).max() < 2e-3  # what half precision costs
    eighth = np.stack([run_plainly(browser.pack(run), image) for image in images])
    assert np.abs(there - eighth).max() < 1e-2  # and eight bits


def test_strides_padding_and_layers_without_bias(made, digits):
    image = keras.Input((28, 28))
    flow = keras.layers.Reshape((28, 28, 1))(image)
    flow = keras.layers.Conv2D(6, (5, 3), strides=(2, 3), padding="same", use_bias=False)(flow)
    flow = keras.layers.BatchNormalization(scale=False)(flow)
    flow = keras.layers.Conv2D(4, 3, activation="tanh")(flow)
    flow = keras.layers.MaxPooling2D((3, 2))(flow)
    flow = keras.layers.Flatten()(flow)
    flow = keras.layers.Dense(10, activation="softmax", use_bias=False)(flow)
    model = keras.Model(image, flow)
    block = browser.pack(made(RECIPES["cnn"], model), bits=16)
    for digit in datasets.scale(digits.x_test[:5]):
        there = np.asarray(model(digit[None]))[0]
        assert np.abs(run_plainly(block, digit) - there).max() < 2e-3


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.BatchNormalization(axis=1),
        keras.layers.ReLU(negative_slope=0.2),
        keras.layers.ReLU(threshold=0.5),
        keras.layers.ReLU(max_value=0.5),
    ],
)
def test_what_no_convolution_can_do_is_not_folded_into_one(layer, made, digits):
    image = keras.Input((28, 28))
    flow = keras.layers.Reshape((28, 28, 1))(image)
    flow = layer(keras.layers.Conv2D(28, 3, padding="same")(flow))  # 28 maps of 28 rows
    flow = keras.layers.GlobalAveragePooling2D()(flow)
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(flow))
    random = np.random.default_rng(0)
    model.set_weights([random.random(w.shape) * 0.5 + 0.1 for w in model.get_weights()])
    images = datasets.scale(digits.x_test[:5])
    assert np.abs(np.asarray(folding.fold(model)(images)) - np.asarray(model(images))).max() < 1e-5
    with pytest.raises(InputError, match="cannot run in a browser"):
        browser.pack(made(RECIPES["cnn"], model))


def test_a_layer_that_is_used_twice_stays_so():
    image, twice = keras.Input((28, 28)), keras.layers.Softmax()
    flow = keras.layers.Dense(10)(keras.layers.Flatten()(image))
    model = keras.Model(image, twice(twice(flow)))
    images = np.random.default_rng(0).random((3, 28, 28)).astype(np.float32)
    assert np.allclose(np.asarray(folding.fold(model)(images)), np.asarray(model(images)))


def test_the_same_run_gives_the_same_bytes(tiny_run):
    assert browser.pack(tiny_run) == browser.pack(runs.read(tiny_run.path))


def test_the_shipped_runs_are_small_enough_for_a_phone():
    for name in runs.SHIPPED:
        assert len(browser.pack(runs.read(runs.SHIPPED_DIR / name))) < 300_000


def test_a_network_too_large_is_refused(made):
    with pytest.raises(InputError, match="too large for a browser"):
        browser.pack(made(Recipe("wide", "wide", (dense(8000),))))
    slow = Recipe("slow", "slow", (conv(96, 5, norm=True), conv(96, 5, norm=True)), tta_angle=8.0)
    with pytest.raises(InputError, match="too large for a browser"):
        browser.pack(made(slow))


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv1D(10, 28),
        keras.layers.LSTM(10, return_sequences=True),
        keras.layers.LSTM(10, activation="relu"),
        keras.layers.GRU(10),
        keras.layers.Dense(10, activation="mish"),
        keras.layers.AveragePooling1D(28),
    ],
)
def test_a_layer_that_the_browser_does_not_know_is_refused(layer, made):
    image = keras.Input((28, 28))
    flow = keras.layers.Flatten()(layer(image))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(flow))
    with pytest.raises(InputError, match="cannot run in a browser") as refusal:
        browser.pack(made(RECIPES["mlp"], model))
    assert "\n" not in str(refusal.value)


def test_a_network_that_branches_is_refused(made):
    image = keras.Input((28, 28))
    flat = keras.layers.Flatten()(image)
    sides = [keras.layers.Dense(10)(flat) for _ in range(2)]
    model = keras.Model(image, keras.layers.Add()(sides))
    with pytest.raises(InputError, match="no plain chain"):
        browser.pack(made(RECIPES["mlp"], model))


def test_weights_beyond_half_precision_are_refused(made):
    model = architectures.build(RECIPES["perceptron"])
    kernel, bias = model.layers[-1].get_weights()
    for value in (1e6, np.nan):
        model.layers[-1].set_weights([kernel, bias + value])
        with pytest.raises(InputError, match="half precision"):
            browser.pack(made(RECIPES["perceptron"], model))


def test_a_damaged_file_is_refused_in_a_sentence(own_run):
    whole = own_run.model_file.read_bytes()
    # The archive's very last bytes, the length of a comment, are nobody's loss.
    for start in range(0, len(whole) - 300, len(whole) // 10):
        own_run.model_file.write_bytes(whole[:start] + b"\xff" * 300 + whole[start + 300 :])
        with pytest.raises(InputError, match=r"cannot|do not fit") as refusal:
            browser.pack(own_run)
        assert "\n" not in str(refusal.value)
    own_run.model_file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        browser.pack(own_run)


def test_layers_that_do_not_fit_their_weights_are_refused(own_run):
    with zipfile.ZipFile(own_run.model_file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    layers = config["config"]["layers"]
    config["config"]["layers"] = [layer for layer in layers if layer["name"] != "digit"]
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(own_run.model_file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(InputError, match="ten probabilities"):
        browser.pack(own_run)
