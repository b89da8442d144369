"""Strokes or pixels into MNIST's form, and the strokes of a number segmented into digits.

Strokes are drawn as ink (`render`), an image is separated into ink and paper with its printed
lines (`ink_of`), specks are left out (`specks`), lines too thick for their digit are made thinner
(`thin`), and ink is brought into the form (`normalise`). `from_strokes` and `from_image` do all
of it. What reads a number of several digits is in `drawing.segmentation`.
"""

from mnist_core.drawing.form import CENTRE, SIDE, Ink, Points, normalise, thin
from mnist_core.drawing.image import from_image, ink_of
from mnist_core.drawing.image_file import FORMATS, read_image
from mnist_core.drawing.strokes import PEN_WIDTH, draw, from_strokes, render

__all__ = [
    "CENTRE",
    "FORMATS",
    "PEN_WIDTH",
    "SIDE",
    "Ink",
    "Points",
    "draw",
    "from_image",
    "from_strokes",
    "ink_of",
    "normalise",
    "read_image",
    "render",
    "thin",
]
