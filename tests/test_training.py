"""Training: repeatable, stopped in time, honest about failure, and saved whole."""

import dataclasses
import zipfile

import keras
import numpy as np
import pytest

from mnist_core import datasets, evaluation, predictor, runs
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.networks import architectures, keras_predictor, saving
from mnist_core.recipes import RECIPES, Recipe, conv, dense, dropout
from mnist_core.training import loop, preparation, training_run
from mnist_core.training.listeners import Listeners


def small(digits, count=300):
    """A part of the digits, where the number of them does not matter."""
    return dataclasses.replace(
        digits,
        x_train=digits.x_train[:count],
        y_train=digits.y_train[:count],
        x_test=digits.x_test[:100],
        y_test=digits.y_test[:100],
    )


def fit(model, recipe, digits, count=300, validation=100, **others):
    x, y = digits.x_train, digits.y_train
    held_out = slice(count, count + validation)
    return loop.fit(model, recipe, (x[:count], y[:count]), (x[held_out], y[held_out]), **others)


class Recorder(keras.callbacks.Callback):
    """Notes what it is told, and asks for the end after some epochs."""

    def __init__(self, stop_after=None):
        super().__init__()
        self.stop_after = stop_after
        self.events = []
        self.logs = []

    def on_train_begin(self, logs=None):
        self.events.append("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append(epoch)

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append(logs)
        if epoch + 1 == self.stop_after:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.events.append("end")


# --- a run ---------------------------------------------------------------------------


def test_a_finished_run_holds_all_that_is_promised(tiny_run, tiny, digits):
    assert tiny_run.usable
    assert tiny_run.status == runs.FINISHED
    assert {p.name for p in tiny_run.path.iterdir()} >= {
        "run.json",
        "history.csv",
        "model.keras",
        "evaluation.npz",
    }
    assert not [p for p in tiny_run.path.iterdir() if p.name.startswith(".")]
    assert tiny_run.recipe == tiny
    info = tiny_run.record
    assert info.process is None
    assert (info.seed, info.epochs, info.parameters) == (1, 2, 12_730)
    assert info.dataset == runs.DatasetUsed(name="optical-digits", checksum=digits.checksum)
    assert info.model.sha256 == runs.file_sha256(tiny_run.model_file)
    assert info.started <= info.finished
    assert set(info.versions) == {"python", "tensorflow", "keras", "numpy"}


def test_the_figures_of_a_run_are_those_of_its_files(tiny_run, digits):
    history, metrics = runs.read_history(tiny_run), tiny_run.metrics
    assert [row["epoch"] for row in history] == [1, 2]
    assert set(history[0]) == set(runs.HISTORY)
    assert metrics.best_epoch == 2
    for name, column in (
        ("train_loss", "loss"),
        ("train_accuracy", "accuracy"),
        ("val_loss", "val_loss"),
        ("val_accuracy", "val_accuracy"),
    ):
        assert getattr(metrics, name) == pytest.approx(history[-1][column], rel=1e-5)
    kept = runs.read_evaluation(tiny_run)
    given = predictor.load(tiny_run).predict(datasets.scale(digits.x_test))
    assert np.allclose(kept.probabilities, given, atol=1e-5)
    assert np.array_equal(kept.labels, digits.y_test)
    assert kept.dataset_checksum == digits.checksum
    assert metrics.test_accuracy == pytest.approx(evaluation.accuracy(given, digits.y_test))
    assert metrics.test_loss == pytest.approx(evaluation.loss(given, digits.y_test), rel=1e-4)
    assert len(metrics.test_digit_accuracy) == 10


def test_training_learns(tiny_run, digits, tiny):
    history = runs.read_history(tiny_run)
    assert history[1]["loss"] < history[0]["loss"]
    assert tiny_run.metrics.test_accuracy > 0.4  # by chance it would be 0.1
    recipe = dataclasses.replace(tiny, epochs=15)
    model = architectures.build(recipe)
    history = fit(model, recipe, digits, count=1337)
    assert history[-1]["val_accuracy"] > 0.85


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("x", "x", (dense(16), dropout(0.3)), epochs=2, batch_size=64),
        dataclasses.replace(
            RECIPES["cnn"],
            hidden=(conv(4, norm=True), dropout(0.3)),
            epochs=2,
            batch_size=32,
        ),
    ],
)
def test_the_same_seed_gives_the_same_weights(models_dir, digits, recipe):
    def weights(seed):
        run = training_run.train(recipe, small(digits), seed)
        return keras_predictor.load_model(run).get_weights()

    first, again, other = weights(7), weights(7), weights(8)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_run_says_what_it_does_while_it_runs(models_dir, digits, tiny):
    seen = []

    def look(progress):
        run = runs.read("watched")
        seen.append((run.status, len(runs.read_history(run)), progress.epoch))

    training_run.train(tiny, digits, name="watched", listeners=Listeners(look), command="as typed")
    assert {status for status, _, _ in seen} == {runs.RUNNING}
    assert all(rows == epoch - 1 for _, rows, epoch in seen)
    assert runs.read("watched").record.command == "as typed"


def test_without_validation_there_are_no_figures_for_it(models_dir, digits, tiny):
    recipe = dataclasses.replace(tiny, validation_split=0.0, epochs=1)
    run = training_run.train(recipe, small(digits))
    assert run.usable
    assert run.metrics.val_loss is None
    assert "val_loss" not in runs.read_history(run)[0]


def test_a_digit_that_never_occurs_has_no_accuracy(models_dir, digits, tiny):
    part = small(digits)
    seen = part.y_test != 3
    part = dataclasses.replace(part, x_test=part.x_test[seen], y_test=part.y_test[seen])
    shares = training_run.train(tiny, part).metrics.test_digit_accuracy
    assert shares[3] is None
    assert all(0 <= share <= 1 for share in shares if share is not None)


# --- early stopping ------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [60, 4])
def test_the_best_weights_are_kept(models_dir, digits, epochs):
    # So large a rate makes the validation loss go up and down.
    recipe = Recipe(
        "x", "x", (dense(16),), learning_rate=0.05, batch_size=32, epochs=epochs, patience=3
    )
    run = training_run.train(recipe, digits, seed=3)
    losses = [row["val_loss"] for row in runs.read_history(run)]
    best = int(np.argmin(losses))
    if epochs == 60:
        assert len(losses) < epochs
        assert len(losses) == best + 1 + 3
    assert run.metrics.best_epoch == best + 1
    _, held_out = datasets.split(len(digits.x_train), recipe.validation_split)
    given = predictor.load(run).predict(datasets.scale(digits.x_train[held_out]))
    assert evaluation.loss(given, digits.y_train[held_out]) == pytest.approx(min(losses), rel=1e-3)
    assert run.metrics.val_loss == pytest.approx(min(losses), rel=1e-5)


# --- failure -------------------------------------------------------------------------


def test_a_loss_that_is_no_number_ends_the_training(models_dir, digits):
    wild = Recipe(
        "x",
        "x",
        (dense(64, "linear"), dense(64, "linear"), dense(64, "linear")),
        optimizer="sgd",
        learning_rate=100.0,
    )
    with pytest.raises(InputError, match=r"diverged in epoch 1.*rate below 100") as refusal:
        training_run.train(wild, digits, name="wild")
    run = runs.read("wild")
    assert run.status == runs.FAILED
    assert run.record.reason == str(refusal.value)
    assert run.record.process is None
    assert not run.usable
    assert not run.model_file.exists()


def test_an_interrupted_run_says_so(models_dir, digits, tiny):
    def interrupt(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training_run.train(tiny, digits, name="cut", listeners=Listeners(interrupt))
    run = runs.read("cut")
    assert run.status == runs.FAILED
    assert "Interrupted" in run.record.reason
    assert run.record.process is None
    assert len(runs.read_history(run)) == 1


def test_a_batch_larger_than_the_data_is_refused(models_dir, digits, tiny):
    recipe = dataclasses.replace(tiny, batch_size=271)
    with pytest.raises(InputError, match="batch size 271 is larger than the 270 training"):
        training_run.train(recipe, small(digits), name="x")
    assert runs.read("x").status == runs.FAILED
    exact = dataclasses.replace(tiny, batch_size=270)
    assert training_run.train(exact, small(digits)).usable


@pytest.mark.parametrize(
    ("changes", "name", "says"),
    [
        ({"epochs": 0}, None, "number of epochs"),
        ({"validation_split": 0.001}, None, None),
        ({}, "a/b", "name must be"),
        ({"hidden": (dense(8), conv(4))}, None, "conv cannot follow"),
    ],
)
def test_what_cannot_be_trained_leaves_no_run(models_dir, digits, tiny, changes, name, says):
    recipe = dataclasses.replace(tiny, **changes)
    if says is None:
        assert training_run.train(recipe, small(digits)).usable  # one sample is enough to validate
        return
    with pytest.raises(InputError, match=says):
        training_run.train(recipe, digits, name=name)
    assert list(models_dir.iterdir()) == []


# --- fit -----------------------------------------------------------------------------


def test_callbacks_hear_of_every_epoch(digits, tiny):
    recorder = Recorder()
    recipe = dataclasses.replace(tiny, epochs=3)
    history = fit(architectures.build(recipe), recipe, digits, callbacks=[recorder])
    assert recorder.events == ["begin", 0, 1, 2, "end"]
    assert recorder.logs == history
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(recorder.logs[0])


def test_a_callback_can_end_the_training(models_dir, digits, tiny):
    recipe = dataclasses.replace(tiny, epochs=50)
    run = training_run.train(
        recipe, digits, listeners=Listeners(callbacks=[Recorder(stop_after=2)])
    )
    assert len(runs.read_history(run)) == 2
    assert run.record.epochs == 2
    assert run.usable


def test_a_model_that_was_stopped_once_can_be_trained_again(digits, tiny):
    model = architectures.build(tiny)
    assert len(fit(model, tiny, digits, callbacks=[Recorder(stop_after=1)])) == 1
    assert len(fit(model, tiny, digits)) == 2


def test_progress_goes_from_the_first_step_to_the_last(digits, tiny):
    seen = []
    fit(architectures.build(tiny), tiny, digits, on_progress=seen.append)
    assert [(p.epoch, p.step) for p in seen] == sorted({(p.epoch, p.step) for p in seen})
    last = seen[-1]
    assert (last.epoch, last.epochs, last.step, last.steps) == (2, 2, 5, 5)
    assert last.seconds_left == pytest.approx(0, abs=1e-6)
    assert all(p.seconds_left >= 0 and p.images_per_second > 0 for p in seen)
    assert all(0 <= p.accuracy <= 1 for p in seen)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_the_loss_is_the_mean_over_all_images(digits, tiny, loss):
    # Too small a rate to change anything; the last batch is smaller than the others.
    recipe = dataclasses.replace(tiny, epochs=1, optimizer="sgd", learning_rate=1e-8, loss=loss)
    model = architectures.build(recipe)
    (row,) = fit(model, recipe, digits, count=300)
    given = np.asarray(model(datasets.scale(digits.x_train[:300])))
    labels = digits.y_train[:300]
    assert row["loss"] == pytest.approx(evaluation.loss(given, labels), rel=1e-4)
    assert row["accuracy"] == pytest.approx(evaluation.accuracy(given, labels), abs=0.004)


def test_models_of_other_makes_are_trained_too(digits):
    recipe = Recipe("x", "x", (), epochs=6, batch_size=32, learning_rate=0.01)
    model = keras.Sequential(
        [
            keras.layers.Reshape((28, 28, 1)),
            keras.layers.AveragePooling2D(2),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(24, activation="tanh", kernel_regularizer="l2"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    history = fit(model, recipe, digits, count=1000)
    assert history[-1]["val_accuracy"] > 0.6
    norm = model.layers[2]
    assert np.abs(np.asarray(norm.moving_mean)).max() > 0  # batch normalisation learnt too


def test_a_penalty_counts_in_the_training_loss_alone(digits, tiny):
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    recipe = dataclasses.replace(tiny, epochs=1, optimizer="sgd", learning_rate=1e-8)
    x, y = digits.x_train[:300], digits.y_train[:300]
    (row,) = loop.fit(model, recipe, (x, y), (x, y))
    penalty = 0.01 * np.sum(model.get_weights()[0] ** 2)
    assert row["loss"] == pytest.approx(row["val_loss"] + penalty, rel=1e-3)
    assert penalty > 0.05


class Own(keras.Model):
    """A network written as a class, which has no weights before it sees an image."""

    def __init__(self):
        super().__init__()
        self.flat = keras.layers.Flatten()
        self.digit = keras.layers.Dense(10, activation="softmax")

    def call(self, images):
        return self.digit(self.flat(images))


def test_a_model_written_as_a_class_is_trained_too(digits):
    recipe = Recipe("x", "x", (), epochs=6, batch_size=32, learning_rate=0.01)
    assert fit(Own(), recipe, digits, count=1000)[-1]["val_accuracy"] > 0.8


def test_a_training_can_be_ended_within_an_epoch(digits, tiny):
    class Ender(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    seen = []
    history = fit(
        architectures.build(tiny), tiny, digits, callbacks=[Ender()], on_progress=seen.append
    )
    assert [(p.epoch, p.step) for p in seen] == [(1, 1)]
    assert len(history) == 1
    # Its point lies where it belongs: within the epoch.
    assert history[0]["epoch"] == pytest.approx(1 / seen[0].steps)


def test_augmentation_changes_what_is_learnt(digits, tiny):
    def losses(amounts):
        keras.utils.set_random_seed(1)
        recipe = dataclasses.replace(tiny, augmentation=amounts)
        return [row["loss"] for row in fit(architectures.build(recipe), recipe, digits)]

    assert losses({}) == losses({"rotation": 0.0})
    assert losses({"rotation": 45.0, "shift": 0.25})[-1] > losses({})[-1] + 0.05


def test_augmented_and_smoothed_training_learns(digits):
    recipe = dataclasses.replace(
        RECIPES["cnn"],
        hidden=(dense(32),),
        epochs=8,
        batch_size=32,
        learning_rate=0.005,
        label_smoothing=0.1,
    )
    history = fit(architectures.build(recipe), recipe, digits, count=1000)
    assert history[-1]["val_accuracy"] > 0.6


# --- strokes -------------------------------------------------------------------------

LINE = [np.array([[0.0, 0.0], [0.0, 20.0]])]
BAR = [np.array([[0.0, 0.0], [20.0, 0.0]])]


def with_strokes(digits, strokes):
    count = len(strokes)
    return Dataset(
        "x",
        digits.x_train[:count],
        digits.y_train[:count],
        digits.x_test,
        digits.y_test,
        "x",
        strokes_train=strokes,
        writers_train=np.array([int(len(s) > 0) for s in strokes], np.int16),
    )


def test_digits_with_strokes_are_drawn_as_often_as_asked(digits, tiny):
    dataset = with_strokes(digits, [(), LINE, (), BAR])
    recipe = dataclasses.replace(tiny, renderings=3)
    images, labels = preparation.training_digits(dataset, np.arange(4), recipe, 0)
    y = digits.y_train
    assert labels.tolist() == [y[0], y[2], y[1], y[1], y[1], y[3], y[3], y[3]]
    assert np.array_equal(images[:2], digits.x_train[[0, 2]])
    tall = [image.any(axis=1).sum() > image.any(axis=0).sum() for image in images[2:]]
    assert tall == [True] * 3 + [False] * 3


@pytest.mark.parametrize(("renderings", "strokes"), [(0, [LINE, BAR]), (3, [(), ()]), (3, ())])
def test_digits_are_taken_as_they_are_otherwise(digits, tiny, renderings, strokes):
    dataset = dataclasses.replace(with_strokes(digits, [(), ()]), strokes_train=strokes)
    recipe = dataclasses.replace(tiny, renderings=renderings)
    images, labels = preparation.training_digits(dataset, np.array([1, 0]), recipe, 0)
    assert np.array_equal(images, digits.x_train[[1, 0]])
    assert np.array_equal(labels, digits.y_train[[1, 0]])


@pytest.mark.parametrize("strokes", [(), [(), LINE, BAR, LINE]])
def test_drawings_of_other_things_have_a_label_of_their_own(digits, tiny, strokes):
    dataset = with_strokes(digits, [()] * 4)
    labels = np.array([3, 6, 7, 9], np.uint8)
    dataset = dataclasses.replace(dataset, strokes_train=strokes, y_train=labels)
    recipe = dataclasses.replace(tiny, non_digits=25)
    images, labels = preparation.training_digits(dataset, np.arange(4), recipe, 0)
    assert images.shape == (29, 28, 28)
    assert (images.dtype, labels.dtype) == (np.uint8, np.uint8)
    assert np.array_equal(images[:4], digits.x_train[:4])
    assert labels.tolist() == [3, 6, 7, 9] + [preparation.NON_DIGIT] * 25
    assert images.any(axis=(1, 2)).all()


def test_a_network_learns_to_be_unsure_of_other_things(models_dir, digits, tiny):
    recipe = dataclasses.replace(tiny, hidden=(dense(64),), epochs=15, non_digits=600)
    run = training_run.train(recipe, digits)
    assert run.metrics.test_accuracy > 0.7
    reader = predictor.load(run)
    dataset = with_strokes(digits, [()])
    things, labels = preparation.training_digits(dataset, np.arange(1), recipe, seed=99)
    things = datasets.scale(things[labels == preparation.NON_DIGIT])
    sure = reader.predict(datasets.scale(digits.x_test)).max(axis=1).mean()
    assert reader.predict(things).max(axis=1).mean() < sure - 0.2


# --- save ----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", ["report-ann", "sigmoid-ann", "cnn", "rnn"])
def test_a_saved_file_reads_like_the_network(tmp_path, digits, name, ending):
    model = architectures.build(RECIPES[name])
    path = tmp_path / f"model{ending}"
    saving.save(model, path, digits.x_test[:20])
    again = keras.models.load_model(path, compile=False)
    images = datasets.scale(digits.x_test[20:60])
    assert np.allclose(np.asarray(again(images)), np.asarray(model(images)), atol=1e-6)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_the_optimizer_is_not_saved(tmp_path, digits, ending):
    recipe = dataclasses.replace(RECIPES["report-ann"], epochs=1)
    model = architectures.build(recipe)
    fit(model, recipe, digits)
    path = tmp_path / f"model{ending}"
    saving.save(model, path, digits.x_test[:20])
    weights = 4 * model.count_params()
    assert weights <= path.stat().st_size < weights + 60_000
    if ending == ".keras":
        with zipfile.ZipFile(path) as archive:
            assert archive.getinfo("model.weights.h5").file_size < weights + 60_000


def test_saving_does_not_disturb_the_network(tmp_path, digits, tiny):
    model = architectures.build(tiny)
    fit(model, tiny, digits)
    before = model.get_weights()
    saving.save(model, tmp_path / "model.keras", digits.x_test[:20])
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert len(fit(model, tiny, digits)) == 2


def test_a_file_that_reads_differently_is_not_kept(tmp_path, digits):
    class Forgetful(keras.layers.Layer):
        """Holds a number that is not saved with it."""

        shared = 1.0

        def call(self, x):
            return x * self.shared

    keras.saving.register_keras_serializable("tests")(Forgetful)
    image = keras.Input((28, 28))
    layer = Forgetful()
    flat = keras.layers.Flatten()(layer(image))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(flat))
    layer.shared = -3.0
    with pytest.raises(InputError, match=r"model\.keras gives other probabilities"):
        saving.save(model, tmp_path / "model.keras", digits.x_test[:20])
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_written_is_refused(tmp_path, digits, tiny):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Cannot write"):
        saving.save(
            architectures.build(tiny), tmp_path / "file" / "model.keras", digits.x_test[:20]
        )
