"""The loop: epochs, early stopping, progress, and a run directory at the end.

Keras' `fit` hands every batch from Python to TensorFlow; for networks as small as these
that costs more than the training itself. Here the data lies in TensorFlow's memory and
one call runs a stretch of batches (draw, augment, step) inside a graph. The model, its
optimizer, its losses and its callbacks remain Keras' own.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mnist_core import architectures, augmentation, datasets, evaluation, nondigits, recipes, runs
from mnist_core.datasets import Dataset, Images, Labels
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.predictor import Predictor
from mnist_core.recipes import Recipe
from mnist_core.runs import Run

UPDATE_SECONDS = 0.25  # how often progress is reported within an epoch
NON_DIGIT = 10  # the label of a drawing for which all ten digits are equally likely
UNSURE_SHARE = 0.008  # of digits that may be answered with "not sure"
PROOF_IMAGES = 500  # test images on which a saved file is compared with the network


@dataclass(frozen=True)
class Progress:
    """Where a training is. Losses and accuracies are means over the epoch so far."""

    epoch: int  # from 1
    epochs: int
    step: int  # batches done in this epoch
    steps: int
    loss: float
    accuracy: float
    images_per_second: float
    seconds_left: float  # as if all epochs were run


OnProgress = Callable[[Progress], None]


def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    name: str | None = None,
    on_progress: OnProgress | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    command: str | None = None,
) -> Run:
    """Train a recipe into a new run directory, evaluate it on the test set, and save it.

    Args:
        seed: the same seed gives the same weights on the same machine with the same
            number of cores; another machine may round sums in another order.
        name: of the run; by default the recipe's with date and time.
        command: that was given, to be noted in the run.

    Returns:
        The finished run.

    Raises:
        InputError: hyperparameters or a name that cannot be used, or a loss that diverges.
    """
    recipes.check(recipe)
    train_part, validation_part = datasets.split(
        len(dataset.x_train), recipe.validation_split, writers=dataset.writers_train
    )
    keras.utils.set_random_seed(seed)
    model = architectures.build(recipe)
    run = runs.create(recipe, dataset.name, seed, name)
    info: dict[str, Any] = {
        **run.info,
        "dataset": {"name": dataset.name, "checksum": dataset.checksum},
        "status": runs.RUNNING,
        "started": runs.now(),
        "process": runs.this_process(),
        "command": command,
        "parameters": model.count_params(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
    runs.write_info(run.path, info)
    started = time.perf_counter()
    validation = dataset.x_train[validation_part], dataset.y_train[validation_part]
    try:
        history = fit(
            model,
            recipe,
            training_digits(dataset, train_part, recipe, seed),
            validation,
            seed,
            on_progress,
            [*callbacks, _RunFiles(run.path)],
        )
        seconds = time.perf_counter() - started
        temperature = 1.0
        if recipe.calibrate:
            info |= calibrate(Predictor(model, turned=recipe.turned), *validation)
            temperature = info["temperature"]
        reader = Predictor(model, temperature=temperature, turned=recipe.turned)
        probabilities = reader.predict(datasets.scale(dataset.x_test))
        save(model, run.model_file, dataset.x_test[:PROOF_IMAGES])
        sha256 = runs.file_sha256(run.model_file)
        runs.write_evaluation(
            run.path,
            runs.Evaluation(probabilities, dataset.y_test, dataset.name, dataset.checksum, sha256),
        )
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        reason = "Interrupted at the keyboard." if stopped else str(error)
        info |= {"status": runs.FAILED, "reason": reason, "finished": runs.now()}
        info.pop("process")
        if run.path.is_dir():  # or it was deleted meanwhile
            runs.log(run.path, f"failed: {reason}")
            runs.write_info(run.path, info)
        raise
    best = _best_epoch(recipe, history)
    kept = history[best]
    metrics: dict[str, Any] = {
        "best_epoch": best + 1,
        "train_loss": kept["loss"],
        "train_accuracy": kept["accuracy"],
        "test_loss": evaluation.loss(probabilities, dataset.y_test),
        "test_accuracy": evaluation.accuracy(probabilities, dataset.y_test),
        "test_digit_accuracy": [
            None if np.isnan(share) else round(share, 4)
            for share in evaluation.digit_accuracy(probabilities, dataset.y_test)
        ],
    }
    metrics |= {key: kept[key] for key in ("val_loss", "val_accuracy") if key in kept}
    info |= {
        "status": runs.FINISHED,
        "finished": runs.now(),
        "seconds": round(seconds, 1),
        "epochs": len(history),
        "model": {"sha256": sha256, "bytes": run.model_file.stat().st_size},
        "metrics": metrics,
    }
    info.pop("process")
    runs.log(run.path, f"finished: test accuracy {info['metrics']['test_accuracy']:.4f}")
    runs.write_info(run.path, info)
    return runs.read(run.path)


def calibrate(reader: Predictor, images: Images, labels: Labels) -> dict[str, float]:
    """What makes a network's confidence honest, from digits that it was not trained on.

    Args:
        reader: with a temperature of 1.

    Returns:
        `temperature`, and `sure_above`: the probability that all but `UNSURE_SHARE` of these
        digits exceed, below which an answer should be "not sure".
    """
    plain = reader.predict(datasets.scale(images))
    temperature = evaluation.fit_temperature(plain, labels)
    sure = np.quantile(evaluation.soften(plain, temperature).max(axis=1), UNSURE_SHARE)
    return {"temperature": round(temperature, 4), "sure_above": round(float(sure), 4)}


def training_digits(
    dataset: Dataset, chosen: npt.NDArray[np.intp], recipe: Recipe, seed: int
) -> tuple[Images, Labels]:
    """The chosen training images and labels, with all that the recipe has drawn besides.

    Digits with strokes are drawn anew, `recipe.renderings` times each; drawings of other
    things have the label `NON_DIGIT`.
    """
    images, labels = dataset.x_train[chosen], dataset.y_train[chosen]
    written = np.array([], np.intp)
    strokes: list[datasets.Strokes] = []
    if dataset.strokes_train:
        written = np.flatnonzero([len(dataset.strokes_train[index]) > 0 for index in chosen])
        strokes = [dataset.strokes_train[chosen[i]] for i in written]
    parts = [(images, labels)]
    if recipe.renderings and strokes:
        others = np.setdiff1d(np.arange(len(chosen)), written)
        drawn = augmentation.render_strokes(
            strokes, recipe.renderings, recipe.stroke_augmentation, seed
        )
        repeated = np.repeat(labels[written], recipe.renderings)
        parts = [(images[others], labels[others]), (drawn, repeated)]
    if recipe.non_digits:
        things = nondigits.make(recipe.non_digits, strokes, labels[written], seed)
        drawn = augmentation.render_strokes(things, 1, recipe.stroke_augmentation, seed + 1)
        parts.append((drawn, np.full(len(drawn), NON_DIGIT, np.uint8)))
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def fit(
    model: keras.Model,
    recipe: Recipe,
    training: tuple[Images, Labels],
    validation: tuple[Images, Labels],
    seed: int = 0,
    on_progress: OnProgress | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
) -> list[dict[str, float]]:
    """Train any Keras model that takes (n, 28, 28) in [0, 1] and gives (n, 10).

    Args:
        training, validation: uint8 images (n, 28, 28) and labels (n,); the validation
            part may be empty.
        callbacks: Keras callbacks; batches are reported a stretch at a time, as Keras
            does with `steps_per_execution`.

    Returns:
        One row an epoch, with the columns of `runs.HISTORY`.

    Raises:
        InputError: the loss is no longer a number, or the batch is larger than the data.
    """
    images, labels = training
    batch = recipe.batch_size
    if batch > len(images):
        raise InputError(
            f"The batch size {batch} is larger than the {len(images)} training images: "
            "take a smaller batch or more images."
        )
    steps = -(-len(images) // batch)
    loss = _loss(recipe)
    if not model.built:  # it has no weights to train before it has seen an image
        model(datasets.scale(images[:1]))
    model.compile(optimizer=architectures.optimizer(recipe, steps * recipe.epochs), loss=loss)
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    run_steps = _stepper(model, recipe, images, labels, loss, seed)
    if recipe.patience is not None:
        callbacks = [
            *callbacks,
            keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True),
        ]
    listeners = keras.callbacks.CallbackList(
        list(callbacks), model=model, epochs=recipe.epochs, steps=steps
    )
    reader, validation_images = Predictor(model), datasets.scale(validation[0])
    order = np.random.default_rng(seed)
    history: list[dict[str, float]] = []
    images_before_this_epoch, started = 0, time.perf_counter()
    listeners.on_train_begin()
    for epoch in range(recipe.epochs):
        epoch_started = time.perf_counter()
        listeners.on_epoch_begin(epoch)
        permutation = order.permutation(len(images)).astype(np.int32)
        digits_up_to = np.cumsum(labels[permutation] != NON_DIGIT)
        shuffled = tf.constant(permutation)
        step, stretch, total_loss, right = 0, 1, 0.0, 0
        while step < steps:
            stop = min(step + stretch, steps)
            listeners.on_train_batch_begin(step)
            called = time.perf_counter()
            stretch_loss, stretch_right = run_steps(shuffled, step, stop)
            total_loss, right = total_loss + float(stretch_loss), right + int(stretch_right)
            took = time.perf_counter() - called
            seen = min(stop * batch, len(images))
            logs = {"loss": total_loss / seen, "accuracy": right / max(1, digits_up_to[seen - 1])}
            if not np.isfinite(total_loss):
                raise InputError(
                    f"Training diverged in epoch {epoch + 1}, its loss is no longer a number: "
                    f"take a learning rate below {recipe.learning_rate:g}."
                )
            listeners.on_train_batch_end(stop - 1, logs)
            if step:  # the very first stretch includes the making of the graph
                stretch = max(1, int((stop - step) * UPDATE_SECONDS / max(took, 1e-6)))
            step = stop
            if on_progress:
                elapsed = time.perf_counter() - started
                done = images_before_this_epoch + seen
                left = elapsed / done * (recipe.epochs * len(images) - done)
                on_progress(
                    Progress(
                        epoch + 1,
                        recipe.epochs,
                        step,
                        steps,
                        logs["loss"],
                        logs["accuracy"],
                        done / elapsed,
                        left,
                    )
                )
            if model.stop_training:
                break
        if len(validation[0]):
            given = reader.predict(validation_images)
            logs["val_loss"] = evaluation.loss(given, validation[1])
            logs["val_accuracy"] = evaluation.accuracy(given, validation[1])
        images_before_this_epoch += len(images)
        history.append({"epoch": epoch + 1, **logs, "seconds": time.perf_counter() - epoch_started})
        listeners.on_epoch_end(epoch, dict(history[-1]))
        if model.stop_training:
            break
    listeners.on_train_end(history[-1])
    return history


def _stepper(
    model: keras.Model,
    recipe: Recipe,
    images: Images,
    labels: Labels,
    loss: keras.losses.Loss,
    seed: int,
) -> Callable[[tf.Tensor, int, int], tuple[tf.Tensor, tf.Tensor]]:
    """A graph that runs the batches from one step up to another over the shuffled samples.

    It returns the sum of the losses and the number of samples read right.
    """
    pixels = tf.constant(images)
    digits = tf.constant(labels.astype(np.int32))
    augment = (
        augmentation.augmenter(recipe.augmentation, seed)
        if any(recipe.augmentation.values())
        else None
    )
    one_hot = isinstance(loss, keras.losses.CategoricalCrossentropy)
    targets = tf.constant(np.vstack([np.eye(10), np.full(10, 0.1)]), tf.float32)
    variables, optimizer, batch = model.trainable_variables, model.optimizer, recipe.batch_size

    @tf.function(
        input_signature=[
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
        ]
    )
    def run(shuffled: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        total, right = tf.constant(0.0), tf.constant(0)
        for step in tf.range(start, stop):
            chosen = shuffled[step * batch : (step + 1) * batch]
            x = tf.cast(tf.gather(pixels, chosen), tf.float32) / 255.0
            y = tf.gather(digits, chosen)
            if augment:
                x = augment(x)
            x = tf.ensure_shape(x, (None, 28, 28))
            with tf.GradientTape() as tape:
                given = model(x, training=True)
                value = loss(tf.gather(targets, y) if one_hot else y, given)
                for penalty in model.losses:
                    value += penalty
            optimizer.apply(tape.gradient(value, variables), variables)
            total += value * tf.cast(tf.shape(y)[0], tf.float32)
            guessed = tf.argmax(given, axis=1, output_type=tf.int32)
            right += tf.reduce_sum(tf.cast(guessed == y, tf.int32))
        return total, right

    return lambda shuffled, start, stop: run(shuffled, tf.constant(start), tf.constant(stop))


def _loss(recipe: Recipe) -> keras.losses.Loss:
    soft = recipe.label_smoothing or recipe.non_digits
    if recipe.loss == "categorical_crossentropy" or soft:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def _best_epoch(recipe: Recipe, history: list[dict[str, float]]) -> int:
    """Index of the epoch whose weights were kept."""
    if recipe.patience is None:
        return len(history) - 1
    return int(np.argmin([row["val_loss"] for row in history]))


class _RunFiles(keras.callbacks.Callback):
    """Keeps history.csv and log.txt up to date, epoch by epoch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.rows: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        row = logs or {}
        self.rows.append(row)
        runs.write_history(self.path, self.rows)
        words = "  ".join(f"{name} {value:.4g}" for name, value in row.items())
        runs.log(self.path, words)


def save(model: keras.Model, path: Path, images: Images) -> None:
    """Save a model without its optimizer, and prove that the file reads like the model.

    Args:
        path: ends in .keras, or in .h5 for the older format.
        images: uint8 (n, 28, 28), on which the two must give the same probabilities.

    Raises:
        InputError: the file cannot be written, or what it holds gives other probabilities.
    """
    bare = model.__class__.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with written_whole(path) as beside:
        bare.save(beside)
        again = keras.models.load_model(beside, compile=False, safe_mode=True)
        difference = np.abs(
            Predictor(again).predict(datasets.scale(images))
            - Predictor(model).predict(datasets.scale(images))
        ).max(initial=0)
        if not difference < 1e-5:
            raise InputError(
                f"The file {path.name} gives other probabilities than the network that was "
                f"saved (by {difference:.2g}): the network uses something that it cannot hold."
            )
