"""Several datasets trained on together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mnist_core.datasets.dataset import Dataset, Strokes
from mnist_core.datasets.source import About, Source
from mnist_core.files import Progress


def combined(text: str, *parts: Source) -> Source:
    """The training digits of all parts; the test digits are those of the first.

    Args:
        text: what it is, in a sentence or two.
        parts: datasets; the size of the whole is known if theirs are.
    """
    name = "+".join(part.name for part in parts)

    def load(progress: Progress | None, fetch: bool) -> Dataset:
        return together(name, [part.load(progress, fetch) for part in parts])

    sizes = [part.size for part in parts if part.size is not None]
    whole = len(sizes) == len(parts)
    return Source(
        name,
        About(text, sum(part.about.megabytes for part in parts)),
        load,
        size=(sum(n for n, _ in sizes), sum(pens for _, pens in sizes)) if whole else None,
        parts=parts,
    )


def together(name: str, datasets: Sequence[Dataset]) -> Dataset:
    """One dataset of several, with a number of its own for each writer."""
    strokes: list[Strokes] = []
    writers = []
    known = 0  # writers so far
    for dataset in datasets:
        count = len(dataset.x_train)
        strokes += dataset.strokes_train or [()] * count
        numbers = dataset.writers_train
        if numbers is None:
            numbers = np.zeros(count, np.int16)
        numbers = np.where(numbers > 0, numbers + known, 0).astype(np.int16)
        known = max(known, int(numbers.max(initial=0)))
        writers.append(numbers)
    first = datasets[0]
    return Dataset(
        name,
        np.concatenate([dataset.x_train for dataset in datasets]),
        np.concatenate([dataset.y_train for dataset in datasets]),
        first.x_test,
        first.y_test,
        ", ".join(dataset.source for dataset in datasets),
        strokes_train=strokes,
        writers_train=np.concatenate(writers),
    )
