"""Ink into MNIST's 28×28 form: lines made thinner, scaled to fit a box, centred by mass.

MNIST's digits were not drawn in 28×28 pixels. Each was scaled, keeping its aspect
ratio, so that its ink just fits a 20×20 box, and placed in 28×28 with its centre of
mass at the centre (LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning
applied to document recognition", section III.A). A network trained on such images
reads a drawing well only if the drawing is brought into the same form, and then it
no longer matters where or how large it was drawn.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Ink = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

SIDE = 28  # pixels of MNIST's images
BOX = 20  # pixels that the longer side of the ink fills
# Where the centre of mass goes, in pixels from the corner. MNIST's digits lie between
# 14 and 15, for they were moved by whole pixels: half a pixel beyond the very centre.
CENTRE = 14.5

THICKEST = 4.5  # pixels of the 28×28 image; thicker lines of a picture are made thinner
THINNED_SIDE = 40  # pixels that a digit must have for its lines to be made thinner


def normalise(ink: Ink, fit: bool = True, detail: float = 1.0) -> Ink:
    """Scale ink to MNIST's 20×20 box and centre its mass in 28×28, in one resampling.

    Args:
        ink: float32 (h, w) in [0, 1], exactly 0 where there is none.
        fit: whether to scale the ink to the box; otherwise `detail` says how many
            pixels of `ink` make one of the result.

    Returns:
        float32 (28, 28) in [0, 1].
    """
    columns = np.flatnonzero(ink.any(axis=0))
    rows = np.flatnonzero(ink.any(axis=1))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.float32)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    step = max(bottom - top, right - left) / BOX if fit else detail  # source pixels per pixel
    whole, ink = ink, ink[top:bottom, left:right]
    height, width = ink.shape
    mass = ink.sum(dtype=np.float64)
    x = float(ink.sum(axis=0, dtype=np.float64) @ (np.arange(width) + 0.5) / mass)
    y = float(ink.sum(axis=1, dtype=np.float64) @ (np.arange(height) + 0.5) / mass)
    off_centre = max(abs(x + left - CENTRE), abs(y + top - CENTRE))
    if whole.shape == (SIDE, SIDE) and 0.9 <= step <= 1.1 and off_centre <= 0.6:
        return whole.copy()  # in form already; to move it by half a pixel would only blur it
    # Corner of the result; a very lopsided drawing would lose ink there, so keep it inside.
    frame = SIDE * step
    x0 = float(np.clip(x - CENTRE * step, width - frame, 0))
    y0 = float(np.clip(y - CENTRE * step, height - frame, 0))
    # The resampling reaches one pixel of the result beyond its frame.
    before, reach = int(np.ceil(max(-x0, -y0))), int(np.ceil(step)) + 1
    after = int(np.ceil(max(x0 + frame - width, y0 + frame - height)))
    pad = max(before, after) + reach
    padded = np.zeros((height + 2 * pad, width + 2 * pad), np.float32)
    padded[pad : pad + height, pad : pad + width] = ink
    box = (x0 + pad, y0 + pad, x0 + pad + frame, y0 + pad + frame)
    small = Image.fromarray(padded).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
    return np.clip(np.asarray(small, np.float32), 0, 1)


def thin(ink: Ink) -> Ink:
    """Make the lines of a digit thinner if they are thicker than any pen of MNIST's.

    A small digit drawn with a thick brush would otherwise become a blot. Lines lose the
    same width on both sides (erosion by a distance transform), until they are as thick as
    `THICKEST` allows at the size that the digit will have.

    Args:
        ink: float32 (h, w) in [0, 1]; less than `THINNED_SIDE` pixels are too few to do this.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return ink
    around = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(ink[around].shape)
    if side < THINNED_SIDE:
        return ink
    mask = np.pad(ink[around] >= 0.5, 1)
    if not mask.any():
        return ink
    depth = ndimage.distance_transform_edt(mask)[1:-1, 1:-1]  # to the nearest paper, in pixels
    # Across a line of width w the depth rises to w/2 and falls again: w/4 in the mean.
    width = 4 * float(depth[depth > 0].mean() - 0.5)
    # The digit shrinks with its lines: (width − 2e) / (side − 2e) is to be THICKEST / BOX.
    off = (BOX * width - THICKEST * side) / (2 * (BOX - THICKEST))
    if off < 0.5:
        return ink
    thinner = np.zeros_like(ink)
    thinner[around] = np.clip(depth - min(off, depth.max() - 1), 0, 1)
    return thinner
