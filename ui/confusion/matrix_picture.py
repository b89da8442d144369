"""A confusion matrix as a PNG file, for a report or a slide: dark letters on white."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_core.figures import Cells
from mnist_core.report import pictures

SIDE, LEFT, TOP = 88, 110, 150  # pixels: of a cell, and before the first


def draw(cells: Cells, title: str) -> bytes:
    """The picture; rows are the true digits, columns what they were read as.

    Args:
        cells: as for a light page.
    """
    columns = 11 if cells.sums else 10
    page = Image.new("RGB", (LEFT + columns * SIDE + 24, TOP + columns * SIDE + 24), "white")
    pen = ImageDraw.Draw(page)
    large, small = ImageFont.load_default(30), ImageFont.load_default(24)

    def write(column: float, row: float, text: object, ink: str = "#000000") -> None:
        spot = LEFT + (column + 0.5) * SIDE, TOP + (row + 0.5) * SIDE
        pen.text(spot, str(text), ink, large, anchor="mm")

    pen.text((24, 20), title, "#000000", large)
    pen.text((LEFT, 64), "Read as", "#000000", small)
    pen.text((12, TOP - 44), "True", "#000000", small)
    for digit in range(10):
        write(digit, -0.8, digit)
        write(-0.8, digit, digit)
        for read in range(10):
            x, y = LEFT + read * SIDE, TOP + digit * SIDE
            fill = cells.colours[digit][read]
            pen.rectangle((x, y, x + SIDE, y + SIDE), fill, "#cccccc")
            write(read, digit, cells.texts[digit][read], cells.inks[digit][read])
        if cells.sums:
            write(10, digit, cells.sums[0][digit], "#555555")
            write(digit, 10, cells.sums[1][digit], "#555555")
    return pictures.png(np.asarray(page))
