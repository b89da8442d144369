"""The confusion matrix, and how two of them differ, as coloured cells.

A page draws them as a table whose cells can be pressed, a file as a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mnist_core import evaluation
from mnist_core.figures.style import BLUE, ORANGE, SKY, VERMILION

MISTAKES, LOGARITHMIC, LINEAR = "mistakes", "logarithmic", "linear"
TOTAL = 10  # the row and the column of sums, after the ten digits


@dataclass(frozen=True)
class Cells:
    """Ten rows of ten cells, row the true digit, column the predicted one."""

    colours: list[list[str | None]]  # as #rrggbb; None leaves a cell empty
    inks: list[list[str]]  # black or white, whichever is easier to read on the colour
    texts: list[list[str]]
    words: list[list[str]]  # what each cell says, and at `TOTAL` each row and each column
    sums: tuple[list[int], list[int]] | None  # of the rows and of the columns


def confusion(
    matrix: npt.NDArray[np.int64],
    scale: str = MISTAKES,
    normalize: int | None = None,
    dark: bool = False,
) -> Cells:
    """A confusion matrix as coloured cells.

    Args:
        matrix: (10, 10) counts, row the true digit, column the predicted one.
        scale: of the colours. `MISTAKES` leaves the diagonal plain, `LOGARITHMIC` and `LINEAR`
            take it in.
        normalize: 1 writes shares of the row, 0 of the column, None the counts.
        dark: whether it lies on a dark page.
    """
    diagonal = np.eye(10, dtype=bool)
    values = matrix.astype(float) if normalize is None else evaluation.normalized(matrix, normalize)
    texts = np.array(
        [
            [("" if not v else f"{v}" if normalize is None else f"{v:.1%}"[:-1]) for v in row]
            for row in (matrix if normalize is None else values)
        ]
    )
    if scale == MISTAKES:
        values = np.sqrt(np.where(diagonal, 0, values))
    elif scale == LOGARITHMIC:
        least = values[values > 0].min(initial=1)
        values = np.where(values > 0, np.log10(np.maximum(values, least) / least) + 0.3, 0)
    values /= max(values.max(), 1e-12)
    if scale == MISTAKES:
        ends = ("#3d2a10", "#ffb84d") if dark else ("#fdecd2", "#b34700")
    else:
        ends = ("#10273d", "#8fd0ff") if dark else ("#dceaf6", "#08457e")
    plain_cell = "#173449" if dark else "#d9ecf8"
    colours = [
        [
            None
            if not matrix[y, x]
            else plain_cell
            if scale == MISTAKES and x == y
            else _between(ends, values[y, x])
            for x in range(10)
        ]
        for y in range(10)
    ]
    words = [
        [f"{true} read as {read}: {matrix[true, read]:,}" for read in range(10)]
        + [f"All {matrix[true].sum():,} of the {true}s"]
        for true in range(10)
    ] + [[f"All {matrix[:, read].sum():,} read as {read}" for read in range(10)]]
    sums = matrix.sum(axis=1).tolist(), matrix.sum(axis=0).tolist()
    return Cells(colours, _inks(colours, dark), texts.tolist(), words, sums)


def confusion_in_words(matrix: npt.NDArray[np.int64]) -> str:
    """What `confusion` shows, for those who cannot see it."""
    right, count = int(matrix.trace()), int(matrix.sum())
    off = matrix * (1 - np.eye(10, dtype=matrix.dtype))
    worst = np.argsort(-off, axis=None, kind="stable")[:3]
    pairs = [f"{i // 10} as {i % 10} ({off.flat[i]} times)" for i in worst if off.flat[i]]
    most = f" Most often mixed up: {', '.join(pairs)}." if pairs else ""
    return (
        f"Confusion matrix of {count:,} digits, rows the true digit, columns what was read: "
        f"{right:,} right, {count - right:,} wrong.{most}"
    )


def confusion_difference(
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    names: tuple[str, str],
    dark: bool = False,
) -> Cells:
    """The first matrix (10, 10) less the second, as coloured cells.

    Blue cells are what the first run does better: more on the diagonal, fewer off it.
    """
    difference = first - second
    better = np.where(np.eye(10, dtype=bool), difference, -difference)
    strength = np.sqrt(np.abs(better) / max(1, np.abs(better).max()))
    middle = "#262a31" if dark else "#f4f5f7"
    good, bad = (SKY, ORANGE) if dark else (BLUE, VERMILION)
    colours = [
        [
            None
            if not difference[y, x]
            else _between((middle, good if better[y, x] > 0 else bad), strength[y, x])
            for x in range(10)
        ]
        for y in range(10)
    ]
    texts = [[f"{v:+d}".replace("-", "−") if v else "" for v in row] for row in difference]
    words = [
        [
            f"{true} read as {read}: {names[0]} {first[true, read]:,}, "
            f"{names[1]} {second[true, read]:,}"
            for read in range(10)
        ]
        + [f"All of the {true}s"]
        for true in range(10)
    ] + [[f"All read as {read}" for read in range(10)]]
    return Cells(colours, _inks(colours, dark), texts, words, None)


def _between(ends: tuple[str, str], share: float) -> str:
    """The colour that is so far from the first to the second."""
    first, second = ([int(end[at : at + 2], 16) for at in (1, 3, 5)] for end in ends)
    mixed = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _readable(colour: str | None, dark: bool) -> str:
    """Black or white, whichever is easier to read on a colour (None: on the page)."""
    if colour is None:
        return "#ffffff" if dark else "#000000"
    red, green, blue = ((int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5))
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "#ffffff"


def _inks(colours: list[list[str | None]], dark: bool) -> list[list[str]]:
    return [[_readable(colour, dark) for colour in row] for row in colours]
