"""The printed lines of ruled and squared paper, told from the ink that was written over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

FAINTEST, STRONGEST = 0.12, 0.85  # of the strongest ink: what a printed line can be
CROSSES = 0.9  # of the picture's side, that a line runs through without a gap
TILT = 0.012  # of the picture's side, that a line may stray from its row
ABOVE = 1.3  # times as strong as the line beside it: ink written over it
BESIDE = 0.3  # of the picture's side, over which a line is compared with itself

Contrast = npt.NDArray[Any]


def without_lines(contrast: Contrast, peak: float) -> Contrast:
    """Contrast with the paper, without lines that run straight through the picture.

    A line is as strong as its own neighbourhood; where it is much stronger, ink lies over it.

    Args:
        contrast: (h, w), 0 the paper.
        peak: that of the strongest ink.
    """
    across = _lines(contrast, peak)
    along = _lines(contrast.T, peak).T
    return np.where(across | along, 0, contrast)


def _lines(contrast: Contrast, peak: float) -> npt.NDArray[np.bool_]:
    """Where horizontal lines are, and nothing over them."""
    height, width = contrast.shape
    reach = 1 + 2 * max(1, round(TILT * height))
    thick = ndimage.maximum_filter1d(contrast, reach, axis=0)
    length = int(CROSSES * width)
    level = ndimage.grey_opening(thick, (1, length))
    found = (level > FAINTEST * peak) & (level < STRONGEST * peak)
    rows = np.flatnonzero(found.any(axis=1))
    lines = np.zeros(contrast.shape, bool)
    if not len(rows):
        return lines
    window = 1 + 2 * int(BESIDE * width / 2)
    usual = ndimage.median_filter(thick[rows], (1, window), mode="nearest")
    usual = np.minimum(usual, STRONGEST * peak / ABOVE)
    lines[rows] = found[rows] & (contrast[rows] <= ABOVE * usual)
    return lines
