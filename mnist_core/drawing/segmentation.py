"""A number of several digits, segmented by its strokes or by its ink in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mnist_core.drawing import Ink, Points, ink_of, normalise, thin

# Strokes of one digit lie above each other: their shadows on the base line overlap by at
# least this share of the shorter shadow. Neighbouring digits may touch, but hardly overlap.
OVERLAP = 0.15
LEAST_INK = 0.04  # of the largest part of a picture's ink; less is a speck


def segment(strokes: Sequence[Points]) -> list[list[int]]:
    """Segment strokes into digits, from left to right.

    A bar that is drawn apart, as in many a 4, 5 or 7, stays with the digit that it lies over.

    Args:
        strokes: arrays (n, 2) of x and y, y downward, none of them empty.

    Returns:
        Of each digit the indices of its strokes, in the order in which they were drawn.
    """
    if not strokes:
        return []
    height = max(float(np.ptp(np.concatenate(list(strokes))[:, 1])), 1e-9)
    # An upright line has hardly a shadow: widen it a little, for a pen has a width.
    half = 0.03 * height
    return _grouped([(path[:, 0].min() - half, path[:, 0].max() + half) for path in strokes])


def _grouped(spans: Sequence[tuple[float, float]]) -> list[list[int]]:
    """Indices of shadows that belong to one digit, the digits from left to right."""
    digit = list(range(len(spans)))  # which digit a stroke belongs to, by its first stroke
    for i, (low, high) in enumerate(spans):
        for j, (other_low, other_high) in enumerate(spans[:i]):
            shared = min(high, other_high) - max(low, other_low)
            if shared >= OVERLAP * min(high - low, other_high - other_low):
                first, second = sorted((digit[i], digit[j]))
                digit = [first if d == second else d for d in digit]
    groups: dict[int, list[int]] = {}
    for index, first in enumerate(digit):
        groups.setdefault(first, []).append(index)

    def middle(indices: list[int]) -> float:
        return float(np.mean([sum(spans[index]) / 2 for index in indices]))

    return sorted(groups.values(), key=middle)


@dataclass(frozen=True)
class PictureDigit:
    """One digit of a number in a picture."""

    box: tuple[float, float, float, float]  # left, top, right, bottom, as shares of the picture
    form: Ink  # float32 (28, 28) in [0, 1]


def segment_picture(pixels: npt.ArrayLike) -> list[PictureDigit]:
    """Segment the ink in a picture into digits, from left to right.

    Digits that touch are taken for one.

    Args:
        pixels: uint8, shape (h, w), (h, w, 3) or (h, w, 4), as for `from_image`.

    Raises:
        InputError: another shape or type of array.
    """
    ink = ink_of(pixels)
    labels, count = ndimage.label(ink, np.ones((3, 3)))
    if not count:
        return []
    mass = ndimage.sum_labels(ink, labels, np.arange(1, count + 1))
    kept = np.flatnonzero(mass >= LEAST_INK * mass.max())  # what is less is no part of a digit
    places = ndimage.find_objects(labels)
    height, width = ink.shape
    digits = []
    for group in _grouped([(places[part][1].start, places[part][1].stop) for part in kept]):
        parts = kept[group]
        alone = np.where(np.isin(labels, parts + 1), ink, np.float32(0))
        rows, columns = np.flatnonzero(alone.any(axis=1)), np.flatnonzero(alone.any(axis=0))
        box = (
            columns[0] / width,
            rows[0] / height,
            (columns[-1] + 1) / width,
            (rows[-1] + 1) / height,
        )
        digits.append(PictureDigit(tuple(map(float, box)), normalise(thin(alone))))
    return digits


def box(strokes: Sequence[Points]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of strokes."""
    points = np.concatenate(list(strokes))
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
