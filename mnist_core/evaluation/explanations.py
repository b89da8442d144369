"""What a network looked at, and which digits it finds alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from mnist_core import datasets
from mnist_core.datasets import Images
from mnist_core.drawing import SIDE, Ink
from mnist_core.networks.litert import BATCH
from mnist_core.networks.predictor import Predictor

if TYPE_CHECKING:
    from mnist_core.networks.keras_predictor import KerasPredictor

Relevance = npt.NDArray[np.float32]
Features = npt.NDArray[np.float32]
Note = Callable[[int, int], None]  # digits done and in all


class Reads(Protocol):
    """Whatever gives probabilities (n, 10) of images (n, 28, 28)."""

    def predict(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]: ...


PATCH = 5  # pixels, the side of the square that covers a part of the digit
STRIDE = 2  # pixels from one place of the square to the next
GREY = 0.5  # of the square: it hides ink and ground alike
STEPS = 32  # images between an empty one and the digit


def occlusion(reader: Reads, image: Ink, digit: int) -> Relevance:
    """How much each part of an image speaks for a digit, by covering it.

    A grey square is laid over one place after the other (Zeiler, Fergus 2014, "Visualizing
    and understanding convolutional networks").

    Args:
        image: float32 (28, 28) in [0, 1].
        digit: 0 to 9.

    Returns:
        float32 (28, 28): by how much the logarithm of the digit's probability falls, on
        average, when a square covers the pixel; below 0 where it rises.
    """
    corners = [
        (row, column)
        for row in range(-PATCH + STRIDE, SIDE, STRIDE)
        for column in range(-PATCH + STRIDE, SIDE, STRIDE)
    ]
    covers = np.zeros((len(corners), SIDE, SIDE), bool)
    for cover, (row, column) in zip(covers, corners, strict=True):
        cover[max(0, row) : row + PATCH, max(0, column) : column + PATCH] = True
    images = np.where(covers, np.float32(GREY), image)
    logs = np.log(np.maximum(reader.predict(np.concatenate([image[None], images])), 1e-7))[:, digit]
    falls = logs[0] - logs[1:]
    return (np.tensordot(falls, covers, 1) / covers.sum(axis=0)).astype(np.float32)


def integrated_gradients(
    reader: KerasPredictor, image: Ink, digit: int, steps: int = STEPS
) -> Relevance:
    """How much each pixel's ink adds to what speaks for a digit.

    Sundararajan, Taly, Yan 2017, "Axiomatic attribution for deep networks": the gradient of
    the logarithm of the digit's probability, averaged on the way from an empty image.

    Args:
        image: float32 (28, 28) in [0, 1].
        digit: 0 to 9.
        steps: on that way; more are more exact.

    Returns:
        float32 (28, 28), 0 where there is no ink. Its sum is by how much the logarithm of the
        probability is greater than for an empty image.
    """
    import tensorflow as tf

    shares = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    path = tf.constant(shares[:, None, None] * image)
    with tf.GradientTape() as tape:
        tape.watch(path)
        scores = tf.math.log(tf.maximum(reader.graph(path)[:, digit], 1e-30))
    gradients = tape.gradient(scores, path).numpy()
    return (gradients.mean(axis=0) * image).astype(np.float32)


def overlay(image: Ink, relevance: Relevance) -> npt.NDArray[np.uint8]:
    """A picture of what speaks for and against: blue for, orange against, on the grey digit.

    Args:
        image: float32 (28, 28) in [0, 1].
        relevance: float32 (28, 28) of any scale; 0 leaves the digit as it is.

    Returns:
        uint8 (28, 28, 3).
    """
    strength = np.abs(relevance) / max(float(np.quantile(np.abs(relevance), 0.995)), 1e-9)
    share = np.clip(strength, 0, 1)[..., None] ** 0.8
    colour = np.where(relevance[..., None] > 0, (86, 180, 233), (230, 159, 0))
    grey = image[..., None] * 110.0 + 12
    return np.round(grey * (1 - share) + colour * share).astype(np.uint8)


def features(reader: Predictor, images: Images, note: Note | None = None) -> Features:
    """What the network's last layer is given, in which it tells the digits apart.

    Args:
        images: uint8 (n, 28, 28).
        note: called with the images done and in all.

    Returns:
        float32 (n, as many as the last layer takes).
    """
    parts = []
    for at in range(0, len(images), BATCH):
        parts.append(reader.features(datasets.scale(images[at : at + BATCH])))
        if note:
            note(min(at + BATCH, len(images)), len(images))
    return np.concatenate(parts)


def nearest(
    asked: Features, known: Features, count: int, note: Note | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The nearest of the known for each that is asked, by Euclidean distance.

    Args:
        asked, known: float32 (n, d) and (m, d), m at least `count`.
        note: called with those done and in all.

    Returns:
        Indices int32 and distances float32, both (n, count), the nearest first.
    """
    squares = (known**2).sum(axis=1)
    indices = np.empty((len(asked), count), np.int32)
    distances = np.empty((len(asked), count), np.float32)
    for at in range(0, len(asked), 100):
        part = asked[at : at + 100]
        squared = squares - 2 * (part @ known.T)
        some = np.argpartition(squared, count - 1, axis=1)[:, :count]
        # The short formula loses digits where two are nearly the same: those few exactly.
        exact = np.linalg.norm(known[some] - part[:, None], axis=2)
        order = np.argsort(exact, axis=1, kind="stable")
        indices[at : at + 100] = np.take_along_axis(some, order, axis=1)
        distances[at : at + 100] = np.take_along_axis(exact, order, axis=1)
        if note:
            note(min(at + 100, len(asked)), len(asked))
    return indices, distances
