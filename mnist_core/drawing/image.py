"""An image of a digit, separated into ink and paper and brought into MNIST's form."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from mnist_core.drawing.form import Ink, normalise, thin
from mnist_core.drawing.lines import without_lines
from mnist_core.drawing.specks import without_speck_parts
from mnist_core.errors import InputError

WORKING_SIDE = 560  # longer side at which an image is analysed
MIN_CONTRAST = 10  # grey levels of 255 below which there is no ink


def from_image(pixels: npt.ArrayLike) -> Ink:
    """Bring a picture of a digit into MNIST's form.

    Args:
        pixels: uint8, shape (h, w), (h, w, 3) RGB or (h, w, 4) RGBA; light ink on
            dark or dark ink on light, paper plain or unevenly lit.

    Returns:
        float32 (28, 28) in [0, 1], 1 the full ink; all zeros where there is no ink.

    Raises:
        InputError: another shape or type of array.
    """
    return normalise(thin(without_speck_parts(ink_of(pixels))))


def ink_of(pixels: npt.ArrayLike) -> Ink:
    """Tell ink from paper.

    Args:
        pixels: uint8, shape (h, w), (h, w, 3) or (h, w, 4), as for `from_image`.

    Returns:
        float32 (h, w) in [0, 1], 1 the full ink, exactly 0 where there is none; an
        image longer than `WORKING_SIDE` pixels comes back reduced.

    Raises:
        InputError: another shape or type of array.
    """
    grey = _grey(pixels)
    contrast: npt.NDArray[Any]
    if grey.max() - grey.min() < MIN_CONTRAST:
        return np.zeros_like(grey)
    plain = _plain_paper(grey)
    if plain is not None:
        contrast = np.abs(grey - plain)
        if contrast.max() < MIN_CONTRAST:  # the paper lies between the lightest and the darkest
            return np.zeros_like(grey)
        threshold = max(MIN_CONTRAST, 0.35 * float(contrast.max()))
        full = float(np.percentile(contrast[contrast >= threshold], 95))
        # Keeps the rings that JPEG leaves round a line from counting as ink.
        floor = 0.06 * full
    else:
        contrast, noise = _contrast_on_uneven_paper(grey)
        peak = float(ndimage.uniform_filter(contrast, 3).max()) if _large(grey) else contrast.max()
        if _large(grey):
            contrast = without_lines(contrast, peak)
        if peak < max(MIN_CONTRAST, 6 * noise):
            return np.zeros_like(grey)
        threshold = max(MIN_CONTRAST, 4 * noise, 0.4 * peak)
        full = float(np.median(contrast[contrast >= threshold]))
        floor = max(0.3 * full if _large(grey) else 0.06 * full, 3 * noise)
        if _large(grey):
            contrast *= _belongs_to_digit(contrast >= threshold)
    ink = np.clip((contrast - floor) / max(full - floor, 1e-6), 0, 1)
    return ink.astype(np.float32)


def _large(grey: npt.NDArray[Any]) -> bool:
    """Whether an image has enough pixels to be a photograph rather than a scanned digit."""
    return min(grey.shape) >= 64


def _grey(pixels: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Grey levels, 0 to 255, of an image of any of the accepted kinds."""
    array = np.asarray(pixels)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    if array.dtype != np.uint8:
        raise InputError(
            f"An image must hold 8-bit grey levels or colours (uint8), not {array.dtype}."
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InputError(
            f"An image must have the shape (h, w), (h, w, 3) or (h, w, 4), not {array.shape}."
        )
    if array.size == 0:
        raise InputError("The image has no pixels.")
    factor = -(-max(array.shape[:2]) // WORKING_SIDE)
    if factor > 1:
        array = np.asarray(Image.fromarray(array).reduce(factor))
    if array.ndim == 2:
        return array.astype(np.float32)
    colour = array[..., :3].astype(np.float32)
    grey = colour @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601 luma
    if array.shape[2] == 4:
        alpha = array[..., 3].astype(np.float32) / np.float32(255)
        if alpha.min() < 1:
            # Ink on a transparent ground: put it on the paper that it contrasts with.
            ink = float((grey * alpha).sum() / max(alpha.sum(), 1e-6))
            ground = np.float32(0 if ink > 127 else 255)
            grey = grey * alpha + ground * (1 - alpha)
    return grey


def _plain_paper(grey: npt.NDArray[np.float32]) -> float | None:
    """The grey level of the paper if most of the border has exactly one level."""
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    levels, counts = np.unique(np.round(border), return_counts=True)
    level = float(levels[counts.argmax()])
    on_border = counts.max() / len(border)
    on_image = float((np.abs(grey - level) < 1).mean())
    return level if on_border >= 0.5 and on_image >= 0.2 else None


def _contrast_on_uneven_paper(
    grey: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[Any], float]:
    """How far each pixel is from the paper towards the ink, and the paper's noise."""
    coarse = _coarse(grey)
    trend = _quadratic(coarse) if _large(grey) else np.full_like(coarse, coarse.mean())
    sign = _ink_sign(coarse - trend)
    if not _large(grey):
        # Too few pixels for a surface: the paper is the level that half of it exceeds.
        towards = grey * sign
        paper = towards[towards < towards.mean()]
        return np.clip(towards - np.median(paper), 0, None).astype(np.float32), 0.0
    # Dark ink (sign -1) is closed over with the lighter paper round it, and the reverse.
    residual = ndimage.median_filter((coarse - trend) * sign, 3)
    window = max(3, int(0.4 * min(coarse.shape)))
    paper = ndimage.grey_opening(residual, (window, window))
    paper = ndimage.gaussian_filter(paper, 2) * sign + trend
    surface = np.asarray(
        Image.fromarray(paper.astype(np.float32)).resize(grey.shape[::-1], Image.Resampling.BICUBIC)
    )
    difference = (grey - surface) * np.float32(sign)
    level = float(np.median(difference))
    below = difference[difference <= level] - level
    noise = 1.4826 * float(np.median(np.abs(below)))
    return np.clip(difference - level, 0, None).astype(np.float32), noise


def _coarse(grey: npt.NDArray[np.float32], side: int = 64) -> npt.NDArray[np.float32]:
    factor = max(grey.shape) // side
    return np.asarray(Image.fromarray(grey).reduce(factor)) if factor > 1 else grey


def _quadratic(surface: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The quadratic surface that fits best, with what lies far from it left out."""
    y, x = np.mgrid[-1 : 1 : surface.shape[0] * 1j, -1 : 1 : surface.shape[1] * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], -1).reshape(-1, 6)
    values = surface.reshape(-1).astype(np.float64)
    keep = np.ones(len(values), bool)
    for _ in range(5):
        fit = terms @ np.linalg.lstsq(terms[keep], values[keep], rcond=None)[0]
        off = np.abs(values - fit)
        keep = off <= np.percentile(off, 75)
    return fit.reshape(surface.shape).astype(np.float32)


def _ink_sign(residual: npt.NDArray[np.float32]) -> int:
    """+1 if the ink is lighter than the paper, -1 if it is darker.

    Ink covers less than paper, above all at the border, so that the skewness of the grey
    levels, with the border counted as much as the inside, has the ink's sign.
    """
    weight = np.ones_like(residual)
    inner = weight[1:-1, 1:-1]
    if inner.size:
        weight[1:-1, 1:-1] *= (weight.size - inner.size) / inner.size
    weight /= weight.sum()
    centred = residual - (weight * residual).sum()
    return 1 if (weight * centred**3).sum() >= 0 else -1


def _belongs_to_digit(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Leave out specks, and what comes in from the border when there is ink inside."""
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    if not count:
        return mask
    area = np.bincount(labels.ravel())
    area[0] = 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    inside = np.ones(count + 1, bool)
    inside[edge] = False
    keep = area >= 0.03 * area[inside].max(initial=0)
    if area[inside].max(initial=0) >= 0.1 * area.max():
        keep &= inside
    else:
        keep = area >= 0.03 * area.max()
    keep[0] = False
    return ndimage.binary_dilation(keep[labels], iterations=2)
