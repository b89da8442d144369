"""The process that explains how a digit is read, by occlusion and by gradients.

python -m mnist_core.evaluation.explainer RUN IMAGE.npy DIGIT MAPS.npz
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.evaluation import explanations
from mnist_core.networks import predictor
from mnist_core.networks.startup import start_tensorflow

if TYPE_CHECKING:
    from mnist_core.networks.keras_predictor import KerasPredictor


@functools.lru_cache(maxsize=4)  # a warm process is asked about the same run again and again
def _network(path: str, *stamp: int) -> KerasPredictor:
    start_tensorflow()
    from mnist_core.networks import keras_predictor

    return keras_predictor.load(path)


@functools.lru_cache(maxsize=4)
def _reader(path: str, *stamp: int) -> predictor.Predictor:
    return predictor.load(path)


def main(arguments: list[str]) -> int:
    """The process: writes the maps `occlusion` and `gradients`, float32 (28, 28) each."""
    path, given, digit, result = arguments
    try:
        run = runs.read(path)
        if run.problem:
            raise InputError(run.problem)
        stat = run.model_file.stat()
        stamp = stat.st_mtime_ns, stat.st_size
        image = np.load(given, allow_pickle=False)
        covered = explanations.occlusion(_reader(path, *stamp), image, int(digit))
        summed = explanations.integrated_gradients(_network(path, *stamp), image, int(digit))
        np.savez(Path(result), occlusion=covered, gradients=summed)
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
