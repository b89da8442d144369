"""A run directory: create, read, list, delete.

    run.json         recipe, dataset and its checksum, seed, status, times, versions, metrics
    history.csv      epoch, loss, accuracy, val_loss, val_accuracy, seconds
    model.keras      the trained network
    evaluation.npz   probabilities on the test set, with the labels
    log.txt          what the training said

and, while it is trained:

    progress.json    where the training is, and what it makes of a few test digits
    live.csv         epoch (as a fraction), loss, accuracy: points within the epochs
    checkpoint.npz   all that is needed to go on after the last whole epoch
    stop             "keep" or "discard": somebody asks for the end

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
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_core.background import alive
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.recipes import Recipe
from mnist_core.runs import shipped

FORMAT = 1  # of run.json; a reader refuses what is newer
SHIPPED_DIR = shipped.shipped_dir()
SHIPPED = ("pen-cnn", "cnn", "report-ann")
DEFAULT_RUN = "pen-cnn"

QUEUED, RUNNING, FINISHED, STOPPED, FAILED = "queued", "running", "finished", "stopped", "failed"
HISTORY = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")
LIVE = ("epoch", "loss", "accuracy")
KEEP, DISCARD = "keep", "discard"  # what is to become of a training that is stopped
TRASH, KEPT_DELETED = ".trash", 3  # where the last deleted runs lie, and how many of them


def models_dir() -> Path:
    """Where runs are written: `MODELS_DIR`, or the usual folder (see `runs.shipped`)."""
    given = os.environ.get("MODELS_DIR")
    return Path(given).expanduser() if given else shipped.own_dir(SHIPPED_DIR)


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
    def metrics(self) -> Mapping[str, Any]:
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
    def members(self) -> list[str]:
        """The runs that an ensemble averages; of any other run, none."""
        return [str(member["run"]) for member in _members(self.info)]

    @property
    def model_file(self) -> Path:
        return self.path / "model.keras"

    @property
    def active(self) -> bool:
        """Whether the run waits for its training or is in it."""
        return self.problem is None and self.status in (QUEUED, RUNNING)

    @property
    def resumable(self) -> bool:
        """Whether the run was interrupted and can go on after its last whole epoch."""
        return (
            self.problem is None
            and self.status == FAILED
            and (self.path / "checkpoint.npz").is_file()
        )

    @property
    def study(self) -> Mapping[str, Any]:
        """Of a trial of a study: the study's `name` and the `value`; else empty."""
        study = self.info.get("study")
        return study if isinstance(study, dict) else {}

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
    if not _has_sound_sources(info):
        return f"The run.json of {path.name} does not say what it came from: delete the run."
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


def _has_sound_sources(info: Mapping[str, Any]) -> bool:
    """Whether it can be read which runs an ensemble averages, and which one a run started from."""
    try:
        parts = [*_members(info), *([info["start"]] if info.get("start") else [])]
        texts = [text for part in parts for text in (part["run"], *part["datasets"])]
        counts = [part.get("layers", 0) for part in parts]
        return all(isinstance(text, str) for text in texts) and all(
            isinstance(count, int) for count in counts
        )
    except (AttributeError, KeyError, TypeError):
        return False


def _members(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an ensemble's run.json says of each run that it averages."""
    return list((info.get("ensemble") or {}).get("members", ()))


def _with_true_status(info: dict[str, Any]) -> dict[str, Any]:
    """A run that says it is running but whose process is gone has failed."""
    if info.get("status") == RUNNING and not alive(info.get("process")):
        return {**info, "status": FAILED, "reason": "The training process ended unexpectedly."}
    return info


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


def reference(run: Run) -> str:
    """What `read` finds a run by from anywhere: its name, or its directory."""
    path = run.path.resolve()
    return run.name if locate(run.name).resolve() == path else str(path)


def trained_on(run: Run) -> set[str]:
    """The datasets whose training digits shaped a run's weights.

    Those of the run that it started from and of the runs that it averages count too.
    """
    parts = [run.info.get("start") or {}, *_members(run.info)]
    own = set() if run.members else {str(run.info["dataset"]["name"])}
    return own.union(*(part.get("datasets", ()) for part in parts))


def all_runs(trials: bool = False) -> list[Run]:
    """Every run in `models_dir()` and every shipped one, the default first, then the newest.

    Args:
        trials: whether to give those too that are trained for a study and kept only until
            they are measured.
    """
    paths: dict[str, Path] = {}
    for folder in (SHIPPED_DIR, models_dir()):
        if folder.is_dir():
            paths |= {p.name: p for p in folder.iterdir() if p.is_dir() and p.name[0] not in "._"}
    found = sorted((read(path) for path in paths.values()), key=lambda run: run.name)
    found = [run for run in found if trials or not run.study]
    found.sort(key=lambda run: str(run.info.get("created", "")), reverse=True)
    found.sort(key=lambda run: run.name != DEFAULT_RUN)
    return found


def create(
    recipe: Recipe,
    dataset: str,
    seed: int,
    name: str | None = None,
    folder: Path | None = None,
    **entries: Any,
) -> Run:
    """Make the directory of a new run, with the status `queued`.

    Args:
        name: of the directory; by default the recipe's with date and time.
        folder: in which it lies, by default `models_dir()`.
        entries: of run.json, besides the usual ones or in their place.

    Raises:
        InputError: a name that is no plain file name or is taken, or a folder that cannot
            be written to.
    """
    if name is not None:
        check_name(name)
    folder = folder or models_dir()
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
        "order": time.time_ns(),  # of several runs created within a second
        **entries,
    }
    try:
        write_info(path, info)
    except InputError:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Run(path, info)


def check_name(name: str) -> None:
    """Raises InputError for a name that is no plain file name everywhere."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
        raise InputError(
            "A run's name must be 1 to 80 letters, digits, dots, dashes or underscores, "
            f"not {name[:80]!r}."
        )


def delete(run: Run) -> Path | None:
    """Delete a run's directory. The last few that were deleted can be had back.

    Returns:
        Where it lies for now, for `restore`; None if it was gone already.

    Raises:
        InputError: the run is shipped with the program, is in training, or lies where
            nothing can be changed.
    """
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and stays.")
    if run.status == RUNNING and run.problem is None:
        raise InputError(f"The run {run.name} is in training: stop it first.")
    trash = run.path.parent / TRASH
    place = trash / f"{time.time_ns():020}"
    try:
        place.mkdir(parents=True)
        run.path.rename(place / run.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"Cannot delete {run.name} ({error.strerror}).") from error
    for older in sorted(trash.iterdir())[:-KEPT_DELETED]:
        shutil.rmtree(older, ignore_errors=True)
    return place / run.name


def restore(deleted: Path) -> Run:
    """Bring back the run that `delete` put there.

    Raises:
        InputError: it is gone, or another run has its name now.
    """
    path = deleted.parent.parent.parent / deleted.name
    if path.exists():
        raise InputError(f"There is another run {path.name} now: rename that one first.")
    try:
        deleted.rename(path)
    except OSError as error:
        raise InputError(f"The run {path.name} cannot be had back ({error.strerror}).") from error
    return read(path)


def rename(run: Run, name: str) -> Run:
    """Give a run another name.

    Raises:
        InputError: a name that is no plain file name or is taken, or a run that is shipped,
            queued or in training.
    """
    check_name(name)
    if name == run.name:
        return run
    if is_shipped(run):
        raise InputError(f"The run {run.name} is part of the program and keeps its name.")
    if run.active:
        raise InputError(f"The run {run.name} is {run.status}: rename it when it has ended.")
    path = run.path.with_name(name)
    if path.exists():
        raise InputError(f"There is a run {name} already: choose another name.")
    try:
        run.path.rename(path)
        if run.problem is None:
            write_info(path, {**run.info, "name": name})
    except OSError as error:
        raise InputError(f"Cannot rename {run.name} ({error.strerror}).") from error
    return read(path)


def change(run: Run, **entries: Any) -> Run:
    """Write entries into a run's run.json; None takes an entry out.

    Raises:
        InputError: the run is gone or broken, or nothing can be written.
    """
    try:
        info = json.loads((run.path / "run.json").read_text(encoding="utf-8")) | entries
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"The run {run.name} cannot be read any more.") from error
    write_info(run.path, {key: value for key, value in info.items() if value is not None})
    return read(run.path)


def ask_to_stop(run: Run, then: str) -> None:
    """Ask a training to end; `then` is KEEP or DISCARD."""
    with written_whole(run.path / "stop") as beside:
        beside.write_text(then)


def asked_to_stop(path: Path) -> str | None:
    """What was asked of the run in that directory: KEEP, DISCARD or None."""
    try:
        return (path / "stop").read_text().strip() or None
    except OSError:
        return None


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


def log_end(run: Run, lines: int = 12) -> str:
    """The last lines of a run's log.txt."""
    try:
        text = (run.path / "log.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def write_progress(path: Path, progress: Mapping[str, Any]) -> None:
    with written_whole(path / "progress.json") as beside:
        beside.write_text(json.dumps(progress), encoding="utf-8")


def read_progress(run: Run) -> dict[str, Any]:
    """What `write_progress` wrote last; empty if there is nothing that can be read."""
    try:
        progress = json.loads((run.path / "progress.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return progress if isinstance(progress, dict) else {}


def add_live(path: Path, epoch: float, loss: float, accuracy: float) -> None:
    """Add a point within an epoch to live.csv."""
    with (path / "live.csv").open("a", encoding="utf-8") as file:
        file.write(f"{epoch:.5g},{loss:.5g},{accuracy:.5g}\n")


def read_live(run: Run) -> npt.NDArray[np.float64]:
    """The points within the epochs, (n, 3): epoch as a fraction, loss, accuracy."""
    rows = []
    try:
        for line in (run.path / "live.csv").read_text(encoding="utf-8").splitlines():
            values = [float(text) for text in line.split(",")]
            if len(values) == len(LIVE):
                rows.append(values)
    except (OSError, ValueError):  # the last line may be on its way
        pass
    return np.array(rows, np.float64).reshape(-1, len(LIVE))


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
    """Write the evaluation of the run in the directory `path`."""
    save_evaluation(path / "evaluation.npz", evaluation)


def save_evaluation(file: Path, evaluation: Evaluation) -> None:
    with written_whole(file) as beside:
        np.savez_compressed(beside, **vars(evaluation))


def read_evaluation(run: Run) -> Evaluation | None:
    """The run's evaluation, or None if there is none that can be read."""
    return load_evaluation(run.path / "evaluation.npz")


def load_evaluation(file: Path) -> Evaluation | None:
    """The evaluation in a file, or None if there is none that can be read."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            probabilities, labels = arrays["probabilities"], arrays["labels"]
            texts = [str(arrays[key]) for key in ("dataset", "dataset_checksum", "model_sha256")]
    except Exception:  # whatever zipfile and NumPy make of a damaged file
        return None
    if probabilities.shape != (*labels.shape, 10) or labels.ndim != 1:
        return None
    if labels.max(initial=0) > 9 or not np.isfinite(probabilities).all():
        return None
    return Evaluation(probabilities, labels, *texts)


def summary(run: Run) -> dict[str, str]:
    """The final summary of a run that has a network, as labels and values."""
    info, metrics = run.info, run.metrics
    rows = {
        "run": run.name,
        "recipe": f"{run.recipe.name} ({run.recipe.title[0].lower() + run.recipe.title[1:]})",
        "dataset": info["dataset"]["name"],
        "parameters": f"{info.get('parameters', 0):,}",
    }
    if start := info.get("start"):
        rows["starts from"] = f"{start['run']}, {start['layers']} layers"
        if run.recipe.frozen:
            rows["starts from"] += f", {run.recipe.frozen} of them frozen"
    if run.members:
        rows["averages"] = ", ".join(run.members)
    if "epochs" in info:
        seconds, best = info.get("seconds", 0), metrics.get("best_epoch")
        rows["epochs"] = f"{info['epochs']} in {seconds:,.0f} s, best {best}"
    for name, key in (("train", "train"), ("validation", "val"), ("test", "test")):
        if f"{key}_accuracy" in metrics:
            loss = metrics[f"{key}_loss"]
            rows[f"{name} accuracy"] = f"{metrics[f'{key}_accuracy']:.2%}, loss {loss:.4f}"
    return rows


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
