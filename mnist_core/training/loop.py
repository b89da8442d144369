"""The loop: epochs, early stopping, progress, and a run directory at the end.

Keras' `fit` hands every batch from Python to TensorFlow; for networks as small as these
that costs more than the training itself. Here the data lies in TensorFlow's memory and
one call runs a stretch of batches (draw, augment, step) inside a graph. The model, its
optimizer, its losses and its callbacks remain Keras' own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework import summary_pb2

from mnist_core import background, datasets, evaluation, recipes, runs
from mnist_core.datasets import Dataset, Images, Labels
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.networks import architectures
from mnist_core.networks.predictor import Predictor
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import augmentation, nondigits, training_step, transfer

UPDATE_SECONDS = 0.4  # how often progress is reported within an epoch
NON_DIGIT = 10  # the label of a drawing for which all ten digits are equally likely
UNSURE_SHARE = 0.008  # of digits that may be answered with "not sure"
WATCHED = 9  # test digits whose guesses are shown while a network learns
LIVE_POINTS = 100  # at most, within an epoch
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
    recent_loss: float  # since the last report
    recent_accuracy: float


# What marks a number as a curve's point; TensorFlow's own shorthand needs TensorBoard installed.
SCALAR = summary_pb2.SummaryMetadata(
    plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars")
)
OnProgress = Callable[[Progress], None]
Measure = Callable[[Predictor], Mapping[str, float]]
OnPreparation = Callable[[float], None]  # the share of the training digits that is drawn, 0 to 1


def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    name: str | None = None,
    on_progress: OnProgress | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    command: str | None = None,
    on_preparation: OnPreparation | None = None,
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
    recipes.layer_table(recipe)
    transfer.check(recipe)
    _parts(datasets.subset(dataset, recipe.train_images, seed), recipe)
    run = runs.create(recipe, dataset.name, seed, name)
    return carry_out(run, dataset, on_progress, callbacks, command, on_preparation)


def carry_out(
    run: Run,
    dataset: Dataset,
    on_progress: OnProgress | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    command: str | None = None,
    on_preparation: OnPreparation | None = None,
    measure: Measure | None = None,
) -> Run:
    """Train a run that is queued, or go on with one that was interrupted.

    The run directory says all the while how far it is, and somebody may ask there for the
    end (`runs.ask_to_stop`): then the best weights so far are kept and evaluated.

    Args and errors: as those of `train`, and `measure`, which gives further metrics of the
    trained network before the run counts as finished. A run that went on after an
    interruption ends with the weights that it would have had without.
    """
    recipe, seed = run.recipe, int(run.info["seed"])
    started = time.perf_counter()
    info: dict[str, Any] = {
        **run.info,
        "dataset": {"name": dataset.name, "checksum": dataset.checksum},
        "status": runs.RUNNING,
        "started": run.info.get("started") or runs.now(),
        "process": background.this_process(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
    info.pop("reason", None)
    if command:
        info["command"] = command
    try:
        runs.write_info(run.path, info)
        chosen = datasets.subset(dataset, recipe.train_images, seed)
        train_part, validation_part = _parts(chosen, recipe)
        validation = chosen.x_train[validation_part], chosen.y_train[validation_part]
        keras.utils.set_random_seed(seed)
        model = architectures.build(recipe)
        checkpoint = run.path / "checkpoint.npz"
        if recipe.start_from and not checkpoint.is_file():
            info["start"] = transfer.take_weights(model, recipe)
        transfer.freeze(model, recipe.frozen)
        info["parameters"] = model.count_params()
        runs.write_info(run.path, info)
        reader = Predictor(model)
        files = _RunFiles(run.path, recipe, reader, dataset)

        def prepare(share: float) -> None:
            files.prepare(share)
            if on_preparation:
                on_preparation(share)

        def report(progress: Progress) -> None:
            files.report(progress)
            if on_progress:
                on_progress(progress)

        digits = training_digits(chosen, train_part, recipe, seed, prepare)
        info["images"] = len(digits[0])
        history = fit(
            model,
            recipe,
            digits,
            validation,
            seed,
            report,
            [*callbacks, files],
            reader,
            checkpoint,
        )
        files.say({"phase": "evaluating"})
        temperature = 1.0
        if recipe.calibrate:
            info |= calibrate(Predictor(model, turned=recipe.turned), *validation)
            temperature = info["temperature"]
        final = reader
        if temperature != 1.0 or recipe.turned:
            final = Predictor(model, temperature=temperature, turned=recipe.turned)
        probabilities = final.predict(datasets.scale(dataset.x_test))
        further = measure(final) if measure else {}
        save(model, run.model_file, dataset.x_test[:PROOF_IMAGES])
        sha256 = runs.file_sha256(run.model_file)
        runs.write_evaluation(
            run.path,
            runs.Evaluation(probabilities, dataset.y_test, dataset.name, dataset.checksum, sha256),
        )
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        reason = "Interrupted at the keyboard." if stopped else _in_a_sentence(error)
        info |= {"status": runs.FAILED, "reason": reason, "finished": runs.now()}
        info.pop("process")
        if run.path.is_dir():  # or it was deleted meanwhile
            with contextlib.suppress(InputError, OSError):  # the disk may be what is wrong
                runs.log(run.path, f"failed: {reason}")
                runs.write_info(run.path, info)
        if isinstance(error, OSError | MemoryError | tf.errors.ResourceExhaustedError):
            raise InputError(reason) from error
        raise
    best = best_epoch(recipe, history, early=model.stop_training)
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
    metrics |= further
    info |= {
        "status": runs.STOPPED if files.stopped else runs.FINISHED,
        "finished": runs.now(),
        "seconds": round(files.seconds_before + time.perf_counter() - started, 1),
        "epochs": len(history),
        "model": {"sha256": sha256, "bytes": run.model_file.stat().st_size},
        "metrics": metrics,
    }
    info.pop("process")
    runs.log(run.path, f"{info['status']}: test accuracy {metrics['test_accuracy']:.4f}")
    runs.write_info(run.path, info)
    for leftover in ("checkpoint.npz", "progress.json", "stop"):
        # A run that is to be discarded keeps the request until it is deleted.
        if leftover != "stop" or runs.asked_to_stop(run.path) != runs.DISCARD:
            (run.path / leftover).unlink(missing_ok=True)
    return runs.read(run.path)


def _parts(dataset: Dataset, recipe: Recipe) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of the digits to train on and of those to validate on."""
    return datasets.split(
        len(dataset.x_train), recipe.validation_split, writers=dataset.writers_train
    )


def _in_a_sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return "There is not enough memory: take a smaller network, batch or dataset."
    if isinstance(error, OSError):
        return f"A file cannot be written ({error.strerror or error}): free some space."
    return str(error) or type(error).__name__


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
    dataset: Dataset,
    chosen: npt.NDArray[np.intp],
    recipe: Recipe,
    seed: int,
    on_preparation: OnPreparation | None = None,
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
            strokes, recipe.renderings, recipe.stroke_augmentation, seed, on_preparation
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
    reader: Predictor | None = None,
    checkpoint: Path | None = None,
) -> list[dict[str, float]]:
    """Train any Keras model that takes (n, 28, 28) in [0, 1] and gives (n, 10).

    A training that ends before its last epoch, or that has a patience, keeps the weights of
    the epoch with the lowest validation loss.

    Args:
        training, validation: uint8 images (n, 28, 28) and labels (n,); the validation
            part may be empty.
        callbacks: Keras callbacks; batches are reported a stretch at a time, as Keras
            does with `steps_per_execution`. One may end the training by setting
            `model.stop_training`.
        reader: the model's predictor, if there is one already.
        checkpoint: file to which everything is written after each epoch. If it is there
            already, the training goes on after the epoch that it holds.

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
    generator = tf.random.Generator.from_seed(seed)
    memory = _Memory(model, generator)
    history = memory.read(checkpoint) if checkpoint and checkpoint.is_file() else []
    run_steps = training_step.stepper(model, recipe, images, labels, loss, generator)
    listeners = keras.callbacks.CallbackList(
        list(callbacks), model=model, epochs=recipe.epochs, steps=steps
    )
    reader, validation_images = reader or Predictor(model), datasets.scale(validation[0])
    order = np.random.default_rng(seed)
    for _ in history:  # those epochs have had their order
        order.permutation(len(images))
    first, images_before_this_epoch, started = len(history), 0, time.perf_counter()
    listeners.on_train_begin({"history": history} if history else None)
    for epoch in range(first, recipe.epochs):
        if _patience_is_over(recipe, history):
            model.stop_training = True
            break
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
            summed, hits = (float(value) for value in run_steps(shuffled, step, stop))
            total_loss, right = total_loss + summed, right + int(hits)
            took = time.perf_counter() - called
            seen, before = min(stop * batch, len(images)), step * batch
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
                to_do = (recipe.epochs - first) * len(images) - done
                digits = digits_up_to[seen - 1] - (digits_up_to[before - 1] if before else 0)
                on_progress(
                    Progress(
                        epoch + 1,
                        recipe.epochs,
                        step,
                        steps,
                        logs["loss"],
                        logs["accuracy"],
                        done / elapsed,
                        elapsed / done * to_do,
                        summed / (seen - before),
                        hits / max(1, digits),
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
        if _best(history) == len(history) - 1:
            memory.note_best()
        if checkpoint and not model.stop_training:
            memory.write(checkpoint, history)
        listeners.on_epoch_end(epoch, dict(history[-1]))
        if model.stop_training:
            break
    if recipe.patience is not None or model.stop_training:
        memory.go_back_to_best()
    listeners.on_train_end(history[-1])
    return history


def best_epoch(recipe: Recipe, history: list[dict[str, float]], early: bool = False) -> int:
    """Index of the epoch whose weights were kept; `early` if the training was ended early."""
    return _best(history) if early or recipe.patience is not None else len(history) - 1


def _best(history: list[dict[str, float]]) -> int:
    """Index of the epoch with the lowest validation loss, or of the last one."""
    if not history or "val_loss" not in history[-1]:
        return len(history) - 1
    return int(np.argmin([row["val_loss"] for row in history]))


def _patience_is_over(recipe: Recipe, history: list[dict[str, float]]) -> bool:
    return recipe.patience is not None and len(history) - 1 - _best(history) >= recipe.patience


class _Memory:
    """All that decides how a training goes on, and the best weights so far."""

    def __init__(self, model: keras.Model, generator: tf.random.Generator) -> None:
        self._parts = {
            "model": model.variables,  # with the state of the dropout's random numbers
            "optimizer": model.optimizer.variables,
            "generator": [generator.state],
        }
        self._model = model
        self._best = [np.asarray(v) for v in model.variables]

    def note_best(self) -> None:
        self._best = [np.asarray(v) for v in self._model.variables]

    def go_back_to_best(self) -> None:
        for variable, value in zip(self._model.variables, self._best, strict=True):
            variable.assign(value)

    def write(self, path: Path, history: list[dict[str, float]]) -> None:
        arrays = {
            f"{name}_{i}": np.asarray(variable)
            for name, variables in self._parts.items()
            for i, variable in enumerate(variables)
        }
        arrays |= {f"best_{i}": value for i, value in enumerate(self._best)}
        with written_whole(path) as beside:
            np.savez(beside, allow_pickle=False, history=json.dumps(history), **arrays)

    def read(self, path: Path) -> list[dict[str, float]]:
        """Take everything from a file; the history up to then."""
        try:
            with np.load(path, allow_pickle=False) as file:
                for name, variables in self._parts.items():
                    for i, variable in enumerate(variables):
                        variable.assign(file[f"{name}_{i}"])
                self._best = [file[f"best_{i}"] for i in range(len(self._best))]
                return list(json.loads(str(file["history"])))
        except Exception as error:  # whatever NumPy and Keras make of a damaged file
            raise InputError(
                "The checkpoint of this training is damaged: train the recipe anew."
            ) from error


def _loss(recipe: Recipe) -> keras.losses.Loss:
    soft = recipe.label_smoothing or recipe.non_digits
    if recipe.loss == "categorical_crossentropy" or soft:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


class _RunFiles(keras.callbacks.Callback):
    """Keeps a run directory up to date, and hears there whether the training is to end."""

    def __init__(self, path: Path, recipe: Recipe, reader: Predictor, dataset: Dataset) -> None:
        super().__init__()
        self.path, self.recipe, self.reader = path, recipe, reader
        self.rows: list[dict[str, float]] = []
        self.seconds_before = 0.0  # of an earlier process that was interrupted
        self.stopped = False
        self._watched = np.random.default_rng(0).permutation(len(dataset.x_test))[:WATCHED]
        self._images = datasets.scale(dataset.x_test[self._watched])
        self._labels = dataset.y_test[self._watched].tolist()
        self._next_point = 0.0
        self._boards = [
            tf.summary.create_file_writer(str(path / part)) for part in ("train", "validation")
        ]

    def say(self, progress: dict[str, Any]) -> None:
        runs.write_progress(self.path, progress)

    def prepare(self, share: float) -> None:
        self.say({"phase": "preparing", "share": share})

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if logs and "history" in logs:
            self.rows = list(logs["history"])
            self.seconds_before = sum(row["seconds"] for row in self.rows)
            runs.log(self.path, f"goes on after epoch {len(self.rows)}")

    def report(self, progress: Progress) -> None:
        """Write where the training is; thousands of points within an epoch help nobody."""
        share = progress.step / progress.steps
        at = progress.epoch - 1 + share
        if at >= self._next_point or share == 1:
            runs.add_live(self.path, at, progress.recent_loss, progress.recent_accuracy)
            self._next_point = at + 1 / LIVE_POINTS
        probabilities = self.reader.predict(self._images)
        digits = {
            "indices": self._watched.tolist(),
            "labels": self._labels,
            "guesses": probabilities.argmax(axis=1).tolist(),
            "confidences": [round(float(p), 4) for p in probabilities.max(axis=1)],
        }
        self.say({"phase": "training", **dataclasses.asdict(progress), "digits": digits})
        asked = runs.asked_to_stop(self.path)
        if asked == runs.DISCARD:
            raise InputError("The training was discarded.")
        if asked and not self.model.stop_training:
            self.model.stop_training = self.stopped = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        row = logs or {}
        self.rows.append(row)
        runs.write_history(self.path, self.rows)
        words = "  ".join(f"{name} {value:.4g}" for name, value in row.items())
        runs.log(self.path, words)
        for board, prefix in zip(self._boards, ("", "val_"), strict=True):
            with board.as_default(step=epoch + 1):
                for name in ("loss", "accuracy"):
                    if prefix + name in row:
                        value = tf.constant(row[prefix + name], tf.float32)
                        tf.summary.write(f"epoch_{name}", value, metadata=SCALAR)
            board.flush()


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
        scaled = datasets.scale(images)
        given = [np.asarray(network(scaled, training=False)) for network in (again, model)]
        difference = np.abs(given[0] - given[1]).max(initial=0)
        if not difference < 1e-5:
            raise InputError(
                f"The file {path.name} gives other probabilities than the network that was "
                f"saved (by {difference:.2g}): the network uses something that it cannot hold."
            )
