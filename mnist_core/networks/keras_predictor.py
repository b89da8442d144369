"""A Keras model that reads: while it is trained, converted or differentiated.

Whoever only reads does so by LiteRT (`predictor`), without TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mnist_core import runs
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.networks import calibrated, folding
from mnist_core.networks.calibrated import LEAST
from mnist_core.networks.litert import BATCH
from mnist_core.networks.rotation import projective_map
from mnist_core.runs import Run


class KerasPredictor:
    """Reads digits with a Keras model, as `predictor.Predictor` does."""

    def __init__(
        self,
        model: keras.Model,
        temperature: float = 1.0,
        angle: float = 0.0,
        frozen: bool = False,
    ) -> None:
        """Read with a model.

        Args:
            temperature: by which the probabilities are softened, see `evaluation`.
            angle: degrees; if not 0, every digit is read turned by that angle one way and
                the other, and the two readings are averaged (the geometric mean).
            frozen: whether the weights stay as they are now, which makes reading faster.
        """
        self.model = model
        network = folding.fold(model) if frozen else model
        angles = (angle, -angle) if angle else (0.0,)

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
        images = calibrated.checked(images)
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
def of(model: keras.Model) -> KerasPredictor:
    """The predictor of a model whose weights still change, made once."""
    return KerasPredictor(model)


def _turned(images: tf.Tensor, angles: Sequence[float]) -> tf.Tensor:
    """Images (n, 28, 28) turned about their centre of mass, (n * len(angles), 28, 28)."""
    if len(angles) == 1:
        return images
    maps = [projective_map(angle) for angle in angles]
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


def load(run: str | Path | Run) -> KerasPredictor:
    """A run's network as Keras' own, with the temperature and augmentation of the run.

    Raises:
        InputError: the run is missing, unfinished or broken.
    """
    if not isinstance(run, Run):
        run = runs.read(run)
    return KerasPredictor(load_model(run), run.temperature, run.recipe.tta_angle, frozen=True)


def load_model(run: Run) -> keras.Model:
    """A run's Keras model.

    Raises:
        InputError: the run is missing, unfinished or broken.
    """
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
    return model
