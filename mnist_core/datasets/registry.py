"""The datasets by name.

A further dataset is a file with a `Source`, or with a `Family` of them, and its line here.
"""

from __future__ import annotations

from pathlib import Path

from mnist_core.datasets import (
    classes,
    hands,
    mnist,
    optical_digits,
    pen_strokes,
    swiss_digits,
    uji_pen,
)
from mnist_core.datasets.combination import combined
from mnist_core.datasets.dataset import Dataset
from mnist_core.datasets.source import Family, Source
from mnist_core.errors import InputError
from mnist_core.files import Progress

_SOURCES = (
    mnist.SOURCE,
    pen_strokes.SOURCE,
    uji_pen.SOURCE,
    swiss_digits.SOURCE,
    combined(
        "MNIST's training digits and those of 24 people with a pen, to train on; the test digits "
        "are MNIST's.",
        mnist.SOURCE,
        pen_strokes.SOURCE,
    ),
    combined(
        "MNIST's training digits and those of 85 people besides, 69 of them with a pen, to train "
        "on; the test digits are MNIST's.",
        mnist.SOURCE,
        pen_strokes.SOURCE,
        uji_pen.SOURCE,
        swiss_digits.SOURCE,
    ),
    optical_digits.SOURCE,
)
_BY_NAME = {source.name: source for source in _SOURCES}


def _joined(name: str) -> Source | None:
    """The combination of datasets whose names are joined by a plus sign."""
    parts = name.split("+")
    if len(parts) < 2 or len(set(parts)) < len(parts):
        return None
    sources = [source for part in parts if (source := _source(part))]
    if len(sources) < len(parts):
        return None
    text = f"The training digits of all of them; the test digits are those of {parts[0]}."
    return combined(text, *sources)


_FAMILIES = (
    mnist.SOME,
    pen_strokes.OF_ONE_WRITER,
    hands.FAMILY,
    classes.FAMILY,
    Family('or several of them joined by "+"', _joined),
)

NAMES = tuple(_BY_NAME)
ABOUT = {source.name: source.about for source in _SOURCES}
TRAIN_SIZES = {source.name: source.size for source in _SOURCES if source.size is not None}
_FILES = {source.name: source.file for source in _SOURCES if source.file is not None}
# The datasets that are read from a file: by which variable it is found, and its usual name.
FILES = {name: (file.variable, file.name) for name, file in _FILES.items()}


def load(name: str, progress: Progress | None = None, fetch: bool = True) -> Dataset:
    """Load a dataset by name, downloading it if it is not on this machine.

    Args:
        name: one of `NAMES`, several of them joined by `+`, `pen-strokes-7` for the digits of
            that writer alone, `mnist-3000` for so many of MNIST's training digits, `hand-NAME` for
            a hand that was brought in, or `class-CODE` for what a class drew.
        progress: called during a download with the bytes loaded so far and in all.
        fetch: whether a dataset that is not on this machine may be downloaded.

    Raises:
        InputError: an unknown name, or a file that is missing, damaged or cannot be had.
    """
    source = _source(name)
    if source is None:
        others = "".join(f", {family.names}" for family in _FAMILIES)
        raise InputError(f"There is no dataset {name!r}: choose one of {', '.join(NAMES)}{others}.")
    return source.load(progress, fetch)


def find(name: str) -> Path | None:
    """The file or folder that a dataset of `FILES` would be read from, without a download.

    None if there is none; a path named by the environment is returned as it is, whether
    it exists or not, so that a mistake in it is noticed.
    """
    return _FILES[name].find()


def content(name: str, path: Path) -> bytes | None:
    """What a dataset of `FILES` is read from at a path that `find` gave, as one file's content.

    None if those are several files which nothing packs.

    Raises:
        InputError: the path is no copy of the dataset.
    """
    return _FILES[name].content(path)


def missing(name: str) -> str:
    """One sentence that says how to get a dataset of `FILES` that is not on this machine."""
    return _FILES[name].missing()


def at_hand(name: str) -> bool:
    """Whether `load` can read the dataset without a download."""
    source = _source(name)
    if source is None:
        return False
    paths = [file.find() for file in source.files]
    return all(path is not None and path.exists() for path in paths)


def files_of(name: str) -> list[str]:
    """The datasets with a file of their own that a dataset is made of."""
    source = _source(name)
    return [file.dataset for file in source.files] if source else []


def _source(name: str) -> Source | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    return next((found for family in _FAMILIES if (found := family.source(name))), None)
