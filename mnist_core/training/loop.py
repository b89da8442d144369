"""The training loop: epochs, early stopping, progress.

Keras' `fit` hands every batch from Python to TensorFlow; for networks as small as these
that costs more than the training itself. Here the data lies in TensorFlow's memory and
one call runs a stretch of batches (draw, augment, step) inside a graph. The model, its
optimizer, its losses and its callbacks remain Keras' own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mnist_core import datasets, evaluation
from mnist_core.datasets import Images, Labels
from mnist_core.errors import InputError
from mnist_core.networks import architectures, keras_predictor
from mnist_core.recipes import Recipe
from mnist_core.training import training_step
from mnist_core.training.checkpoints import Checkpoint, History
from mnist_core.training.listeners import OnProgress, Progress
from mnist_core.training.preparation import NON_DIGIT

UPDATE_SECONDS = 0.25  # how often progress is reported within an epoch,
SEEN_WELL, LEAST_REPORTS = 3, 12  # and in the first epochs at least so often, however short


def fit(
    model: keras.Model,
    recipe: Recipe,
    training: tuple[Images, Labels],
    validation: tuple[Images, Labels],
    seed: int = 0,
    on_progress: OnProgress | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    checkpoint: Path | None = None,
) -> History:
    """Train any Keras model that takes (n, 28, 28) in [0, 1] and gives (n, 10).

    A run that ends before its last epoch, or that has a patience, keeps the weights of the epoch
    with the lowest validation loss.

    Args:
        training, validation: uint8 images (n, 28, 28) and labels (n,); the validation
            part may be empty.
        callbacks: Keras callbacks; batches are reported a stretch at a time, as Keras
            does with `steps_per_execution`. One may end the run by setting
            `model.stop_training`.
        checkpoint: file to which everything is written after each epoch. If it is there
            already, the run resumes after the epoch that it holds.

    Returns:
        One row an epoch, with the columns of `runs.HISTORY`.

    Raises:
        InputError: the loss is no longer a number, or the batch is larger than the data.
    """
    # Long because it is the whole training, to be read from top to bottom.
    images, labels = training
    steps = _steps(recipe, len(images))
    loss = _loss(recipe)
    if not model.built:  # it has no weights to train before it has seen an image
        model(datasets.scale(images[:1]))
    model.compile(optimizer=architectures.optimizer(recipe, steps * recipe.epochs), loss=loss)
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    generator = tf.random.Generator.from_seed(seed)
    memory = Checkpoint(model, generator, checkpoint)
    history = memory.resume()
    run_steps = training_step.stepper(model, recipe, images, labels, loss, generator)
    listeners = keras.callbacks.CallbackList(
        list(callbacks), model=model, epochs=recipe.epochs, steps=steps
    )
    epochs = _Epochs(model, recipe, labels, run_steps, listeners, on_progress, len(history))
    order = np.random.default_rng(seed)
    for _ in history:  # those epochs have had their order
        order.permutation(len(images))

    listeners.on_train_begin({"history": history} if history else None)
    for epoch in range(len(history) + 1, recipe.epochs + 1):
        if patience_is_over(recipe, history):
            model.stop_training = True
            break
        started = time.perf_counter()
        listeners.on_epoch_begin(epoch - 1)
        logs = epochs.run(epoch, order.permutation(len(images)).astype(np.int32))
        logs |= _validate(model, validation)
        # An epoch that was ended early counts as far as it went.
        at = epoch if epochs.share == 1 else epoch - 1 + epochs.share
        history.append({"epoch": at, **logs, "seconds": time.perf_counter() - started})
        if lowest_loss(history) == len(history) - 1:
            memory.note_best()
        if not model.stop_training:
            memory.save(history)
        listeners.on_epoch_end(epoch - 1, dict(history[-1]))
        if model.stop_training:
            break
    if recipe.patience is not None or model.stop_training:
        memory.restore_best()
    listeners.on_train_end(history[-1])
    return history


@dataclass
class _Epochs:
    """Runs the batches of an epoch, a stretch of them at a time."""

    model: keras.Model
    recipe: Recipe
    labels: Labels
    run_steps: Callable[[tf.Tensor, int, int], tuple[tf.Tensor, tf.Tensor]]
    listeners: keras.callbacks.CallbackList
    on_progress: OnProgress | None
    done_before: int  # epochs of an earlier process

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.share = 1.0  # of the last epoch that was done

    def run(self, epoch: int, permutation: npt.NDArray[np.int32]) -> dict[str, float]:
        """Learn from all samples once; mean loss and accuracy.

        Args:
            epoch: from 1.
            permutation: the samples' order.
        """
        count, batch = len(self.labels), self.recipe.batch_size
        steps = _steps(self.recipe, count)
        digits_up_to = np.cumsum(self.labels[permutation] != NON_DIGIT)
        shuffled = tf.constant(permutation)
        logs: dict[str, float] = {}
        step, stretch, total_loss, right = 0, 1, 0.0, 0
        while step < steps and not self.model.stop_training:
            stop = min(step + stretch, steps)
            self.listeners.on_train_batch_begin(step)
            called = time.perf_counter()
            summed, hits = (float(value) for value in self.run_steps(shuffled, step, stop))
            took = time.perf_counter() - called
            total_loss, right = total_loss + summed, right + int(hits)
            before, seen = step * batch, min(stop * batch, count)
            digits = int(digits_up_to[seen - 1])
            logs = {"loss": total_loss / seen, "accuracy": right / max(1, digits)}
            if not np.isfinite(total_loss):
                raise InputError(
                    f"Training diverged in epoch {epoch}, its loss is no longer a number: "
                    f"take a learning rate below {self.recipe.learning_rate:g}."
                )
            self.listeners.on_train_batch_end(stop - 1, logs)
            if step:  # the very first stretch includes the making of the graph
                stretch = max(1, int((stop - step) * UPDATE_SECONDS / max(took, 1e-6)))
            if epoch <= SEEN_WELL:
                stretch = min(stretch, max(1, steps // LEAST_REPORTS))
            step = stop
            digits -= int(digits_up_to[before - 1]) if before else 0
            recent = summed / (seen - before), hits / max(1, digits)
            self._report(epoch, step, logs, recent)
        self.share = step / steps
        return logs

    def _report(
        self, epoch: int, step: int, logs: dict[str, float], recent: tuple[float, float]
    ) -> None:
        if self.on_progress is None:
            return
        count, epochs = len(self.labels), self.recipe.epochs
        seen = min(step * self.recipe.batch_size, count)
        done = (epoch - 1 - self.done_before) * count + seen
        to_do = (epochs - self.done_before) * count - done
        elapsed = time.perf_counter() - self.began
        self.on_progress(
            Progress(
                epoch,
                epochs,
                step,
                _steps(self.recipe, count),
                logs["loss"],
                logs["accuracy"],
                done / elapsed,
                elapsed / done * to_do,
                *recent,
            )
        )


def _steps(recipe: Recipe, images: int) -> int:
    """Batches in an epoch."""
    if recipe.batch_size > images:
        raise InputError(
            f"The batch size {recipe.batch_size} is larger than the {images} training images: "
            "take a smaller batch or more images."
        )
    return -(-images // recipe.batch_size)


def _loss(recipe: Recipe) -> keras.losses.Loss:
    soft = recipe.label_smoothing or recipe.non_digits
    if recipe.loss == "categorical_crossentropy" or soft:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def _validate(model: keras.Model, validation: tuple[Images, Labels]) -> dict[str, float]:
    """Loss and accuracy on the validation digits; empty where there are none."""
    images, labels = validation
    if not len(images):
        return {}
    given = keras_predictor.of(model).predict(datasets.scale(images))
    return {
        "val_loss": evaluation.loss(given, labels),
        "val_accuracy": evaluation.accuracy(given, labels),
    }


def best_epoch(recipe: Recipe, history: History, early: bool = False) -> int:
    """Index of the epoch whose weights were kept; `early` if the run was ended early."""
    return lowest_loss(history) if early or recipe.patience is not None else len(history) - 1


def lowest_loss(history: History) -> int:
    """Index of the epoch with the lowest validation loss, or of the last one."""
    if not history or "val_loss" not in history[-1]:
        return len(history) - 1
    return int(np.argmin([row["val_loss"] for row in history]))


def patience_is_over(recipe: Recipe, history: History) -> bool:
    """Whether early stopping ends the run now."""
    if recipe.patience is None:
        return False
    return len(history) - 1 - lowest_loss(history) >= recipe.patience
