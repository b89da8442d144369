"""Images turned by a few degrees, for test-time augmentation; a linear map, done as one."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mnist_core import drawing
from mnist_core.drawing import SIDE


def projective_map(angle: float) -> npt.NDArray[np.float32]:
    """The projective map (8,) that turns an image by degrees about its centre of mass."""
    centre = drawing.CENTRE - 0.5  # in pixels from the middle of the first
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = centre - cos * centre + sin * centre, centre - sin * centre - cos * centre
    return np.array([cos, -sin, x, sin, cos, y, 0.0, 0.0], np.float32)


def rotate(images: npt.NDArray[np.float32], angle: float) -> npt.NDArray[np.float32]:
    """Images turned about their centre of mass, bilinear, empty where nothing was.

    Args:
        images: float32 (n, 28, 28).
        angle: in degrees.

    Returns:
        float32 (n, 28, 28).
    """
    if not angle:
        return images
    flat = images.reshape(len(images), SIDE * SIDE)
    return (_matrix(angle) @ flat.T).T.reshape(images.shape)


@functools.lru_cache(maxsize=8)
def _matrix(angle: float) -> Any:
    """(784, 784): how much each pixel adds to each pixel of the turned image."""
    sources, weights = neighbours(projective_map(angle))
    places = np.tile(np.arange(SIDE * SIDE), len(sources)), sources.ravel()
    shape = SIDE * SIDE, SIDE * SIDE
    # There is no type of such a call in the stubs.
    matrix: Any = sparse.coo_array((weights.ravel(), places), shape=shape)
    found = matrix.tocsr().astype(np.float32)
    found.eliminate_zeros()
    return found


def neighbours(
    projection: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The four pixels between which each pixel of a mapped image lies, and their weights.

    Args:
        projection: an affine map (8,), as of `projective_map`.

    Returns:
        Indices int32 (4, 784) into the rows of the image one after the other, and weights
        float32 (4, 784), 0 for what lies beyond the image.
    """
    a, b, c, d, e, f, *_ = projection.astype(np.float64)
    ys, xs = np.mgrid[:SIDE, :SIDE].reshape(2, -1)
    from_x, from_y = a * xs + b * ys + c, d * xs + e * ys + f
    left, top = np.floor(from_x).astype(int), np.floor(from_y).astype(int)
    sources, weights = [], []
    for x, y in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        inside = (x >= 0) & (x < SIDE) & (y >= 0) & (y < SIDE)
        weight = (1 - np.abs(from_x - x)) * (1 - np.abs(from_y - y)) * inside
        sources.append(np.where(inside, y * SIDE + x, 0))
        weights.append(weight)
    return np.array(sources, np.int32), np.array(weights, np.float32)
