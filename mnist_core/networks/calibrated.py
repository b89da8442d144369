"""From a network's scores to probabilities: temperature scaling, test-time augmentation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mnist_core.drawing import SIDE
from mnist_core.errors import InputError

LEAST = 1e-30  # of a probability; far from any digit, sigmoid outputs may all be zero

Probabilities = npt.NDArray[np.float32]


def checked(images: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Images as float32 (n, 28, 28).

    Raises:
        InputError: another shape, or values that are not finite.
    """
    found = np.asarray(images, np.float32)
    if found.ndim != 3 or found.shape[1:] != (SIDE, SIDE):
        raise InputError(f"Images must have the shape (n, 28, 28), not {found.shape}.")
    if not np.isfinite(found).all():
        raise InputError("Images must hold finite numbers from 0 to 1.")
    return found


def probabilities(
    scores: npt.NDArray[np.float32], views: int = 1, temperature: float = 1.0
) -> Probabilities:
    """Calibrated probabilities.

    Args:
        scores: float32 (views · n, 10), outputs of a softmax or of sigmoids; those of the first
            view of all images come first.
        views: of each image, whose logits are averaged (the geometric mean of what they say).
        temperature: by which logits are divided.

    Returns:
        float32 (n, 10), rows summing to 1.
    """
    scores = np.maximum(scores, np.float32(LEAST))
    if views > 1 or temperature != 1.0:
        logits = np.log(scores).reshape(views, -1, scores.shape[1]).mean(axis=0) / temperature
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    # Sigmoid outputs do not sum to 1; softmax outputs do and stay as they are.
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32, copy=False)
