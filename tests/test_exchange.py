"""Networks that go out as files and come in as runs."""

import io
import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from hostile import keras_files
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import datasets, predictor, runs
from mnist_core.errors import InputError
from mnist_core.networks import formats, keras_file
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.networks.litert import Network
from mnist_core.networks.predictor import LITERT
from mnist_core.recipes import IMPORTED, RECIPES
from mnist_core.training import finished, imports, model_import, training_run


def keras_file_of(model, tmp_path):
    path = tmp_path / "given.keras"
    model.save(path)
    return path.read_bytes()


def chain(*layers, shape=(28, 28)):
    return keras.Sequential([keras.Input(shape), *layers])


def plain(shape=(28, 28), activation="softmax"):
    return chain(keras.layers.Flatten(), keras.layers.Dense(10, activation=activation), shape=shape)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_an_exported_network_reads_alike(tmp_path, tiny_run, digits, ending):
    path = tmp_path / f"out{ending}"
    formats.export(tiny_run, path)
    again = KerasPredictor(keras.models.load_model(path, compile=False))
    images = datasets.scale(digits.x_test[:50])
    assert np.allclose(again.predict(images), predictor.load(tiny_run).predict(images), atol=1e-5)


@pytest.mark.parametrize("name", ["report-ann", "cnn", "rnn"])
def test_a_litert_file_reads_alike(tmp_path, models_dir, digits, name):
    import dataclasses

    recipe = dataclasses.replace(RECIPES[name], epochs=1, train_images=200)
    run = training_run.train(recipe, digits)
    formats.export(run, tmp_path / "out.tflite")
    interpreter = tf.lite.Interpreter(str(tmp_path / "out.tflite"))
    interpreter.allocate_tensors()
    takes, gives = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    images = datasets.scale(digits.x_test[:5])
    for image, expected in zip(images, predictor.load(run).predict(images), strict=True):
        interpreter.set_tensor(takes["index"], image[None])
        interpreter.invoke()
        assert np.allclose(interpreter.get_tensor(gives["index"])[0], expected, atol=1e-4)


def test_another_format_is_refused(tmp_path, tiny_run):
    with pytest.raises(InputError, match=r"must end in .keras, .h5, .tflite"):
        formats.export(tiny_run, tmp_path / "out.onnx")


def opened(data, tmp_path):
    """What the confined process does with a file, in this one."""
    return model_import.opened(keras_file.read(data), tmp_path)


def test_what_was_exported_comes_in_again(models_dir, tiny_run, digits):
    run = imports.import_keras(tiny_run.model_file.read_bytes(), "Élan", "optical-digits")
    assert run.usable
    assert run.name == "Élan"
    assert run.recipe.name == IMPORTED
    assert run.metrics.test_accuracy == pytest.approx(tiny_run.metrics.test_accuracy)
    assert runs.read("Élan").problem is None
    assert runs.summary(run)["recipe"].startswith("imported")
    images = datasets.scale(digits.x_test[:20])
    assert np.allclose(
        predictor.load(run).predict(images), predictor.load(tiny_run).predict(images), atol=1e-5
    )
    assert list(models_dir.iterdir()) == [run.path]
    with pytest.raises(InputError, match="a run Élan already"):
        imports.import_keras(b"", "Élan", "optical-digits")


def test_what_is_refused_leaves_nothing_behind(models_dir, tmp_path):
    with pytest.raises(InputError, match="code of their own"):
        imports.import_keras(with_code(tmp_path), "x", "optical-digits")
    assert not list(models_dir.iterdir())


@pytest.mark.parametrize("shape", [(28, 28, 1), (784,)])
@pytest.mark.parametrize("activation", ["softmax", "linear"])
def test_networks_that_take_images_in_another_form(tmp_path, digits, shape, activation):
    model = plain(shape, activation)
    taken = opened(keras_file_of(model, tmp_path), tmp_path)
    finished.write(tmp_path, taken, digits)
    images = datasets.scale(digits.x_test[:20])
    expected = np.asarray(model(images.reshape(-1, *shape)))
    if activation == "linear":
        expected = np.asarray(tf.nn.softmax(expected))
    given = predictor.Predictor(Network(tmp_path / LITERT)).predict(images)
    assert np.allclose(given, expected, atol=1e-5)
    assert np.allclose(given.sum(axis=1), 1, atol=1e-5)


def with_code(tmp_path):
    model = chain(keras.layers.Flatten(), keras.layers.Lambda(lambda x: x[:, :10] * 1.0))
    return keras_file_of(model, tmp_path)


def too_wide(tmp_path):
    return keras_file_of(plain((32, 32)), tmp_path)


def eleven(tmp_path):
    return keras_file_of(chain(keras.layers.Flatten(), keras.layers.Dense(11)), tmp_path)


def two_inputs(tmp_path):
    one, two = keras.Input((28, 28)), keras.Input((28, 28))
    flow = keras.layers.Flatten()(keras.layers.Add()([one, two]))
    return keras_file_of(keras.Model([one, two], keras.layers.Dense(10)(flow)), tmp_path)


def sketched(*layers):
    """A file of a network that nobody could build: described, but without weights."""
    with keras.StatelessScope():
        config = chain(*layers).to_json()
    return keras_files.packed(config=config.encode())


def too_many_weights(_):
    return sketched(keras.layers.Flatten(), keras.layers.Dense(90_000), keras.layers.Dense(10))


def too_large_between(_):
    image = keras.layers.Reshape((28, 28, 1))
    larger = [keras.layers.UpSampling2D(60) for _ in range(2)]
    return sketched(image, *larger, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10))


def damaged_weights(_):
    def no_numbers(file):
        file["layers/dense/vars/0"][0] = np.nan

    return keras_files.weighted(no_numbers)


def cut_short(tmp_path):
    return keras_file_of(plain(), tmp_path)[:3000]


def other_zip(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "no network")
    return file.getvalue()


def foreign_class(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(keras_file_of(plain(), tmp_path))) as whole:
        config = json.loads(whole.read("config.json"))
        config["config"]["layers"][1] |= {"module": "os", "class_name": "system"}
        with zipfile.ZipFile(file, "w") as archive:
            for name in whole.namelist():
                text = json.dumps(config) if name == "config.json" else whole.read(name)
                archive.writestr(name, text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (with_code, "code of their own"),
        (foreign_class, "code of their own|cannot read"),
        (too_wide, r"takes \(None, 32, 32\)"),
        (eleven, r"gives \(None, 11\)"),
        (two_inputs, "must take one image"),
        (too_many_weights, "more than 20,000,000 parameters"),
        (too_large_between, "is too large"),
        (damaged_weights, "no finite numbers"),
        (cut_short, "cut short"),
        (other_zip, "no .keras file"),
        (lambda _: b"", "cut short"),
    ],
)
def test_what_is_no_network_for_digits_is_refused(tmp_path, make, says):
    with pytest.raises(InputError, match=says):
        opened(make(tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["a/b", "", "n" * 300, "../up", "pen-cnn"])
def test_a_name_that_is_none_is_refused(models_dir, name):
    with pytest.raises(InputError, match=r"name must be|part of the program"):
        imports.import_keras(b"", name, "optical-digits")


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_sentence(data):
    with pytest.raises(InputError):
        keras_file.read(data)


def test_tensorboard_reads_the_same_runs(tiny_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = runs.read_history(tiny_run)
    for part, prefix in (("train", ""), ("validation", "val_")):
        board = EventAccumulator(str(tiny_run.path / part))
        board.Reload()
        tags = board.Tags()["tensors"] or board.Tags()["scalars"]
        assert set(tags) == {"epoch_loss", "epoch_accuracy"}
        events = board.Tensors("epoch_loss")
        values = [float(tf.make_ndarray(event.tensor_proto)) for event in events]
        assert values == pytest.approx([row[f"{prefix}loss"] for row in history], rel=1e-4)
        assert [event.step for event in events] == [1, 2]
