"""UJI pen characters: digits that 60 people in Spain wrote on a tablet computer."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_core.datasets.cache import DataFile, read_once
from mnist_core.datasets.dataset import CLASSES, Dataset
from mnist_core.datasets.source import About, Source
from mnist_core.datasets.written import PenDigit, dataset_of
from mnist_core.errors import InputError
from mnist_core.files import Progress

UJI_FILE = "ujipenchars2.txt"  # as UCI has it: letters and signs too
DIGITS_FILE = "digits.jsonl.gz"  # its digits alone, one JSON object a line
WRITERS = 60
DIGITS = frozenset("0123456789")
REPETITIONS = 2  # of each digit by each writer
# Every fourth of the 60 writers is kept for testing and never trained on.
UJI_TEST_WRITERS = tuple(range(4, WRITERS + 1, 4))
TRAIN_DIGITS = (WRITERS - len(UJI_TEST_WRITERS)) * REPETITIONS * CLASSES


def read_uji(path: Path) -> list[PenDigit]:
    """Read and verify the digits of 60 writers, two of each by everybody.

    D. Llorens, F. Prat, A. Marzal, J. M. Vilar, M. J. Castro et al., "UJI Pen Characters
    (Version 2)", UCI Machine Learning Repository, 2009, CC BY 4.0.

    Args:
        path: the file `ujipenchars2.txt`, its digits alone as JSON lines (gzipped or not), or
            a folder with one of them.

    Raises:
        InputError: the file is missing, damaged or another one.
    """
    if path.is_dir():
        named = [path / name for name in (UJI_FILE, DIGITS_FILE)]
        path = next((file for file in named if file.is_file()), named[0])
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}): set UJIPEN_PATH to {UJI_FILE}."
        ) from error
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        text = data.decode("utf-8")
        digits = parse_json_lines(text) if text.startswith("{") else parse_uji(text)
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(_another(path)) from error
    found = Counter((digit.label, digit.writer) for digit in digits)
    if len(found) != CLASSES * WRITERS or set(found.values()) != {REPETITIONS}:
        raise InputError(_another(path))
    return digits


def _another(path: Path) -> str:
    return (
        f"{path} is damaged or is not {UJI_FILE}; delete it or point UJIPEN_PATH at another copy."
    )


def parse_uji(text: str) -> list[PenDigit]:
    """The digits among the characters of UJI's text; writers are numbered as they come.

    A character is the line `WORD 7 trn_UJI_W03-01` (the character, the writer, the session),
    `NUMSTROKES 2`, and for each stroke `POINTS 3 # x y x y x y`.

    Raises:
        ValueError, IndexError: a line that cannot be understood.
    """
    digits: list[PenDigit] = []
    numbers: dict[str, int] = {}
    strokes: list[npt.NDArray[np.float64]] = []  # of the character that is being read
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["WORD"]:
            _, label, session = words
            writer = numbers.setdefault(session.rpartition("-")[0], len(numbers) + 1)
            strokes = []
            if label in DIGITS:
                digits.append(PenDigit(strokes, int(label), writer))
        elif words[:1] == ["POINTS"]:
            strokes.append(_points([float(word) for word in words[3:]], int(words[1])))
    return digits


def _points(numbers: list[float], count: int) -> npt.NDArray[np.float64]:
    points = np.array(numbers).reshape(-1, 2)
    if len(points) != count or not np.isfinite(points).all():
        raise ValueError
    return points


def parse_json_lines(text: str) -> list[PenDigit]:
    """The digits of lines like `{"label": "7", "writer": "uji_03", "strokes": [[[x, y], …], …]}`.

    Raises:
        ValueError, KeyError, TypeError: a line that cannot be understood.
    """
    digits = []
    for line in text.splitlines():
        entry = json.loads(line)
        strokes = [
            _points([float(number) for point in stroke for number in point[:2]], len(stroke))
            for stroke in entry["strokes"]
            if stroke
        ]
        writer = int(entry["writer"].removeprefix("uji_"))
        digits.append(PenDigit(strokes, int(entry["label"]), writer))
    return digits


def _uji_dataset(path: Path) -> Dataset:
    return dataset_of("uji-pen", read_uji(path), UJI_TEST_WRITERS, path)


def load(progress: Progress | None, fetch: bool) -> Dataset:
    return read_once(_uji_dataset, FILE.fetch(progress, fetch))


FILE = DataFile(
    "uji-pen",
    "UJIPEN_PATH",
    UJI_FILE,
    "https://archive.ics.uci.edu/ml/machine-learning-databases/uji-penchars/version2/"
    "ujipenchars2.txt",
    read_uji,
    others=(DIGITS_FILE,),
)
SOURCE = Source(
    "uji-pen",
    About(
        "1,200 digits by 60 people in Spain, with a pen on a tablet computer: crossed sevens, ones "
        "with a long upstroke; 15 people are kept for testing (Llorens et al. 2008, CC BY 4.0).",
        6,
    ),
    load,
    size=(TRAIN_DIGITS, TRAIN_DIGITS),
    file=FILE,
)
