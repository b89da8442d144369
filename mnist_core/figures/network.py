"""Networks as pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from mnist_core.figures.style import (
    BLUE,
)
from mnist_core.recipes import LayerRow

LETTERS = 16  # of a name that fits above a layer


def architecture(rows: Sequence[LayerRow]) -> str:
    """A network's layers as an SVG picture, from left to right, in the colour of the text.

    Feature maps are stacked squares as large as the maps, vectors are columns; each layer
    has its name above and the form of what it gives below.
    """
    wide, high, middle = 118, 190, 100
    width = wide * len(rows)
    parts = []
    for index, row in enumerate(rows):
        x = index * wide + wide / 2
        if index:
            left, right = x - wide / 2 - 12, x - wide / 2 + 12
            parts.append(
                f'<path d="M{left} {middle}H{right}m-6 -5l6 5l-6 5" fill="none" '
                'stroke="currentColor" stroke-width="1.5" opacity="0.6"/>'
            )
        parts.extend(_layer_shape(row, x, middle))
        first, second = _in_two_lines(row.name)
        parts.append(_svg_text(x, 18, first, 13, True))
        if second:
            parts.append(_svg_text(x, 34, second, 11))
        parts.append(_svg_text(x, high - 24, "×".join(map(str, row.shape)), 12))
        if row.parameters:
            parts.append(_svg_text(x, high - 8, f"{row.parameters:,} parameters", 11))
    words = "; ".join(f"{row.name}: {'×'.join(map(str, row.shape))}" for row in rows)
    return (
        f'<svg viewBox="0 0 {width} {high}" width="{width}" height="{high}" role="img" '
        f'aria-label="The network: {html.escape(words)}" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="sans-serif" text-anchor="middle">{"".join(parts)}</svg>'
    )


def _in_two_lines(name: str) -> tuple[str, str]:
    """A layer's kind, and what else there is to say of it; a long kind is broken."""
    first, _, second = name.partition(", ")
    if not second and len(first) > LETTERS:
        first, _, second = first.rpartition(" ")
    return first, second


def _layer_shape(row: LayerRow, x: float, middle: float) -> list[str]:
    line = f'fill="{BLUE}" fill-opacity="0.18" stroke="{BLUE}" stroke-width="1.3"'
    if len(row.shape) == 1:
        tall = 22 + 68 * min(1.0, np.log2(row.shape[0]) / 10)
        return [
            f'<rect x="{x - 9}" y="{middle - tall / 2:.1f}" width="18" height="{tall:.1f}" '
            f'rx="4" {line}/>'
        ]
    side = 14 + 1.6 * row.shape[0]
    stacked = 1 if len(row.shape) == 2 or row.shape[2] == 1 else 3
    return [
        f'<rect x="{x - side / 2 + 5 * (k - (stacked - 1) / 2):.1f}" '
        f'y="{middle - side / 2 - 5 * (k - (stacked - 1) / 2):.1f}" width="{side:.1f}" '
        f'height="{side:.1f}" rx="2" {line}/>'
        for k in reversed(range(stacked))
    ]


def _svg_text(x: float, y: float, words: str, size: int, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ' opacity="0.75"'
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="currentColor"{weight}>'
        f"{html.escape(words)}</text>"
    )
