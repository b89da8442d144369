"""What an eraser leaves of strokes and pictures.

The canvas knows no eraser: it is a stroke in the colour of the ground. What it passes over is taken
away here, so that what remains is still strokes, read as they would be without the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

STEP = 2.0  # pixels between two points that are looked at,
MOST_STEPS = 200  # and how many of them at most between two points of a pen


def cut(stroke: Points, eraser: Points, reach: float) -> list[Points]:
    """The pieces of a stroke that an eraser leaves.

    Args:
        stroke, eraser: (n, 2) and (m, 2), x and y in pixels, neither of them empty.
        reach: pixels from the eraser's path within which the middle of a stroke is erased.

    Returns:
        The stroke as it was if the eraser does not reach it; nothing if it reaches all of it.
    """
    low, high = eraser.min(axis=0) - reach, eraser.max(axis=0) + reach
    if (stroke.max(axis=0) < low).any() or (stroke.min(axis=0) > high).any():
        return [stroke]
    dense = _dense(stroke)
    kept = ~_reached(dense, eraser, reach)
    if kept.all():
        return [stroke]
    ends = np.flatnonzero(np.diff(kept, prepend=False, append=False))
    return [dense[a:b] for a, b in zip(ends[::2], ends[1::2], strict=True)]


def wipe(
    pixels: npt.NDArray[np.uint8],
    box: tuple[float, float, float, float],
    eraser: Points,
    reach: float,
) -> npt.NDArray[np.uint8]:
    """A picture without the ink that an eraser passes over.

    Args:
        pixels: uint8 (h, w) or (h, w, channels), light ink on black.
        box: left, top, right and bottom of the picture, in pixels of the canvas.
        eraser: (m, 2), x and y in pixels of the canvas.
        reach: as in `cut`.

    Returns:
        Pixels of the same shape.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    x = left + (np.arange(width) + 0.5) * (right - left) / width
    y = top + (np.arange(height) + 0.5) * (bottom - top) / height
    middles = np.stack(np.meshgrid(x, y), axis=-1)
    wiped = pixels.copy()
    wiped[_reached(middles, eraser, reach)] = 0
    return wiped


def _reached(points: Points, eraser: Points, reach: float) -> npt.NDArray[Any]:
    """Which points (..., 2) lie within reach of the eraser's path: bool (...)."""
    from scipy.spatial import cKDTree  # only who erases waits for it

    distances, _ = cKDTree(_dense(eraser)).query(points, distance_upper_bound=reach)
    return np.isfinite(distances)


def _dense(path: Points) -> Points:
    """The path with points no further apart than `STEP`, but for very long lines."""
    gaps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    steps = np.clip(np.ceil(gaps / STEP), 1, MOST_STEPS).astype(int)
    starts = np.repeat(np.arange(len(gaps)), steps)
    shares = (np.arange(len(starts)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[starts]
    between = path[starts] + shares[:, None] * (path[starts + 1] - path[starts])
    return np.concatenate([between, path[-1:]])
