"""What lies on the drawing canvas, as data.

The canvas component keeps a drawing as a list of Fabric.js objects: a path for each
stroke, and an image for a picture that was put on it. This module makes such lists and
reads them back.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mnist_core import drawing
from mnist_core.drawing import segmentation
from mnist_core.errors import InputError
from ui import eraser

SIDE = 340  # pixels, as wide as a phone's screen allows
NUMBER_SIZE = (704, 240)  # width and height of the canvas for numbers
NUMBER_SIZE_ON_PHONE = (SIDE, 200)
GROUND = "#101010"
INK = "#ffffff"
FAR = 1e5  # pixels from the canvas beyond which nothing is looked for
MOST_OBJECTS, MOST_POINTS = 1000, 30_000  # of a drawing; a pen makes 60 points a second
MOST_PIXELS = 1_000_000  # of the one picture on it, which the page makes smaller than the canvas
NO_DRAWING = "What the canvas sent is no drawing: reload the page."
# What stands beside a path or a picture and says where and how large it is; Fabric's names.
PLACED_BY = ("left", "top", "width", "height", "scaleX", "scaleY", "angle", "strokeWidth")
LONGEST_COMMAND = 6  # numbers, of a cubic curve
CURVE_POINTS = 4  # points in which a curve between two points of the mouse is drawn

Objects = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Stroke:
    points: npt.NDArray[np.float64]  # (n, 2), x and y in pixels of the canvas
    width: float  # of the brush, in pixels of the canvas


@dataclass(frozen=True)
class Picture:
    pixels: npt.NDArray[np.uint8]
    box: tuple[float, float, float, float]  # left, top, right, bottom on the canvas


Marks = tuple[list[Stroke], list[Picture]]


def marks(objects: Objects) -> Marks:
    """The strokes and the pictures among a canvas' objects; whatever else is left out.

    An eraser takes away what it passes over of all that was there before.
    """
    strokes: list[Stroke] = []
    pictures: list[Picture] = []
    for item in objects:
        try:
            kind = str(item.get("type", "")).lower()
            if kind == "image":
                pictures.append(_picture(item))
            elif kind == "path":
                stroke = _stroke(item)
                if not len(stroke.points):
                    continue
                if str(item.get("stroke", INK)).lower() == GROUND:
                    strokes, pictures = _erased(strokes, pictures, stroke)
                else:
                    strokes.append(stroke)
        except (InputError, KeyError, TypeError, ValueError, IndexError, OverflowError):
            continue
    return strokes, pictures


def _erased(strokes: list[Stroke], pictures: list[Picture], by: Stroke) -> Marks:
    reach = by.width / 2
    left = [
        Stroke(piece, stroke.width)
        for stroke in strokes
        for piece in eraser.cut(stroke.points, by.points, reach)
    ]
    wiped = [
        Picture(eraser.wipe(picture.pixels, picture.box, by.points, reach), picture.box)
        for picture in pictures
    ]
    return left, wiped


def checked(reported: Any) -> list[dict[str, Any]]:
    """A canvas' objects as the browser reports them, if they are what a canvas can hold.

    Raises:
        InputError: something else than a list of objects, numbers that are none, or so much of
            anything that it is nobody's drawing.
    """
    if not isinstance(reported, list) or not all(isinstance(item, dict) for item in reported):
        raise InputError(NO_DRAWING)
    if len(reported) > MOST_OBJECTS:
        raise InputError(f"More than {MOST_OBJECTS:,} strokes are too many: clear the canvas.")
    paths = [item["path"] for item in reported if "path" in item]
    if not all(isinstance(path, list) for path in paths):
        raise InputError(NO_DRAWING)
    if sum(map(len, paths)) > MOST_POINTS:
        raise InputError("There is more ink than can be read: clear the canvas.")
    if sum("src" in item for item in reported) > 1:
        raise InputError("Only one picture can be on the canvas: clear it.")
    numbers = [item[name] for item in reported for name in PLACED_BY if name in item]
    try:
        for path in paths:
            for command, *values in path:
                if len(values) > LONGEST_COMMAND or not isinstance(command, str):
                    raise InputError(NO_DRAWING)
                numbers += values
        within = bool((np.abs(np.array(numbers, np.float64)) < FAR).all())
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(NO_DRAWING) from error
    if not within:
        raise InputError("The drawing lies far outside the canvas: clear it.")
    return reported


def read(objects: Objects, found: Marks | None = None) -> drawing.Ink:
    """A drawing in MNIST's form, float32 (28, 28); all zeros if nothing is drawn.

    Strokes are read as strokes, so that the thickness of the brush does not blot out a
    small digit. A picture alone is read as it is; with strokes over it, as what is seen.

    Args:
        found: the marks among the objects, where they are known already.
    """
    strokes, pictures = found or marks(objects)
    if not pictures:
        if not strokes:
            return np.zeros((drawing.SIDE, drawing.SIDE), np.float32)
        width = float(np.median([stroke.width for stroke in strokes]))
        return drawing.from_strokes([stroke.points for stroke in strokes], width)
    if not strokes and len(pictures) == 1:
        return drawing.from_image(pictures[0].pixels)
    return drawing.from_image(image(objects))


def image(objects: Objects, size: tuple[int, int] = (SIDE, SIDE)) -> npt.NDArray[np.uint8]:
    """The drawing as it is seen on a canvas of that width and height: uint8, 255 the ink."""
    width, height = size
    strokes, pictures = marks(objects)
    seen = drawing.render([s.points for s in strokes], (height, width), [s.width for s in strokes])
    for picture in pictures:
        left, top, right, bottom = (round(edge) for edge in picture.box)
        shown = max(1, min(right - left, 4 * SIDE)), max(1, min(bottom - top, 4 * SIDE))
        layer = Image.new("L", size)
        grey = Image.fromarray(picture.pixels).convert("L")
        layer.paste(grey.resize(shown, Image.Resampling.BILINEAR), (left, top))
        seen = np.maximum(seen, np.asarray(layer))
    return seen


def png(objects: Objects, size: tuple[int, int] = (SIDE, SIDE)) -> bytes:
    """The drawing as a PNG file."""
    return encode(image(objects, size))


@dataclass(frozen=True)
class NumberDigit:
    """One digit of a number: where it is on the canvas, and its 28×28 form."""

    box: tuple[float, float, float, float]  # left, top, right, bottom
    form: drawing.Ink


def read_number(
    objects: Objects, size: tuple[int, int] = NUMBER_SIZE, found: Marks | None = None
) -> list[NumberDigit]:
    """The digits of a number from left to right.

    Args:
        size: width and height of the canvas, in pixels.
        found: the marks among the objects, where they are known already.
    """
    strokes, pictures = found or marks(objects)
    if pictures:
        return _read_ink(image(objects, size))
    digits = []
    for group in segmentation.segment([stroke.points for stroke in strokes]):
        paths = [strokes[index].points for index in group]
        width = float(np.median([strokes[index].width for index in group]))
        left, top, right, bottom = segmentation.box(paths)
        around = (left - width / 2, top - width / 2, right + width / 2, bottom + width / 2)
        digits.append(NumberDigit(around, drawing.from_strokes(paths, width)))
    return digits


def _read_ink(seen: npt.NDArray[np.uint8]) -> list[NumberDigit]:
    """The digits of a picture of a number: uint8 (h, w), 255 the ink."""
    digits = []
    for ink in segmentation.segment_ink((seen / 255).astype(np.float32)):
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        form = drawing.normalise(drawing.thin(ink[top:bottom, left:right]))
        digits.append(NumberDigit((float(left), float(top), float(right), float(bottom)), form))
    return digits


def fitted(
    objects: Objects, size: tuple[int, int], wanted: tuple[int, int]
) -> list[dict[str, Any]]:
    """Objects of a canvas of one width and height, as large as fits in the middle of another."""
    scale = min(new / old for new, old in zip(wanted, size, strict=True))
    shift = [(new - old * scale) / 2 for new, old in zip(wanted, size, strict=True)]
    return [
        {
            **item,
            **{
                edge: float(item.get(edge, 0)) * scale + offset
                for edge, offset in zip(("left", "top"), shift, strict=True)
            },
            **{side: float(item.get(side, 1)) * scale for side in ("scaleX", "scaleY")},
        }
        for item in objects
    ]


def picture_object(
    pixels: npt.NDArray[np.uint8], size: tuple[int, int] = (SIDE, SIDE)
) -> dict[str, Any]:
    """An object that shows a grey image (h, w), as large as fits in the middle of a canvas."""
    height, width = pixels.shape
    scale = min(size[0] / width, size[1] / height)
    return {
        "type": "Image",
        "version": "6",
        "originX": "left",
        "originY": "top",
        "left": (size[0] - width * scale) / 2,
        "top": (size[1] - height * scale) / 2,
        "width": width,
        "height": height,
        "scaleX": scale,
        "scaleY": scale,
        "src": "data:image/png;base64," + base64.b64encode(encode(pixels)).decode("ascii"),
    }


def stroke_object(points: Sequence[tuple[float, float]], width: float) -> dict[str, Any]:
    """A stroke as an object of the canvas, as if it had been drawn there.

    Args:
        points: at least one; x and y in pixels of the canvas.
        width: of the brush, in the same.
    """
    (x, y), *rest = points
    path: list[list[Any]] = [["M", x, y], *(["L", *point] for point in rest or [(x, y)])]
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    return {
        "type": "path",
        "originX": "left",
        "originY": "top",
        "left": float(low[0]) - width / 2,
        "top": float(low[1]) - width / 2,
        "width": float(high[0] - low[0]),
        "height": float(high[1] - low[1]),
        "fill": None,
        "stroke": INK,
        "strokeWidth": width,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
        "path": path,
    }


def encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    """An image as the bytes of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _picture(item: Mapping[str, Any]) -> Picture:
    head, _, data = str(item["src"]).partition(";base64,")
    if head != "data:image/png":
        raise InputError("Only pictures that the page itself put on the canvas are read.")
    pixels = drawing.read_image(base64.b64decode(data), ("PNG",), MOST_PIXELS)
    width = float(item["width"]) * float(item.get("scaleX", 1))
    height = float(item["height"]) * float(item.get("scaleY", 1))
    x, y = _centre(item, width, height)
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if not all(abs(edge) < FAR for edge in box):
        raise InputError("The picture lies outside the canvas.")
    return Picture(pixels, box)


def _stroke(item: Mapping[str, Any]) -> Stroke:
    points = _flatten(item["path"])
    points = points[(np.abs(points) < FAR).all(axis=1)]
    width, scale_x, scale_y, angle = (
        float(item.get(name, usual))
        for name, usual in (("strokeWidth", 1), ("scaleX", 1), ("scaleY", 1), ("angle", 0))
    )
    brush = width * math.sqrt(abs(scale_x * scale_y))
    if not 0 < brush < FAR:
        raise InputError("A brush must have a width.")
    if len(points) and "left" in item:
        # A stroke that was moved, scaled or turned keeps its path; what was done to it
        # stands beside it, relative to the middle of the path.
        low, high = points.min(axis=0), points.max(axis=0)
        centre = _centre(
            item,
            (high[0] - low[0] + width) * abs(scale_x),
            (high[1] - low[1] + width) * abs(scale_y),
        )
        flip = np.array([-1 if item.get("flipX") else 1, -1 if item.get("flipY") else 1])
        local = (points - (low + high) / 2) * (scale_x, scale_y) * flip
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        points = local @ np.array([[cos, sin], [-sin, cos]]) + centre
        points = points[(np.abs(points) < FAR).all(axis=1)]
    return Stroke(points, brush)


def _centre(item: Mapping[str, Any], width: float, height: float) -> tuple[float, float]:
    """Where an object's middle is, from the point that it is placed by."""
    share = {"left": 0.5, "top": 0.5, "center": 0.0, "right": -0.5, "bottom": -0.5}
    angle = math.radians(float(item.get("angle", 0)))
    x = share[str(item.get("originX", "left"))] * width
    y = share[str(item.get("originY", "top"))] * height
    cos, sin = math.cos(angle), math.sin(angle)
    return float(item["left"]) + x * cos - y * sin, float(item["top"]) + x * sin + y * cos


def _flatten(path: Sequence[Sequence[Any]]) -> npt.NDArray[np.float64]:
    """The points of an SVG path of moves, lines and quadratic curves."""
    points: list[tuple[float, float]] = []
    for command, *rest in path:
        values = [float(number) for number in rest]
        if command in ("M", "L"):
            points.append((values[0], values[1]))
        elif command == "Q":
            x0, y0 = points[-1] if points else (values[0], values[1])
            cx, cy, x1, y1 = values
            for step in range(1, CURVE_POINTS + 1):
                t = step / CURVE_POINTS
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
                points.append((a * x0 + b * cx + c * x1, a * y0 + b * cy + c * y1))
    return np.array(points, np.float64).reshape(-1, 2)
