"""A run directory: create, read, list, delete.

    run.json         recipe, dataset and its checksum, seed, status, times, versions, metrics
    history.csv      epoch, loss, accuracy, val_loss, val_accuracy, seconds
    model.keras      the trained network
    evaluation.npz   probabilities on the test set, with the labels
    log.txt          what the training said

The directory is the only channel between who trains, who shows and who uses a network.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.recipes import Recipe

FORMAT = 1  # of run.json; a reader refuses what is newer
SHIPPED_DIR = Path(__file__).resolve().parent.parent / "models"
SHIPPED = ("pen-cnn", "cnn", "report-ann")
DEFAULT_RUN = "pen-cnn"

QUEUED, RUNNING, FINISHED, STOPPED, FAILED = "queued", "running", "finished", "stopped", "failed"
HISTORY = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


def models_dir() -> Path:
    """Where runs are written: `MODELS_DIR`, or the project's own `models`."""
    given = os.environ.get("MODELS_DIR")
    return Path(given).expanduser() if given else SHIPPED_DIR


@dataclass(frozen=True)
class Run:
    """What a run directory says. `problem` is set where it cannot be used, and says why."""

    path: Path
    info: Mapping[str, Any]
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def status(self) -> str:
        return str(self.info.get("status", FAILED))

    @property
    def metrics(self) -> Mapping[str, float]:
        return self.info.get("metrics") or {}

    @property
    def recipe(self) -> Recipe:
        return Recipe.from_dict(self.info["recipe"])

    @property
    def temperature(self) -> float:
        """By which the network's probabilities are softened; 1 leaves them as they are."""
        return float(self.info.get("temperature", 1.0))

    @property
    def sure_above(self) -> float:
        """The probability below which the run should say that it is not sure."""
        return float(self.info.get("sure_above", 0.5))

    @property
    def model_file(self) -> Path:
        return self.path / "model.keras"

    @property
    def usable(self) -> bool:
        """Whether the run has a network that can read digits."""
        return self.problem is None and self.status in (FINISHED, STOPPED)


def read(run: str | Path) -> Run:
    """Read a run by name or by directory. It never fails: `problem` says what is wrong."""
    path = locate(run)
    try:
        info = json.loads((path / "run.json").read_text(encoding="utf-8"))
        if not isinstance(info, dict):
            raise ValueError
    except FileNotFoundError:
        what = "has no run.json" if path.is_dir() else "does not exist"
        return Run(path, {}, f"The run {path.name} {what}: train it again or delete it.")
    except (OSError, ValueError, RecursionError):
        return Run(path, {}, f"The run.json of {path.name} cannot be read: delete the run.")
    return Run(path, _with_true_status(info), _problem(path, info))


def _problem(path: Path, info: Mapping[str, Any]) -> str | None:
    version = info.get("format")
    if not isinstance(version, int):
        return f"The run.json of {path.name} says no format: train the run again or delete it."
    if version > FORMAT:
        return (
            f"The run {path.name} has format {version}, newer than this program reads "
            f"({FORMAT}): update the program."
        )
    try:
        Recipe.from_dict(info.get("recipe", {}))
    except (InputError, TypeError, ValueError):
        return f"The run {path.name} has no readable recipe: train it again or delete it."
    if info.get("status") not in (QUEUED, RUNNING, FINISHED, STOPPED, FAILED):
        return f"The run {path.name} has no known status: train it again or delete it."
    parts = {key: info.get(key) or {} for key in ("dataset", "metrics", "model")}
    if not all(isinstance(part, dict) for part in parts.values()) or not isinstance(
        parts["dataset"].get("name"), str
    ):
        return f"The run.json of {path.name} is garbled: train the run again or delete it."
    model = path / "model.keras"
    if info["status"] in (FINISHED, STOPPED):
        broken = f"The model file of {path.name} is {{}}: train the run again or delete it."
        if not model.exists():
            return broken.format("missing")
        expected = parts["model"].get("bytes")
        if expected is not None and model.stat().st_size != expected:
            return broken.format("incomplete or altered")
        if not zipfile.is_zipfile(model):
            return broken.format("damaged")
    return None


def _with_true_status(info: dict[str, Any]) -> dict[str, Any]:
    """A run that says it is running but whose process is gone has failed."""
    if info.get("status") == RUNNING and not _alive(info.get("process")):
        return {**info, "status": FAILED, "reason": "The training process ended unexpectedly."}
    return info


def this_process() -> dict[str, float]:
    """Tells this process from a later one that happens to get the same number."""
    process = psutil.Process()
    return {"pid": process.pid, "created": process.create_time()}


def _alive(process: Any) -> bool:
    try:
        return abs(psutil.Process(process["pid"]).create_time() - process["created"]) < 1
    except (psutil.Error, TypeError, KeyError, ValueError):
        return False


def locate(run: str | Path) -> Path:
    """The directory of a run given by name or path; among names, the user's own come first."""
    path = Path(run)
    try:
        if len(path.parts) > 1 or not path.name:
            return path.resolve()
        for folder in (models_dir(), SHIPPED_DIR, Path.cwd()):
            if (folder / path).is_dir():
                return folder / path
        return SHIPPED_DIR / path
    except OSError:  # longer than the name of a file can be
        return SHIPPED_DIR / path


def all_runs() -> list[Run]:
    """Every run in `models_dir()` and every shipped one, the default first, then the newest."""
    paths: dict[str, Path] = {}
    for folder in (SHIPPED_DIR, models_dir()):
        if folder.is_dir():
            paths |= {p.name: p for p in folder.iterdir() if p.is_dir() and p.name[0] not in "._"}
    found = sorted((read(path) for path in paths.values()), key=lambda run: run.name)
    found.sort(key=lambda run: str(run.info.get("created", "")), reverse=True)
    found.sort(key=lambda run: run.name != DEFAULT_RUN)
    return found


def create(recipe: Recipe, dataset: str, seed: int, name: str | None = None) -> Run:
    """Make the directory of a new run, with the status `queued`.

    Args:
        name: of the directory; by default the recipe's with date and time.

    Raises:
        InputError: a name that is no plain file name or is taken, or a folder that cannot
            be written to.
    """
    if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
        raise InputError(
            "A run's name must be 1 to 80 letters, digits, dots, dashes or underscores, "
            f"not {name[:80]!r}."
        )
    folder = models_dir()
    base = name or f"{recipe.name}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        path = folder / (base if number == 1 else f"{base}-{number}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.mkdir()
            break
        except OSError as error:
            if isinstance(error, FileExistsError) and folder.is_dir():
                if name is None:
                    continue
                raise InputError(
                    f"There is a run {base} already: choose another name or delete it."
                ) from None
            raise InputError(
                f"Cannot create a run in {folder} ({error.strerror}): free some space or set "
                "MODELS_DIR to a folder that can be written to."
            ) from error
    info = {
        "format": FORMAT,
        "name": path.name,
        "recipe": recipe.to_dict(),
        "dataset": {"name": dataset},
        "seed": seed,
        "status": QUEUED,
        "created": now(),
    }
    write_info(path, info)
    return Run(path, info)


def delete(run: Run) -> None:
    """Delete a run's directory.

    Raises:
        InputError: the run is shipped with the program.
    """
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and stays.")
    shutil.rmtree(run.path, ignore_errors=True)


def is_shipped(run: Run) -> bool:
    """Whether the run comes with the program."""
    return run.path.resolve().parent == SHIPPED_DIR and run.name in SHIPPED


def now() -> str:
    """The time in ISO 8601, to the second, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def duration(seconds: float) -> str:
    """A time short enough for a table, e.g. `8.2 s` or `11 min 28 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def write_info(path: Path, info: Mapping[str, Any]) -> None:
    with written_whole(path / "run.json") as beside:
        text = json.dumps(info, indent=2, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")


def log(path: Path, line: str) -> None:
    """Add a line with the time to a run's log.txt."""
    with (path / "log.txt").open("a", encoding="utf-8") as file:
        file.write(f"{now()}  {line}\n")


def write_history(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    with written_whole(path / "history.csv") as beside, beside.open("w", newline="") as file:
        writer = csv.DictWriter(file, HISTORY, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )


def read_history(run: Run) -> list[dict[str, float]]:
    """The rows of history.csv, one an epoch; a column that is empty there is left out."""
    try:
        with (run.path / "history.csv").open(newline="") as file:
            return [
                {key: float(value) for key, value in row.items() if key and value}
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, csv.Error):
        return []


@dataclass(frozen=True)
class Evaluation:
    """Probabilities float32 (n, 10) on a test set and its labels uint8 (n,)."""

    probabilities: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    dataset: str  # name
    dataset_checksum: str
    model_sha256: str


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    with written_whole(path / "evaluation.npz") as beside:
        np.savez_compressed(beside, **vars(evaluation))


def read_evaluation(run: Run) -> Evaluation | None:
    """The run's evaluation, or None if there is none that can be read."""
    try:
        with np.load(run.path / "evaluation.npz", allow_pickle=False) as file:
            probabilities, labels = file["probabilities"], file["labels"]
            texts = [str(file[key]) for key in ("dataset", "dataset_checksum", "model_sha256")]
    except Exception:  # whatever zipfile and NumPy make of a damaged file
        return None
    if probabilities.shape != (*labels.shape, 10) or labels.ndim != 1:
        return None
    return Evaluation(probabilities, labels, *texts)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
