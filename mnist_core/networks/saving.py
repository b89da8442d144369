"""A network as a file, proven to read like the network."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from mnist_core import datasets
from mnist_core.datasets import Images
from mnist_core.errors import InputError
from mnist_core.files import written_whole

PROOF_IMAGES = 500  # test images on which a saved file is compared with the network


def save(model: keras.Model, path: Path, images: Images, make_folder: bool = True) -> None:
    """Save a model without its optimizer, and prove that the file reads like the model.

    Args:
        path: ends in .keras, or in .h5 for the older format.
        images: uint8 (n, 28, 28), on which the two must give the same probabilities.
        make_folder: as for `files.written_whole`.

    Raises:
        InputError: the file cannot be written, or what it holds gives other probabilities.
    """
    bare = model.__class__.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with written_whole(path, make_folder) as beside:
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
