"""A trained run made fast for one image or many.

Keras' `predict` prepares a data pipeline for every call; a graph of fixed shape answers
for a single image in a fraction of the time (`benchmarks/predict.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mnist_core import drawing, runs
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.networks import folding
from mnist_core.runs import Run

LEAST = 1e-30  # of a probability; far from any digit, sigmoid outputs may all be zero
BATCH = 250  # images read at a time, so that thousands do not need gigabytes


class Predictor:
    """Reads digits with one network."""

    def __init__(
        self,
        model: keras.Model,
        run: Run | None = None,
        temperature: float = 1.0,
        turned: float = 0.0,
        frozen: bool = False,
    ) -> None:
        """Read with a model.

        Args:
            temperature: by which the probabilities are softened, see `evaluation`.
            turned: degrees; if not 0, every digit is read turned by that angle one way and
                the other, and the two readings are averaged (the geometric mean).
            frozen: whether the weights stay as they are now, which makes reading faster.
        """
        self.model = model
        self.run = run
        network = folding.fold(model) if frozen else model
        angles = (turned, -turned) if turned else (0.0,)

        def probabilities(images: tf.Tensor) -> tf.Tensor:
            scores = tf.maximum(network(_turned(images, angles), training=False), LEAST)
            if len(angles) > 1 or temperature != 1.0:
                logits = tf.reshape(tf.math.log(scores), (len(angles), -1, 10)) / temperature
                return tf.nn.softmax(tf.reduce_mean(logits, axis=0))
            # Sigmoid outputs do not sum to 1; softmax outputs do and stay as they are.
            return scores / tf.reduce_sum(scores, axis=1, keepdims=True)

        self._probabilities = probabilities
        self._many = tf.function(
            probabilities, input_signature=[tf.TensorSpec((None, SIDE, SIDE), tf.float32)]
        )

    @functools.cached_property
    def _one(self) -> Callable[[tf.Tensor], tf.Tensor]:
        # The concrete function saves looking the graph up in every call.
        return tf.function(
            self._probabilities, input_signature=[tf.TensorSpec((1, SIDE, SIDE), tf.float32)]
        ).get_concrete_function()

    def predict(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probabilities of the ten digits.

        Args:
            images: float32 (n, 28, 28) in [0, 1], in MNIST's form.

        Returns:
            float32 (n, 10), rows summing to 1.

        Raises:
            InputError: another shape, or values that are not finite.
        """
        images = np.asarray(images, np.float32)
        if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
            raise InputError(f"Images must have the shape (n, 28, 28), not {images.shape}.")
        if not np.isfinite(images).all():
            raise InputError("Images must hold finite numbers from 0 to 1.")
        if len(images) == 1:
            return self._one(tf.constant(images)).numpy()
        parts = [
            self._many(tf.constant(images[at : at + BATCH])).numpy()
            for at in range(0, len(images), BATCH)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 10), np.float32)

    @property
    def graph(self) -> tf.types.experimental.PolymorphicFunction:
        """Images float32 (n, 28, 28) to probabilities (n, 10), as TensorFlow can derive it."""
        return self._many

    def warm_up(self) -> None:
        """Build the graph for one image, so that the first drawing does not wait for it."""
        self.predict(np.zeros((1, SIDE, SIDE), np.float32))


@functools.lru_cache(maxsize=1)  # a process trains one model at a time
def of(model: keras.Model) -> Predictor:
    """The predictor of a model whose weights still change, made once."""
    return Predictor(model)


def turning(angle: float) -> npt.NDArray[np.float32]:
    """The projective map (8,) that turns an image by degrees about its centre of mass."""
    centre = drawing.CENTRE - 0.5  # in pixels from the middle of the first
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = centre - cos * centre + sin * centre, centre - sin * centre - cos * centre
    return np.array([cos, -sin, x, sin, cos, y, 0.0, 0.0], np.float32)


def _turned(images: tf.Tensor, angles: Sequence[float]) -> tf.Tensor:
    """Images (n, 28, 28) turned about their centre of mass, (n * len(angles), 28, 28)."""
    if len(angles) == 1:
        return images
    maps = [turning(angle) for angle in angles]
    count = tf.shape(images)[0]
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.tile(images, (len(angles), 1, 1))[..., None],
        transforms=tf.repeat(tf.constant(np.stack(maps)), count, axis=0),
        output_shape=(SIDE, SIDE),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    return tf.ensure_shape(turned[..., 0], (None, SIDE, SIDE))


def load(run: str | Path | Run | None = None) -> Predictor:
    """The predictor of a run.

    Args:
        run: its name, its directory, or what `runs.read` gave; by default the shipped
            default run.

    Raises:
        InputError: the run is missing, unfinished or broken.
    """
    if not isinstance(run, Run):
        run = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN if run is None else run)
    if run.problem:
        raise InputError(run.problem)
    if not run.usable:
        raise InputError(f"The run {run.name} is {run.status} and has no trained network.")
    try:
        model = keras.models.load_model(run.model_file, compile=False, safe_mode=True)
        shapes = tuple(model.input_shape), tuple(model.output_shape)
    except Exception as error:  # whatever Keras makes of a damaged file
        raise InputError(
            f"The model file of {run.name} is damaged: train the run again or delete it."
        ) from error
    if shapes != ((None, SIDE, SIDE), (None, 10)):
        raise InputError(
            f"The model of {run.name} takes {shapes[0]} and gives {shapes[1]}, not images of "
            "28×28 and ten probabilities: choose another run."
        )
    return Predictor(model, run, run.temperature, run.recipe.tta_angle, frozen=True)
