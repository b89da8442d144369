"""A number of several digits, segmented by its strokes or, in a picture, by its ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from mnist_core.drawing import Ink, Points

# Strokes of one digit lie above each other: their shadows on the base line overlap by at
# least this share of the shorter shadow. Neighbouring digits may touch, but hardly overlap.
OVERLAP = 0.15
INKED = 0.25  # of a pixel that belongs to a digit
SPECK = 0.03  # of the area of the largest blot: what is smaller is dirt


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
    spans = [(path[:, 0].min() - half, path[:, 0].max() + half) for path in strokes]
    digit = list(range(len(strokes)))  # which digit a stroke belongs to, by its first stroke
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


def segment_ink(ink: Ink) -> list[Ink]:
    """Segment the ink of a picture into digits, from left to right.

    Digits that touch each other are taken for one.

    Args:
        ink: float32 (h, w) in [0, 1].

    Returns:
        Of each digit its own ink, float32 (h, w), zeros elsewhere.
    """
    blots, count = ndimage.label(ink > INKED, np.ones((3, 3)))
    areas = np.bincount(blots.ravel(), minlength=count + 1)[1:]
    kept = [index for index in range(count) if areas[index] >= SPECK * areas.max()]
    found = ndimage.find_objects(blots)
    corners = [
        np.array([[across.start, down.start], [across.stop, down.stop]], float)
        for down, across in (found[index] for index in kept)
    ]
    digits = []
    for group in segment(corners):
        own = np.isin(blots, [kept[index] + 1 for index in group])
        digits.append(np.where(ndimage.binary_dilation(own), ink, np.float32(0)))
    return digits


def box(strokes: Sequence[Points]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of strokes."""
    points = np.concatenate(list(strokes))
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
