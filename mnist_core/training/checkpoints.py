"""All that decides how a training run continues, in memory and in a file."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from mnist_core.errors import InputError
from mnist_core.files import opened, written_whole

History = list[dict[str, float]]  # one row an epoch, with the columns of `runs.HISTORY`


class Checkpoint:
    """Weights, optimizer state and random state, and the best weights so far."""

    def __init__(
        self, model: keras.Model, generator: tf.random.Generator, path: Path | None = None
    ) -> None:
        """Take note of a model that is compiled, its optimizer built.

        Args:
            path: of the file; without one nothing is written.
        """
        self._parts = {
            "model": model.variables,  # with the state of the dropout's random numbers
            "optimizer": model.optimizer.variables,
            "generator": [generator.state],
        }
        self._model, self._path = model, path
        self._best = self._weights()

    def _weights(self) -> list[np.ndarray]:
        return [np.asarray(variable) for variable in self._model.variables]

    def note_best(self) -> None:
        """Remember the weights as they are now."""
        self._best = self._weights()

    def restore_best(self) -> None:
        """Put back the weights that were noted last."""
        for variable, value in zip(self._model.variables, self._best, strict=True):
            variable.assign(value)

    def save(self, history: History) -> None:
        """Write everything after an epoch.

        Raises:
            InputError: it cannot be written.
        """
        if self._path is None:
            return
        arrays = {
            f"{name}_{i}": np.asarray(variable)
            for name, variables in self._parts.items()
            for i, variable in enumerate(variables)
        }
        arrays |= {f"best_{i}": value for i, value in enumerate(self._best)}
        with written_whole(self._path, make_folder=False) as beside:
            np.savez(beside, allow_pickle=False, history=json.dumps(history), **arrays)

    def resume(self) -> History:
        """Take everything from the file, if there is one; the history up to then.

        Raises:
            InputError: the file is damaged.
        """
        if self._path is None or not self._path.is_file():
            return []
        try:
            with opened(self._path) as given, np.load(given, allow_pickle=False) as file:
                for name, variables in self._parts.items():
                    for i, variable in enumerate(variables):
                        variable.assign(file[f"{name}_{i}"])
                self._best = [file[f"best_{i}"] for i in range(len(self._best))]
                return list(json.loads(str(file["history"])))
        except Exception as error:  # whatever NumPy and Keras make of a damaged file
            raise InputError(
                "The checkpoint of this run is damaged: train the recipe anew."
            ) from error
