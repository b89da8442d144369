"""Hands that visitors saved, as datasets: `hand-NAME` is what one person taught the reader.

Each is a file of its own (`hand_file`) in a folder beside the downloaded datasets.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from mnist_core.datasets import hand_file
from mnist_core.datasets.cache import cache_folder
from mnist_core.datasets.dataset import Dataset
from mnist_core.datasets.source import About, Family, Source
from mnist_core.errors import InputError
from mnist_core.files import Progress, written_whole

PREFIX = "hand-"
FEWEST = 20  # digits of which something can be learnt and something be tested
TEST_SHARE = 3  # every so many digits of a label are for testing


def folder() -> Path:
    """Where kept hands lie."""
    return cache_folder() / "hands"


def names() -> tuple[str, ...]:
    """The datasets of hands that are on this machine, in alphabetical order."""
    if not folder().is_dir():
        return ()
    found = (PREFIX + path.stem for path in folder().glob("*.json"))
    return tuple(sorted(name for name in found if _file(name)))


def keep(text: str | bytes, name: str) -> str:
    """Keep a saved hand as a dataset, in place of one of that name.

    Args:
        name: of the person or the hand: letters, digits, - and _.

    Returns:
        The dataset's name.

    Raises:
        InputError: another name, no saved hand, too few digits, or it cannot be written.
    """
    path = _file(PREFIX + name.strip())
    if path is None:
        raise InputError("Name the hand with letters, digits, - and _, at most 40 of them.")
    digits = hand_file.load(text)
    if len(digits) < FEWEST:
        raise InputError(
            f"A hand of {len(digits)} digits is too small to train on: teach at least {FEWEST}."
        )
    with written_whole(path) as beside:
        beside.write_text(hand_file.dump(digits), encoding="utf-8")
    return PREFIX + name.strip()


def stamp(name: str) -> str:
    """What tells a kept hand from another one in its place; empty for other datasets."""
    path = _file(name)
    try:
        return str(path.stat().st_mtime_ns) if path else ""
    except OSError:
        return ""


def load(name: str) -> Dataset:
    """The digits of a kept hand; of each label every third is for testing.

    Raises:
        InputError: it is not there, or was altered.
    """
    path = _file(name)
    assert path is not None
    try:
        digits = hand_file.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The hand {name} cannot be read: bring it in again.") from error
    if len(digits) < FEWEST:
        raise InputError(f"The hand {name} has too few digits: bring it in again.")
    images = np.stack([digit.image for digit in digits])
    labels = np.array([digit.label for digit in digits], np.uint8)
    tests = np.zeros(len(labels), bool)
    for label in range(10):
        tests[np.flatnonzero(labels == label)[TEST_SHARE - 1 :: TEST_SHARE]] = True
    if not tests.any():
        tests[TEST_SHARE - 1 :: TEST_SHARE] = True
    return Dataset(name, images[~tests], labels[~tests], images[tests], labels[tests], str(path))


def _file(name: str) -> Path | None:
    """Where the hand of a dataset's name lies or would lie; None for any other name."""
    found = re.fullmatch(PREFIX + r"([\w-]{1,40})", name)
    return folder() / f"{found[1]}.json" if found else None


def _source(name: str) -> Source | None:
    path = _file(name)
    if path is None or not path.is_file():
        return None

    def load_it(_: Progress | None, __: bool) -> Dataset:
        return load(name)

    return Source(name, About("What one person taught the reader here."), load_it)


FAMILY = Family("hand-NAME for a hand that was brought in", _source)
