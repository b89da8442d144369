"""The files of a run directory besides run.json: curves, progress, evaluation, log."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from mnist_core import background
from mnist_core.decoded import decoded
from mnist_core.files import appended, opened, read_text, written_whole
from mnist_core.runs.directory import Run, job, now

HISTORY_FILE, LIVE_FILE, EVALUATION_FILE = "history.csv", "live.csv", "evaluation.npz"
HISTORY = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")
LIVE = ("epoch", "loss", "accuracy")


def log(path: Path, line: str) -> None:
    """Add a line with the time to a run's log.txt."""
    with appended(path / "log.txt") as file:
        file.write(f"{now()}  {line}\n".encode())


def log_end(run: Run, lines: int = 12) -> str:
    """The last lines of a run's log.txt."""
    return background.log_end(job(run.path).log_file, lines)


Amount = Annotated[float, Meta(ge=0, le=1e12)]
Digit = Annotated[int, Meta(ge=0, le=9)]


@decoded
class WatchedDigits(msgspec.Struct, frozen=True, kw_only=True):
    """Test digits, by their indices, and what a network in training makes of them."""

    indices: list[Annotated[int, Meta(ge=0)]]
    labels: list[Digit]
    guesses: list[Digit]
    confidences: list[Annotated[float, Meta(ge=0, le=1)]]

    def __post_init__(self) -> None:
        lengths = {len(self.indices), len(self.labels), len(self.guesses), len(self.confidences)}
        if len(lengths) > 1:
            raise ValueError("digits that are not all described")


@decoded
class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a training run says of itself, by the names of `training.listeners.Progress`."""

    share: Annotated[float, Meta(ge=0, le=1)] = 0.0
    epoch: Amount = 0
    epochs: Annotated[float, Meta(ge=1, le=1e12)] = 1
    step: Amount = 0
    steps: Annotated[float, Meta(ge=1, le=1e12)] = 1
    loss: float | None = None  # none where it is no number any more
    accuracy: Annotated[float, Meta(ge=0, le=1)] | None = None
    images_per_second: Amount = 0.0
    seconds_left: Amount = 0.0
    digits: WatchedDigits | None = None


_TOLD = Told.__struct_fields__
_NEEDED = {
    "training": ("epoch", "epochs", "step", "steps", "images_per_second", "seconds_left"),
    "preparing": ("share",),
    "downloading": ("share",),
}


def read_progress(run: Run) -> dict[str, Any]:
    """What the training run says of itself: its `phase`, and what belongs to that.

    Empty if there is nothing that can be read.
    """
    status = job(run.path).status()
    if status is None:
        return {}
    told = {key: value for key, value in status.details.items() if key in _TOLD}
    try:
        msgspec.convert(told, Told)
    except msgspec.ValidationError:
        return {}
    whole = all(key in told for key in _NEEDED.get(status.state, ()))
    return {"phase": status.state, **told} if whole else {}


def add_live(path: Path, epoch: float, loss: float, accuracy: float) -> None:
    """Add a point within an epoch to live.csv."""
    with appended(path / LIVE_FILE) as file:
        file.write(f"{epoch:.5g},{loss:.5g},{accuracy:.5g}\n".encode())


def read_live(run: Run) -> npt.NDArray[np.float64]:
    """The points within the epochs, (n, 3): epoch as a fraction, loss, accuracy."""
    rows = []
    try:
        for line in read_text(run.path / LIVE_FILE).splitlines():
            values = [float(text) for text in line.split(",")]
            if len(values) == len(LIVE) and all(map(math.isfinite, values)):
                rows.append(values)
    except (OSError, ValueError):  # the last line may be on its way
        pass
    return np.array(rows, np.float64).reshape(-1, len(LIVE))


@dataclass(frozen=True)
class Watched:
    """What a network in training made of a few test digits at one moment."""

    epoch: float  # as a fraction
    indices: tuple[int, ...]  # of the test digits
    labels: tuple[int, ...]
    guesses: tuple[int, ...]
    confidences: tuple[float, ...]

    def as_digits(self) -> dict[str, Any]:
        """As `read_progress` has them under `digits`."""
        return {key: list(value) for key, value in vars(self).items() if key != "epoch"}


def add_watched(path: Path, epoch: float, digits: Mapping[str, Any]) -> None:
    """Add a moment to watched.csv: the epoch, then four figures for each digit.

    Args:
        digits: `indices`, `labels`, `guesses` and `confidences`.
    """
    columns = (digits[key] for key in ("indices", "labels", "guesses", "confidences"))
    figures = [f"{value:g}" for row in zip(*columns, strict=True) for value in row]
    with (path / "watched.csv").open("a", encoding="utf-8") as file:
        file.write(",".join([f"{epoch:.5g}", *figures]) + "\n")


def read_watched(run: Run) -> list[Watched]:
    """The moments of watched.csv; none where there is no such file."""
    found: list[Watched] = []
    try:
        for line in (run.path / "watched.csv").read_text(encoding="utf-8").splitlines():
            epoch, *rest = (float(text) for text in line.split(","))
            if len(rest) % 4:
                continue  # on its way
            indices, labels, guesses = (tuple(int(v) for v in rest[i::4]) for i in range(3))
            found.append(Watched(epoch, indices, labels, guesses, tuple(rest[3::4])))
    except (OSError, ValueError):
        pass
    return found


def write_history(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    with (
        written_whole(path / HISTORY_FILE, make_folder=False) as beside,
        beside.open("w", newline="") as file,
    ):
        writer = csv.DictWriter(file, HISTORY, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )


def read_history(run: Run) -> list[dict[str, float]]:
    """The rows of history.csv, one an epoch, up to the first that is garbled.

    A column that is empty in the first row, as that of validation may be, is left out of all.
    """
    rows: list[dict[str, float]] = []
    with contextlib.suppress(OSError, ValueError, TypeError, csv.Error):
        text = read_text(run.path / HISTORY_FILE)
        for line in csv.DictReader(io.StringIO(text, newline="")):
            row = {key: float(line[key]) for key in HISTORY if line.get(key)}
            whole = row.keys() == rows[0].keys() if rows else row.keys() >= set(HISTORY[:3])
            if not whole or not all(map(math.isfinite, row.values())):
                break
            rows.append(row)
    return rows


@dataclass(frozen=True)
class Evaluation:
    """Probabilities float32 (n, 10) on a test set and its labels uint8 (n,)."""

    probabilities: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    dataset: str  # name
    dataset_checksum: str
    model_sha256: str


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write the evaluation of the run in the directory `path`."""
    save_evaluation(path / EVALUATION_FILE, evaluation, make_folder=False)


def save_evaluation(file: Path, evaluation: Evaluation, make_folder: bool = True) -> None:
    with written_whole(file, make_folder) as beside:
        np.savez_compressed(beside, **vars(evaluation))


def read_evaluation(run: Run) -> Evaluation | None:
    """The run's evaluation, or None if there is none that can be read."""
    return load_evaluation(run.path / EVALUATION_FILE)


def load_evaluation(file: Path) -> Evaluation | None:
    """The evaluation in a file, or None if there is none that can be read."""
    try:
        with opened(file) as content, np.load(content, allow_pickle=False) as arrays:
            probabilities, labels = arrays["probabilities"], arrays["labels"]
            texts = [str(arrays[key]) for key in ("dataset", "dataset_checksum", "model_sha256")]
    except Exception:  # whatever zipfile and NumPy make of a damaged file
        return None
    if probabilities.shape != (*labels.shape, 10) or labels.ndim != 1:
        return None
    if probabilities.dtype != np.float32 or labels.dtype != np.uint8:
        return None
    if labels.max(initial=0) > 9 or not np.isfinite(probabilities).all():
        return None
    if probabilities.min(initial=0) < 0 or probabilities.max(initial=0) > 1 + 1e-3:
        return None
    return Evaluation(probabilities, labels, *texts)


def file_sha256(path: Path) -> str:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
