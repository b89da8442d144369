"""A number of several digits, segmented by its strokes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mnist_core.drawing import Points

# Strokes of one digit lie above each other: their shadows on the base line overlap by at
# least this share of the shorter shadow. Neighbouring digits may touch, but hardly overlap.
OVERLAP = 0.15


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


def box(strokes: Sequence[Points]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of strokes."""
    points = np.concatenate(list(strokes))
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
