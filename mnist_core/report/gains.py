"""What a training has changed, as pictures: matrices subtracted, digits saved and lost."""

from __future__ import annotations

from mnist_core import figures
from mnist_core.evaluation.gain import Gain
from mnist_core.report import svg
from mnist_core.report.pictures import Picture

MOST = 40  # digits of a kind


def difference(found: Gain, dark: bool = False) -> str:
    """The confusion matrix after less that before, as SVG.

    Args:
        dark: whether it lies on a dark page.
    """
    before, after = found.matrices
    cells = figures.confusion_difference(after, before, ("after", "before"), dark)
    return svg.cells(cells.colours, cells.inks, cells.texts, in_words(found))


def in_words(found: Gain) -> str:
    """What `difference` shows, for those who cannot see it."""
    before, after = found.matrices
    words = "; ".join(
        f"{row} read as {column}: {before[row, column]} before, {after[row, column]} after"
        for row in range(10)
        for column in range(10)
        if before[row, column] != after[row, column]
    )
    return f"Confusion matrix after minus that before. {words or 'They are the same'}."


def changed(found: Gain, saved: bool) -> list[Picture]:
    """The digits that only one of the networks reads, each with what both said.

    Args:
        saved: those that only the later network reads; else those that only the earlier does.
    """
    shown = []
    for index in (found.saved if saved else found.lost)[:MOST]:
        first, second = (int(given[index].argmax()) for given in (found.before, found.after))
        label = int(found.labels[index])
        alt = f"A {label}, read as {first} before and as {second} after"
        shown.append(Picture(found.images[index], f"{first} → {second}", alt, saved))
    return shown
