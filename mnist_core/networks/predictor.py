"""A trained run that reads: quick for one image, from many threads, without TensorFlow.

LiteRT does the network's part; what the run adds when it reads (temperature, test-time
augmentation) is NumPy's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_core import runs
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.networks import calibrated, rotation
from mnist_core.networks.litert import Network
from mnist_core.recipes import CLASSES
from mnist_core.runs import Run

Images = npt.NDArray[np.float32]
LITERT = "model.tflite"


class Predictor:
    """Reads digits with one network."""

    def __init__(
        self,
        network: Network,
        temperature: float = 1.0,
        angle: float = 0.0,
        run: Run | None = None,
    ) -> None:
        """Read with a network.

        Args:
            temperature: by which logits are divided.
            angle: degrees; if not 0, every digit is read turned by that angle one way and the
                other, and the logits of the two readings are averaged.
        """
        self.run = run
        self._network, self._temperature = network, temperature
        self._angles = (angle, -angle) if angle else (0.0,)

    def predict(self, images: Images) -> calibrated.Probabilities:
        """Probabilities of the ten digits. It may be called from many threads at once.

        Args:
            images: float32 (n, 28, 28) in [0, 1], in MNIST's form.

        Returns:
            float32 (n, 10), rows summing to 1.

        Raises:
            InputError: another shape, or values that are not finite.
        """
        return self.read(images)[0]

    def read(self, images: Images) -> tuple[calibrated.Probabilities, npt.NDArray[np.float32]]:
        """Probabilities as of `predict`, and what the last layer was given for them.

        Returns:
            float32 (n, 10), and float32 (n, d): the mean over the ways in which an image is
            turned.
        """
        images = calibrated.checked(images)
        if not len(images):
            return np.zeros((0, CLASSES), np.float32), self.features(images)
        views = [rotation.rotate(images, angle) for angle in self._angles]
        made = self._network.read(np.concatenate(views))
        scores, features = made[:, :CLASSES], made[:, CLASSES:]
        if len(views) > 1:
            features = features.reshape(len(views), len(images), -1).mean(axis=0)
        return calibrated.probabilities(scores, len(views), self._temperature), features

    def features(self, images: Images) -> npt.NDArray[np.float32]:
        """What the last layer is given, in which the network tells the digits apart.

        Args and errors: as those of `predict`. Images are read as they are, not turned.

        Returns:
            float32 (n, d).
        """
        images = calibrated.checked(images)
        if not len(images):
            return np.zeros((0, self._network.features), np.float32)
        return self._network.read(images)[:, CLASSES:]

    def warm_up(self) -> None:
        """Read once, so that the first drawing does not wait for it."""
        self.predict(np.zeros((1, SIDE, SIDE), np.float32))


def load(run: str | Path | Run | None = None) -> Predictor:
    """The predictor of a run.

    A run of an older version is put into LiteRT's form first, by a process of its own.

    Args:
        run: its name, its directory, or what `runs.read` gave; by default the shipped
            default run.

    Raises:
        InputError: the run is missing, unfinished or broken.
    """
    if not isinstance(run, Run):
        run = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN if run is None else run)
    try:
        return load_converted(run)
    except UnconvertedError:
        from mnist_core.networks import converter

        return load_converted(converter.wait_for(run))


def load_converted(run: Run) -> Predictor:
    """The predictor of a run, at once.

    Raises:
        InputError: the run is unfinished or broken.
        UnconvertedError: it has a network, but not yet in LiteRT's form (see `converter`).
    """
    if run.problem:
        raise InputError(run.problem)
    if not run.usable:
        raise InputError(f"The run {run.name} is {run.status} and has no trained network.")
    record, path = run.record, run.path / LITERT
    made = record.litert
    if made is None or record.model is None or made.source != record.model.sha256:
        raise UnconvertedError(f"{run.name} is being prepared for reading.")
    try:
        if runs.file_sha256(path) != made.sha256:
            raise InputError(f"The {LITERT} of {run.name} is damaged.")
        return Predictor(Network(path), run.temperature, run.recipe.tta_angle, run)
    except (InputError, OSError) as error:  # it can be made anew
        raise UnconvertedError(f"{run.name} is being prepared for reading.") from error


class UnconvertedError(InputError):
    """A run has a network, but not (or no longer) in LiteRT's form."""
