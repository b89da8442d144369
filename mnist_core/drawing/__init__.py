"""Strokes or pixels into MNIST's form, and the strokes of a number segmented into digits."""

from mnist_core.drawing.form import (
    CENTRE,
    PEN_WIDTH,
    SIDE,
    Ink,
    Points,
    draw,
    from_image,
    from_strokes,
    ink_of,
    normalise,
    read_image,
    render,
    thin,
)

__all__ = [
    "CENTRE",
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
