"""Keeps what a network is after each epoch, while it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.networks import browser


class EpochKeeper(keras.callbacks.Callback):
    """Writes the weights into the run directory; what cannot be kept holds nobody up."""

    def __init__(self, path: Path) -> None:
        """Args:
        path: the run directory.
        """
        super().__init__()
        self._path, self._keeps = path, True

    def on_train_begin(self, logs: Mapping[str, object] | None = None) -> None:
        if not logs:  # else it resumes, and those before are there
            runs.forget_epochs(self._path)
            self._keep(0)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        self._keep(epoch + 1)

    def _keep(self, number: int) -> None:
        if not self._keeps:
            return
        try:
            runs.keep_epoch(self._path, number, browser.pack_model(self.model))
        except InputError as error:
            self._keeps = False
            runs.log(self._path, f"the weights after each epoch are not kept: {error}")
