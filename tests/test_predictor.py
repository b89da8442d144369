"""Reading digits with a trained run."""

import concurrent.futures
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tampering

from mnist_core import datasets, evaluation, runs
from mnist_core.errors import InputError
from mnist_core.networks import (
    architectures,
    conversion,
    folding,
    keras_predictor,
    predictor,
    rotation,
)
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.networks.litert import BATCH, FEW, Network
from mnist_core.networks.predictor import LITERT, Predictor
from mnist_core.recipes import RECIPES
from mnist_core.training import training_run

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def images(digits):
    return datasets.scale(digits.x_test)


@pytest.fixture(scope="module")
def default():
    return predictor.load()


def test_the_default_run_reads_digits_that_it_was_not_trained_on(default, digits, images):
    assert default.run.path == runs.SHIPPED_DIR / runs.DEFAULT_RUN
    probabilities = default.predict(images)
    assert evaluation.accuracy(probabilities, digits.y_test) > 0.8


@pytest.mark.parametrize("name", runs.SHIPPED)
@pytest.mark.usefixtures("needs_mnist")
def test_a_shipped_run_is_as_accurate_as_it_says(name):
    reader = predictor.load(runs.SHIPPED_DIR / name)
    mnist = datasets.load("mnist")
    part = slice(0, 10_000, 5)
    accuracy = evaluation.accuracy(
        reader.predict(datasets.scale(mnist.x_test[part])), mnist.y_test[part]
    )
    kept = runs.read_evaluation(reader.run)
    said = evaluation.accuracy(kept.probabilities[part], kept.labels[part])
    assert accuracy == pytest.approx(said, abs=0.001)  # another processor rounds otherwise
    whole = evaluation.accuracy(kept.probabilities, kept.labels)
    assert whole == pytest.approx(reader.run.metrics.test_accuracy)


@pytest.fixture
def converted(tmp_path):
    """Called with a Keras model, and with how it reads: the predictor of its LiteRT file."""

    def convert(model, images, temperature=1.0, angle=0.0):
        conversion.write(model, tmp_path / LITERT, images, temperature, angle)
        return Predictor(Network(tmp_path / LITERT), temperature, angle)

    return convert


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_reads_as_in_keras(name, images, converted):
    """Temperature and augmentation included, to a ten-thousandth (`conversion.write` proves it)."""
    keras.utils.set_random_seed(3)
    model = architectures.build(RECIPES[name])
    given = images[:1000]
    there = converted(model, given, 1.3, 8.0).predict(given)
    assert np.abs(there - KerasPredictor(model, 1.3, 8.0).predict(given)).max() <= 1e-4


def test_an_ensemble_of_an_older_version_is_converted(images, converted):
    """It turns images by an operation that LiteRT does not know."""
    from keras import layers, ops

    image = keras.Input((28, 28))
    view = layers.Reshape((28, 28, 1))(image)
    view = ops.image.affine_transform(
        view, rotation.projective_map(8.0), interpolation="bilinear", fill_mode="constant"
    )
    flat = layers.Flatten()(layers.Reshape((28, 28))(view))
    model = keras.Model(image, layers.Dense(10, activation="softmax")(flat))
    there = converted(model, images[:200]).predict(images[:200])
    assert np.abs(there - KerasPredictor(model).predict(images[:200])).max() <= 1e-4


def test_what_reads_otherwise_is_refused(images, tmp_path, monkeypatch):
    model, other = (architectures.build(RECIPES["perceptron"]) for _ in range(2))
    monkeypatch.setattr(conversion.folding, "fold", lambda _: other)
    with pytest.raises(InputError, match="gives other probabilities than the network"):
        conversion.write(model, tmp_path / LITERT, images)
    assert list(tmp_path.iterdir()) == []


def test_many_threads_read_at_once_what_one_reads(default, images):
    alone = [default.predict(images[i : i + 1]) for i in range(60)]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(default.predict, images[i % 60 : i % 60 + 1]) for i in range(600)]
        for number, job in enumerate(jobs):
            assert np.array_equal(job.result(), alone[number % 60])


def test_reading_loads_neither_tensorflow_nor_a_database():
    code = (
        "import numpy, sys; from mnist_core import predictor\n"
        "print(predictor.load().predict(numpy.zeros((1, 28, 28), numpy.float32)).shape)\n"
        "heavy = {'tensorflow', 'keras', 'sqlalchemy'}\n"
        "print([name for name in sys.modules if name.split('.')[0] in heavy])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ended.stdout.splitlines() == ["(1, 10)", "[]"], ended.stderr


def test_a_run_of_an_older_version_is_converted_at_first_use(own_run, images):
    expected = predictor.load(own_run).predict(images[:50])
    tampering.rewrite(own_run, litert=None)
    (own_run.path / LITERT).unlink()
    with pytest.raises(predictor.UnconvertedError, match="being prepared"):
        predictor.load_converted(runs.read("mine"))
    assert np.array_equal(predictor.load("mine").predict(images[:50]), expected)
    assert runs.read("mine").record.litert.source == own_run.record.model.sha256
    # A file that is damaged, or belongs to another network, is made anew.
    content = (own_run.path / LITERT).read_bytes()
    (own_run.path / LITERT).write_bytes(content[:3000] + b"damage" + content[3006:])
    assert np.array_equal(predictor.load("mine").predict(images[:50]), expected)
    made = runs.read("mine").record.litert
    assert made.sha256 == runs.file_sha256(own_run.path / LITERT)


@pytest.mark.parametrize("name", ["report-ann", "sigmoid-ann", "cnn", "rnn"])
def test_rows_are_probabilities(name, images, converted):
    reader = converted(architectures.build(RECIPES[name]), images[:20])
    probabilities = reader.predict(images[:20])
    assert probabilities.shape == (20, 10)
    assert probabilities.dtype == np.float32
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-5)


def test_softmax_stays_as_it_is_and_sigmoid_keeps_its_order(images, converted):
    for name, same in (("report-ann", True), ("sigmoid-ann", False)):
        model = architectures.build(RECIPES[name])
        scores = np.asarray(model(images[:50]))
        probabilities = converted(model, images[:50]).predict(images[:50])
        assert np.array_equal(probabilities.argmax(axis=1), scores.argmax(axis=1))
        assert np.allclose(probabilities, scores, atol=1e-5) == same


def test_outputs_that_are_all_zero_still_give_probabilities(images, converted):
    model = architectures.build(RECIPES["sigmoid-ann"])
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias - 1000])
    probabilities = converted(model, images[:3]).predict(images[:3])
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_one_image_is_read_as_in_a_batch(default, images):
    together = default.predict(images[:8])
    alone = np.concatenate([default.predict(images[i : i + 1]) for i in range(8)])
    assert np.allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1, BATCH, BATCH + 1, 2 * BATCH + 3])
def test_any_number_of_images_is_read_in_order(tiny_run, images, count):
    reader = predictor.load(tiny_run)
    many = np.resize(images, (count, 28, 28))
    probabilities = reader.predict(many)
    assert probabilities.shape == (count, 10)
    assert np.allclose(
        probabilities, np.asarray(keras_predictor.load_model(tiny_run)(many)), atol=1e-5
    )


def test_empty_paper_is_read_without_complaint(default):
    default.warm_up()
    assert default.predict(np.zeros((1, 28, 28), np.float32)).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "shape", [(28, 28), (1, 28, 27), (2, 784), (1, 28, 28, 1), (0,), (), (28, 28, 3)]
)
def test_another_shape_is_refused(default, shape):
    with pytest.raises(InputError, match=r"shape \(n, 28, 28\)"):
        default.predict(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(default, images, value):
    broken = images[:3].copy()
    broken[1, 5, 5] = value
    with pytest.raises(InputError, match="finite"):
        default.predict(broken)


# --- load ----------------------------------------------------------------------------


def test_a_run_is_loaded_by_name_by_path_and_as_it_was_read(own_run, images):
    expected = predictor.load(own_run).predict(images[:5])
    for way in ("mine", own_run.path, str(own_run.path), runs.read("mine")):
        reader = predictor.load(way)
        assert reader.run.path == own_run.path
        assert np.array_equal(reader.predict(images[:5]), expected)


def test_the_default_is_the_shipped_run_even_beside_one_of_the_same_name(own_run, models_dir):
    shutil.copytree(own_run.path, models_dir / runs.DEFAULT_RUN)
    assert predictor.load().run.path == runs.SHIPPED_DIR / runs.DEFAULT_RUN


def test_a_missing_run_is_refused(models_dir):
    with pytest.raises(InputError, match="nobody does not exist"):
        predictor.load("nobody")


def test_an_unfinished_run_is_refused(models_dir):
    runs.create(RECIPES["cnn"], "mnist", 0, "waiting")
    with pytest.raises(InputError, match="waiting is queued and has no trained network"):
        predictor.load("waiting")


def test_a_broken_model_file_is_refused(own_run):
    whole = own_run.model_file.read_bytes()
    # The archive's very last bytes, the length of a comment, are nobody's loss.
    for start in range(0, len(whole) - 400, len(whole) // 12):
        damaged = whole[:start] + b"\xff" * 400 + whole[start + 400 :]
        own_run.model_file.write_bytes(damaged)
        with pytest.raises(InputError, match="model file of mine is damaged") as refusal:
            keras_predictor.load("mine")
        assert "\n" not in str(refusal.value)
    own_run.model_file.write_bytes(whole[: len(whole) // 2])
    for load in (predictor.load, keras_predictor.load):
        with pytest.raises(InputError, match="incomplete or altered"):
            load("mine")


def test_a_zip_of_something_else_is_refused(own_run):
    np.savez(own_run.path / "other.npz", x=np.zeros(3))
    shutil.move(own_run.path / "other.npz", own_run.model_file)
    info = {**tampering.as_json(own_run), "model": {}}
    tampering.write_json(own_run.path, info)
    with pytest.raises(InputError, match="model file of mine is damaged"):
        predictor.load("mine")


@pytest.mark.parametrize(("given", "outputs"), [((28, 28, 1), 10), ((28, 28), 9), ((784,), 10)])
def test_a_model_for_something_else_is_refused(own_run, given, outputs):
    image = keras.Input(given)
    scores = keras.layers.Dense(outputs, activation="softmax")(keras.layers.Flatten()(image))
    keras.Model(image, scores).save(own_run.model_file)
    tampering.write_json(own_run.path, {**tampering.as_json(own_run), "model": {}})
    with pytest.raises(InputError, match="28×28 and ten probabilities"):
        predictor.load("mine")


def test_a_model_that_brings_its_own_code_is_not_run(own_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trace = tmp_path / "was-here"
    image = keras.Input((28, 28))
    leave_a_trace = keras.layers.Lambda(
        lambda x: [x, __import__("pathlib").Path("was-here").touch()][0], output_shape=(28, 28)
    )
    flat = keras.layers.Flatten()(leave_a_trace(image))
    keras.Model(image, keras.layers.Dense(10)(flat)).save(own_run.model_file)
    keras.models.load_model(own_run.model_file, safe_mode=False)(np.zeros((1, 28, 28)))
    trace.unlink()  # so that is what the file can do
    tampering.write_json(own_run.path, {**tampering.as_json(own_run), "model": {}})
    with pytest.raises(InputError, match="damaged"):
        predictor.load("mine")
    assert not trace.exists()


def test_a_freshly_trained_run_can_be_loaded(models_dir, digits, tiny, images):
    run = training_run.train(tiny, digits, name="fresh")
    probabilities = predictor.load("fresh").predict(images)
    assert evaluation.accuracy(probabilities, digits.y_test) == run.metrics.test_accuracy


def test_folding_the_normalisation_changes_nothing_but_the_number_of_layers(digits):
    from mnist_core import recipes

    keras.utils.set_random_seed(0)
    model = architectures.build(recipes.get("cnn"))
    for layer in model.layers:  # as if trained: means and variances of their own
        if isinstance(layer, keras.layers.BatchNormalization):
            random = np.random.default_rng(len(layer.name))
            layer.set_weights([random.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    folded = folding.fold(model)
    images = datasets.scale(digits.x_test[:50])
    assert len(folded.layers) < len(model.layers)
    there, here = (KerasPredictor(m).predict(images) for m in (folded, model))
    assert np.abs(there - here).max() < 1e-4


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "after",
    [
        {"scale": False},
        {"center": False},
        {"scale": False, "center": False},
        {"axis": 1},
        {"negative_slope": 0.3},
        {"threshold": 0.5},
        {"max_value": 0.7},
    ],
)
def test_what_is_not_plain_is_folded_rightly_or_not_at_all(after, bias):
    import keras
    from keras import layers

    norm = {k: v for k, v in after.items() if k in ("scale", "center", "axis")}
    relu = {k: v for k, v in after.items() if k not in norm}
    keras.utils.set_random_seed(1)
    inputs = keras.Input((28, 28))
    flow = layers.Reshape((28, 28, 1))(inputs)
    flow = layers.Conv2D(4, 3, strides=5, use_bias=bias, bias_initializer="normal")(flow)
    flow = layers.ReLU(**relu)(layers.BatchNormalization(**norm)(flow))
    outputs = layers.Dense(10, activation="softmax")(layers.Flatten()(flow))
    model = keras.Model(inputs, outputs)
    random = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    images = random.random((20, 28, 28)).astype(np.float32)
    there, here = (KerasPredictor(m).predict(images) for m in (folding.fold(model), model))
    assert np.abs(there - here).max() < 1e-5


def test_reading_turned_copies_is_the_mean_of_readings_of_turned_copies(digits, tiny_run):

    model = keras_predictor.load_model(tiny_run)
    images = datasets.scale(digits.x_test[:30])
    both = [
        KerasPredictor(model).predict(
            np.stack([turn(image, angle) for image in images]).astype(np.float32)
        )
        for angle in (8, -8)
    ]
    wanted = np.sqrt(both[0] * both[1])
    wanted /= wanted.sum(axis=1, keepdims=True)
    given = KerasPredictor(model, angle=8.0).predict(images)
    assert np.abs(given - wanted).max() < 0.02


def turn(image, angle):
    """Turned about the centre of mass, by another library."""
    from scipy import ndimage

    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    matrix = np.array([[cos, sin], [-sin, cos]])
    centre = np.array([14.0, 14.0])
    return ndimage.affine_transform(image, matrix, centre - matrix @ centre, order=1)
