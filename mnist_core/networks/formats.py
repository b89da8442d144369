"""A trained run's network in other formats."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf

from mnist_core import datasets
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.networks import predictor, saving
from mnist_core.runs import Run

FORMATS = (".keras", ".h5", ".tflite")


def export(run: Run, path: Path) -> None:
    """Write a run's network as `.keras`, as `.h5` (Keras' older format) or as `.tflite`.

    A `.tflite` file is read by LiteRT on phones and small computers. The network is written
    as it was trained; what the run adds when it reads (turned readings, temperature) stays
    in run.json.

    Raises:
        InputError: the run is broken, or another format.
    """
    if path.suffix not in FORMATS:
        raise InputError(f"The file must end in {', '.join(FORMATS)}, not {path.name!r}.")
    if run.members and path.suffix != ".keras":
        raise InputError(
            f"A {path.suffix} file cannot hold an average of runs: export {run.name} as .keras."
        )
    model = predictor.load(run).model
    if path.suffix == ".tflite":
        with written_whole(path) as beside:
            beside.write_bytes(_litert(model))
        return
    saving.save(model, path, datasets.load("optical-digits").x_test[: saving.PROOF_IMAGES])


def _litert(model: keras.Model) -> bytes:
    # A recurrent layer is unrolled: LiteRT's own operations know no loop of unknown length.
    def unrolled(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if isinstance(layer, keras.layers.RNN):
            config["unroll"] = True
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=unrolled)
    copy.set_weights(model.get_weights())
    return bytes(tf.lite.TFLiteConverter.from_keras_model(copy).convert())
