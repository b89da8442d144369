"""Digits that people wrote with a pen, made a dataset whose writers are kept apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core import drawing
from mnist_core.datasets.dataset import Dataset, Images, Labels, Strokes


@dataclass(frozen=True)
class PenDigit:
    """One digit as a pen wrote it; y grows downward, as on a canvas."""

    strokes: Strokes
    label: int
    writer: int  # from 1


def part_of(digits: Sequence[PenDigit], test_writers: Collection[int], part: str) -> list[PenDigit]:
    """The digits of the part `train` or `test`, those of one writer together."""
    chosen = [d for d in digits if (d.writer in test_writers) == (part == "test")]
    return sorted(chosen, key=lambda digit: digit.writer)


def drawn(digits: Sequence[PenDigit]) -> tuple[Images, Labels]:
    """Images in MNIST's form and labels."""
    images = [np.round(drawing.from_strokes(digit.strokes) * 255) for digit in digits]
    return np.stack(images).astype(np.uint8), np.array([d.label for d in digits], np.uint8)


def dataset_of(
    name: str, digits: Sequence[PenDigit], test_writers: Collection[int], source: Path | str
) -> Dataset:
    """The digits as a dataset; those of the test writers are its test set."""
    parts: dict[str, Any] = {}
    for part in ("train", "test"):
        chosen = part_of(digits, test_writers, part)
        parts[f"x_{part}"], parts[f"y_{part}"] = drawn(chosen)
        parts[f"writers_{part}"] = np.array([digit.writer for digit in chosen], np.int16)
        parts[f"strokes_{part}"] = [digit.strokes for digit in chosen]
    return Dataset(name, source=str(source), **parts)
