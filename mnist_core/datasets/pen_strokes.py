"""Pen strokes: digits that 30 people wrote with a pen on a tablet."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from mnist_core.datasets.cache import DataFile, read_once
from mnist_core.datasets.dataset import Dataset, Images, Labels
from mnist_core.datasets.source import About, Family, Source
from mnist_core.datasets.written import PenDigit, dataset_of, drawn, part_of
from mnist_core.errors import InputError
from mnist_core.files import Progress

PENS_FILE = "pendigits-orig.tra"
SHA256 = "a66225d68d7d68591e62944df1ad33b3f5aa608e2df2505844b41f5568a80da4"
# Every fifth of the 30 writers is kept for testing and never trained on.
TEST_WRITERS = (5, 10, 15, 20, 25, 30)
WRITERS = 30
TRAIN_DIGITS = 5995  # digits of the other 24 writers


def read_pens(path: Path) -> list[PenDigit]:
    """Read and verify the pen digits of 30 writers.

    E. Alpaydin, F. Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1996, CC BY 4.0: 7,494 digits in UNIPEN text form.

    Args:
        path: the file `pendigits-orig.tra`, or a folder that holds it.

    Raises:
        InputError: the file is missing or is not this one.
    """
    if path.is_dir():
        path = path / PENS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}): set PENDIGITS_PATH to {PENS_FILE}."
        ) from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise InputError(
            f"{path} is damaged or is not {PENS_FILE}; delete it or point PENDIGITS_PATH at "
            "another copy."
        )
    return parse_unipen(data.decode("latin-1"))


def parse_unipen(text: str) -> list[PenDigit]:
    """Digits from UNIPEN text, as the pen-based digits are written.

    Digits without a point are left out.

    Raises:
        InputError: an unknown label or a line that cannot be understood, with its number.
    """
    digits: list[PenDigit] = []
    strokes: list[list[tuple[float, float]]] = []
    label = writer = -1

    def finish() -> None:
        paths = [np.array(stroke, np.float64) for stroke in strokes if stroke]
        if paths:
            digits.append(PenDigit(paths, label, writer))
        strokes.clear()

    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        try:
            if not words:
                continue
            if words[0] == ".SEGMENT":
                finish()
                label, writer = int(line.split('"')[1]), 0
                if not 0 <= label <= 9:
                    raise ValueError
            elif words[0] == ".COMMENT" and label >= 0:
                writer = int(words[2])
            elif words[0] == ".PEN_DOWN":
                strokes.append([])
            elif not words[0].startswith(".") and label >= 0:
                x, y = map(float, words)
                strokes[-1].append((x, -y))  # the tablet's y grows upward
        except (ValueError, IndexError):
            raise InputError(
                f"Line {number} of the pen strokes cannot be understood "
                f"({line.strip()[:40]!r}): take a whole copy of {PENS_FILE}."
            ) from None
    finish()
    return digits


def _uncompress(data: bytes) -> bytes:
    """Unpack what the old Unix `compress` made (.Z)."""
    import unlzw3

    return unlzw3.unlzw(data)


def _pens_dataset(path: Path) -> Dataset:
    return dataset_of("pen-strokes", read_pens(path), TEST_WRITERS, path)


def load(progress: Progress | None, fetch: bool) -> Dataset:
    return read_once(_pens_dataset, FILE.fetch(progress, fetch))


def pens_test() -> tuple[Images, Labels]:
    """The test images and labels of `pen-strokes` alone, drawn in a fifth of its time.

    Raises:
        InputError: the dataset is not on this machine, or damaged.
    """
    return drawn(part_of(read_pens(FILE.fetch(None, allowed=False)), TEST_WRITERS, "test"))


def writer_of(name: str) -> int | None:
    """The writer of a dataset `pen-strokes-1` to `pen-strokes-30`; None for any other name."""
    found = re.fullmatch(r"pen-strokes-([1-9]\d?)", name)
    return int(found[1]) if found and int(found[1]) <= WRITERS else None


def of_writer(pens: Dataset, writer: int) -> Dataset:
    """The digits of one of the writers of `pen-strokes`, to learn one hand.

    The first half of what that person wrote is for training, the second half for testing.
    """
    for part in ("train", "test"):
        chosen = np.flatnonzero(getattr(pens, f"writers_{part}") == writer)
        if len(chosen):
            break
    images, labels = getattr(pens, f"x_{part}"), getattr(pens, f"y_{part}")
    strokes = getattr(pens, f"strokes_{part}")
    first, second = np.split(chosen, [len(chosen) // 2])
    # All are of one hand: there are no writers to keep apart.
    return Dataset(
        f"pen-strokes-{writer}",
        images[first],
        labels[first],
        images[second],
        labels[second],
        pens.source,
        strokes_train=[strokes[i] for i in first],
        strokes_test=[strokes[i] for i in second],
    )


def _writer_source(name: str) -> Source | None:
    writer = writer_of(name)
    if writer is None:
        return None
    return Source(
        name,
        About(f"The digits of writer {writer} of pen-strokes, to learn one hand."),
        lambda progress, fetch: of_writer(load(progress, fetch), writer),
        parts=(SOURCE,),
    )


FILE = DataFile(
    "pen-strokes",
    "PENDIGITS_PATH",
    PENS_FILE,
    "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/pendigits-orig.tra.Z",
    read_pens,
    _uncompress,
)
SOURCE = Source(
    "pen-strokes",
    About(
        "7,494 digits as 30 people wrote them with a pen on a tablet, here drawn in MNIST's form; "
        "six people are kept for testing (Alpaydin, Alimoglu 1996, CC BY 4.0).",
        1,
    ),
    load,
    size=(TRAIN_DIGITS, TRAIN_DIGITS),
    file=FILE,
)
OF_ONE_WRITER = Family(f"or pen-strokes-1 to pen-strokes-{WRITERS} for one writer", _writer_source)
