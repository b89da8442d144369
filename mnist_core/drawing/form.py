"""Strokes or pixels into MNIST's 28×28 form.

MNIST's digits were not drawn in 28×28 pixels. Each was scaled, keeping its aspect
ratio, so that its ink just fits a 20×20 box, and placed in 28×28 with its centre of
mass at the centre (LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning
applied to document recognition", section III.A). A network trained on such images
reads a drawing well only if the drawing is brought into the same form, and then it
no longer matters where or how large it was drawn.

Each step is a function: strokes are drawn as ink (`render`), an image is told apart into
ink and paper (`ink_of`), lines too thick for their digit are made thinner (`thin`), and
ink is brought into the form (`normalise`).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from scipy import ndimage

from mnist_core.errors import InputError

Ink = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

SIDE = 28  # pixels of MNIST's images
BOX = 20  # pixels that the longer side of the ink fills
# Where the centre of mass goes, in pixels from the corner. MNIST's digits lie between
# 14 and 15, for they were moved by whole pixels: half a pixel beyond the very centre.
CENTRE = 14.5

# Widths of the pen in pixels of the 28×28 image. MNIST's own strokes are mostly two
# to three pixels wide; a drawn line is kept within what the network can have seen.
PEN_WIDTH = 2.2
PEN_WIDTH_RANGE = (1.6, 2.8)

MAX_PIXELS = 100_000_000  # of an image file, before it is decoded
WORKING_SIDE = 560  # longer side at which an image is analysed
MIN_CONTRAST = 10  # grey levels of 255 below which there is no ink
THICKEST = 4.5  # pixels of the 28×28 image; thicker lines of a picture are made thinner
THINNED_SIDE = 40  # pixels that a digit must have for its lines to be made thinner
POINT_LIMIT = 20_000  # points of a drawing that are drawn; more are thinned


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
    return normalise(thin(ink_of(pixels)))


def from_strokes(strokes: Iterable[npt.ArrayLike], width: float | None = None) -> Ink:
    """Bring pen strokes into MNIST's form.

    Args:
        strokes: arrays of shape (n, 2), the x and y of each point, y downward, in any
            unit. Points that are not finite are left out.
        width: of the pen, in the unit of the strokes; by default that of MNIST's pens.
            It is kept within `PEN_WIDTH_RANGE` at the size of the result, so that a
            small digit drawn with a thick brush does not become a blot.

    Returns:
        float32 (28, 28) in [0, 1], 1 the full ink; all zeros where there is no ink.

    Raises:
        InputError: a stroke that is not of shape (n, 2), or a width that is not a
            positive number.
    """
    paths = clean_strokes(strokes)
    if width is not None and not (np.isfinite(width) and width > 0):
        raise InputError(f"The pen's width must be a positive number, not {width}.")
    if not paths:
        return np.zeros((SIDE, SIDE), np.float32)
    points = np.concatenate(paths)
    extent = float((points.max(axis=0) - points.min(axis=0)).max())
    pen = PEN_WIDTH
    if width is not None:
        pen = float(np.clip(BOX * width / max(extent + width, 1e-300), *PEN_WIDTH_RANGE))
    return draw(paths, pen)


def draw(paths: Sequence[Points], pen: float) -> Ink:
    """Draw strokes straight into MNIST's form.

    Args:
        paths: at least one array (n, 2) of finite x and y, in any unit.
        pen: its width in pixels of the result.

    Returns:
        float32 (28, 28) in [0, 1].
    """
    points = np.concatenate(paths)
    corner = points.min(axis=0)
    extent = float((points.max(axis=0) - corner).max())
    detail = 8  # drawn eight times as large as it will be, so that the edges are smooth
    scale = (BOX - pen) * detail / extent if extent > 0 else 0.0
    margin = detail * pen
    size = int(np.ceil(BOX * detail + 2 * margin))
    canvas = render(
        [(path - corner) * scale + margin for path in paths],
        (size, size),
        pen * detail,
        supersample=1,
    )
    return normalise(canvas.astype(np.float32) / np.float32(255), fit=extent > 0, detail=detail)


def render(
    strokes: Iterable[npt.ArrayLike],
    size: tuple[int, int],
    width: float | Sequence[float],
    supersample: int = 2,
) -> npt.NDArray[np.uint8]:
    """Draw strokes as a canvas does: round caps, round joins, smooth edges.

    Args:
        strokes: arrays of shape (n, 2), x and y in pixels of the result, y downward.
        size: height and width of the result, in pixels.
        width: of the pen in pixels, one for all or one a stroke.
        supersample: how many times larger it is drawn before it is averaged down.

    Returns:
        uint8 of shape `size`, 255 the ink, 0 the ground. What lies outside is cut off.
    """
    paths = [np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes]
    widths = [float(width)] * len(paths) if np.isscalar(width) else list(width)  # type: ignore[arg-type]
    height, breadth = size
    image = Image.new("L", (breadth * supersample, height * supersample))
    draw = ImageDraw.Draw(image)
    for path, pen in zip(paths, widths, strict=True):
        radius = pen * supersample / 2
        # A pixel's centre is half a pixel from its corner.
        dots = [tuple(point) for point in (path * supersample - 0.5).tolist()]
        if len(dots) > 1:
            draw.line(dots, fill=255, width=max(1, round(2 * radius)))
        for x, y in dots:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(supersample) if supersample > 1 else image)


def clean_strokes(strokes: Iterable[npt.ArrayLike]) -> list[Points]:
    """Strokes as float64 (n, 2) arrays without points that are not finite.

    Strokes left empty are dropped, and a drawing of more than `POINT_LIMIT` points is
    thinned evenly.

    Raises:
        InputError: a stroke that is not of shape (n, 2) or does not hold numbers.
    """
    paths = []
    for stroke in strokes:
        try:
            path = np.asarray(stroke, np.float64)
        except (TypeError, ValueError):
            raise InputError("A stroke must hold numbers: an (n, 2) array of x and y.") from None
        if path.size == 0:
            continue
        if path.ndim != 2 or path.shape[1] != 2:
            raise InputError(
                f"A stroke must have the shape (n, 2), the x and y of each point, not {path.shape}."
            )
        # Beyond this, differences of coordinates would overflow.
        path = path[(np.abs(path) < 1e150).all(axis=1)]
        if len(path):
            paths.append(path)
    total = sum(map(len, paths))
    if total > POINT_LIMIT:
        step = -(-total // POINT_LIMIT)
        paths = [np.concatenate([path[:-1:step], path[-1:]]) for path in paths]
        paths = paths[:: -(-len(paths) // POINT_LIMIT)]
    return paths


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
        threshold = max(MIN_CONTRAST, 0.35 * float(contrast.max()))
        full = float(np.percentile(contrast[contrast >= threshold], 95))
        # Keeps the rings that JPEG leaves round a line from counting as ink.
        floor = 0.06 * full
    else:
        contrast, noise = _contrast_on_uneven_paper(grey)
        peak = float(ndimage.uniform_filter(contrast, 3).max()) if _large(grey) else contrast.max()
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


def read_image(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode an image file as it would be seen: turned by its EXIF tag, in 8 bits.

    Args:
        data: the bytes of a PNG, JPEG, WebP or other file that Pillow reads.

    Returns:
        uint8 (h, w), (h, w, 3) or (h, w, 4), for `from_image`.

    Raises:
        InputError: no image, a damaged one, or one of more than `MAX_PIXELS` pixels.
    """
    if not data:
        raise InputError("The file is empty: give a PNG, JPEG or WebP image.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(data))
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise InputError(
                f"The image is too large ({width:,}×{height:,} pixels): "
                f"give one of at most {MAX_PIXELS // 1_000_000} million pixels."
            )
        if isinstance(image, JpegImageFile):  # decoded smaller, not larger than needed
            image.draft("L", (2 * WORKING_SIDE, 2 * WORKING_SIDE))
        image.load()
        image = ImageOps.exif_transpose(image)
        return np.asarray(_in_eight_bits(image))
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError("The image is too large: give a smaller one.") from error
    except Exception as error:  # Pillow's decoders raise almost anything on damaged files
        raise InputError(
            "The file is no image that can be read: give a whole PNG, JPEG or WebP image."
        ) from error


def _in_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):  # 16 bits and more: spread what is there over 8
        levels = np.asarray(image, np.float64)
        levels = np.nan_to_num(levels, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(levels.min()), float(levels.max())
        top = 65535.0 if low >= 0 and 255 < high <= 65535 else max(high, low + 1)
        return Image.fromarray(np.round((levels - min(low, 0)) / top * 255).astype(np.uint8))
    transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    if transparent:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")
