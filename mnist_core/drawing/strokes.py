"""Pen strokes, drawn as ink and brought into MNIST's form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from mnist_core.drawing.form import BOX, SIDE, Ink, Points, normalise
from mnist_core.drawing.specks import without_specks
from mnist_core.errors import InputError

# Widths of the pen in pixels of the 28×28 image. MNIST's own strokes are mostly two
# to three pixels wide; a drawn line is kept within what the network can have seen.
PEN_WIDTH = 2.2
PEN_WIDTH_RANGE = (1.6, 2.4)

POINT_LIMIT = 20_000  # points of a drawing that are drawn; more are thinned


def from_strokes(strokes: Iterable[npt.ArrayLike], width: float | None = None) -> Ink:
    """Bring pen strokes into MNIST's form, without specks.

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
    number = isinstance(width, float | int | np.number)
    if width is not None and not (number and 0 < width < 1e150):
        raise InputError(f"The pen's width must be a positive number, not {str(width)[:40]}.")
    if not paths:
        return np.zeros((SIDE, SIDE), np.float32)
    paths = without_specks(paths)
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
        except (TypeError, ValueError, OverflowError):
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
