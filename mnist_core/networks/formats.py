"""A trained run's network in other formats."""

from __future__ import annotations

from pathlib import Path

from mnist_core import datasets
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.networks import conversion, keras_predictor, saving
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
    model = keras_predictor.load_model(run)
    if path.suffix == ".tflite":
        with written_whole(path) as beside:
            beside.write_bytes(conversion.convert(model))
        return
    saving.save(model, path, datasets.load("optical-digits").x_test[: saving.PROOF_IMAGES])
