"""Specks: ink much too small to be a part of the digit, and lying far from it.

A stray touch of the pen would otherwise decide how large the digit becomes and where it lies. What
is near stays, be it a speck or the dot of a j: it hardly moves the digit, and a network may know
better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mnist_core.drawing.form import Ink, Points

MOST = 3  # specks that are left out; more are no accident
APART = 0.3  # of the longer side of the rest, between its box and a speck
SMALL_STROKE = 0.12  # of the largest stroke's longer side: a speck's is at most that
SMALL_PART = 0.3  # the same of ink, which is as wide as the brush

Boxes = npt.NDArray[np.float64]  # (n, 4): left, top, right, bottom


def without_specks(paths: Sequence[Points]) -> list[Points]:
    """Strokes without specks.

    Args:
        paths: at least one array (n, 2) of finite x and y, in any unit.
    """
    boxes = np.array([[*path.min(axis=0), *path.max(axis=0)] for path in paths])
    specks = _specks(boxes, SMALL_STROKE)
    return [path for path, speck in zip(paths, specks, strict=True) if not speck]


def without_speck_parts(ink: Ink) -> Ink:
    """Ink without specks.

    Args:
        ink: float32 (h, w) in [0, 1], exactly 0 where there is none.
    """
    labels, count = ndimage.label(ink, np.ones((3, 3)))
    if not count > 1:
        return ink
    boxes = np.array(
        [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels)], np.float64
    )
    specks = np.flatnonzero(_specks(boxes, SMALL_PART))
    if not len(specks):
        return ink
    return np.where(np.isin(labels, specks + 1), np.float32(0), ink)


def _specks(boxes: Boxes, small: float) -> npt.NDArray[np.bool_]:
    """Which of several boxes are specks beside the rest."""
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    specks = sides <= small * sides.max()
    rest = boxes[~specks]
    if not len(rest):
        return np.zeros(len(boxes), bool)
    low, high = rest[:, :2].min(axis=0), rest[:, 2:].max(axis=0)
    gaps = np.maximum(low - boxes[:, 2:], boxes[:, :2] - high).clip(0)
    specks &= np.hypot(gaps[:, 0], gaps[:, 1]) > APART * (high - low).max()
    return specks if specks.sum() <= MOST else np.zeros(len(boxes), bool)
