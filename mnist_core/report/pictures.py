"""Digits as pictures in a web page: PNG data, and grids of them as HTML.

A picture always comes with words for those who cannot see it, and right and wrong are told
by a sign besides their colour.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from mnist_core.report.rendering import environment

STYLE = f"<style>\n{environment().get_template('digits.css').render()}\n</style>"


@dataclass(frozen=True)
class Picture:
    """A digit with what stands below it and what is said of it."""

    image: npt.NDArray  # uint8 (h, w), or float in [0, 1]
    caption: str
    alt: str
    right: bool | None = None  # whether it was read right; None where nothing was read

    @property
    def uri(self) -> str:
        return data_uri(self.image)


def png(image: npt.NDArray) -> bytes:
    """An image, uint8 (h, w) or float in [0, 1], as the bytes of a PNG file."""
    if image.dtype != np.uint8:
        image = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    return file.getvalue()


def data_uri(image: npt.NDArray) -> str:
    """An image as an address that holds the image itself."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode("ascii")


def grid(pictures: Sequence[Picture], cell: int = 72, columns: int | None = None) -> str:
    """Pictures in rows that fit the page, or in so many columns, as HTML; needs `STYLE`.

    Args:
        cell: the width of a picture in pixels, at least.
    """
    macros = environment().get_template("macros.html").module
    return str(macros.digits(pictures, cell, columns))  # type: ignore[attr-defined]


def atlas(images: npt.NDArray[np.uint8], columns: int = 64) -> npt.NDArray[np.uint8]:
    """Images (n, 28, 28) side by side in one, row by row, so many to a row."""
    side = images.shape[1]
    rows = -(-len(images) // columns)
    sheet = np.zeros((rows * columns, side, side), np.uint8)
    sheet[: len(images)] = images
    return (
        sheet.reshape(rows, columns, side, side)
        .transpose(0, 2, 1, 3)
        .reshape(rows * side, columns * side)
    )
