"""Keeps a run directory up to date while it is trained, and hears there of a request to stop."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import summary_pb2

from mnist_core import datasets, runs
from mnist_core.background import Note
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.networks import keras_predictor
from mnist_core.training.listeners import OnProgress, Progress

WATCHED = 9  # test digits whose guesses are shown while a network learns
LIVE_POINTS = 100  # at most, within an epoch

# What marks a number as a curve's point; TensorFlow's own shorthand needs TensorBoard installed.
SCALAR = summary_pb2.SummaryMetadata(
    plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars")
)


def clear_remains(path: Path) -> None:
    """Take away what TensorFlow has made anew in the place of a run that was deleted meanwhile."""
    if not (path / "run.json").exists():
        shutil.rmtree(path, ignore_errors=True)


class Reporter(keras.callbacks.Callback):
    """Writes curves, progress and log of a training run."""

    def __init__(
        self, path: Path, note: Note, dataset: Dataset, on_progress: OnProgress | None = None
    ) -> None:
        """Report on the run in a directory.

        Args:
            note: by which it says how far it is.
            dataset: some of whose test digits are read again and again.
            on_progress: who else wants to know.
        """
        super().__init__()
        self.path, self.note, self.on_progress = path, note, on_progress
        self.rows: list[dict[str, float]] = []
        self.seconds_before = 0.0  # of an earlier process that was interrupted
        self.stopped = False
        self._watched = np.random.default_rng(0).permutation(len(dataset.x_test))[:WATCHED]
        self._images = datasets.scale(dataset.x_test[self._watched])
        self._labels = dataset.y_test[self._watched].tolist()
        self._next_point = self._next_watched = 0.0
        self._boards = []
        for part in ("train", "validation"):
            # TensorFlow would make the run's directory too, which may be deleted by now.
            (path / part).mkdir(exist_ok=True)
            self._boards.append(tf.summary.create_file_writer(str(path / part)))

    def prepare(self, share: float) -> None:
        """Before the first epoch, while strokes are drawn."""
        self.note("preparing", share, 1, share=share)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if logs and "history" in logs:
            self.rows = list(logs["history"])
            self.seconds_before = sum(row["seconds"] for row in self.rows)
            runs.log(self.path, f"resumed after epoch {len(self.rows)}")

    def report(self, progress: Progress) -> None:
        """Write where the run is; thousands of points within an epoch help nobody."""
        share = progress.step / progress.steps
        at = progress.epoch - 1 + share
        if at >= self._next_point or share == 1:
            runs.add_live(self.path, at, progress.recent_loss, progress.recent_accuracy)
            self._next_point = at + 1 / LIVE_POINTS
        digits = self._watched_digits()
        if at >= self._next_watched:
            runs.add_watched(self.path, at, digits)
            # The beginning is where most happens; a long training writes no long file.
            self._next_watched = at + max(1 / LIVE_POINTS, at / LIVE_POINTS)
        self.note("training", at, progress.epochs, **dataclasses.asdict(progress), digits=digits)
        self._hear()
        if self.on_progress:
            self.on_progress(progress)

    def _watched_digits(self) -> dict[str, Any]:
        probabilities = keras_predictor.of(self.model).predict(self._images)
        return {
            "indices": self._watched.tolist(),
            "labels": self._labels,
            "guesses": probabilities.argmax(axis=1).tolist(),
            "confidences": [round(float(p), 4) for p in probabilities.max(axis=1)],
        }

    def _hear(self) -> None:
        asked = runs.asked_to_stop(self.path)
        if asked == runs.DISCARD:
            raise InputError("The run was discarded.")
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
