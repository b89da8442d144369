"""A run directory: found, created, read, listed.

    run.json         recipe, dataset and its checksum, seed, status, times, versions, metrics
    history.csv      epoch, loss, accuracy, val_loss, val_accuracy, seconds
    model.keras      the trained network
    epochs/          what the network was after each epoch, small (see `epochs`)
    evaluation.npz   probabilities on the test set, with the labels
    log.txt          what the training process printed

and, while it is trained:

    progress.json    where the training run is, and what it makes of a few test digits
    live.csv         epoch (as a fraction), loss, accuracy: points within the epochs
    watched.csv      what it made of those test digits by then, moment by moment
    checkpoint.npz   all that is needed to resume after the last whole epoch
    stop             "keep" or "discard": somebody asks for the end

The directory is the only channel between who trains, who shows and who uses a network.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mnist_core import background, folders
from mnist_core.background import Job
from mnist_core.errors import InputError
from mnist_core.files import opened, read_bounded, written_whole
from mnist_core.recipes import ENSEMBLE, IMPORTED, Recipe
from mnist_core.runs import names, record
from mnist_core.runs.record import (
    FAILED,
    FINISHED,
    QUEUED,
    RUNNING,
    STOPPED,
    Member,
    Metrics,
    Record,
    Start,
)

SHIPPED_DIR = folders.shipped_dir()
SHIPPED = ("hands-cnn", "pen-cnn", "cnn", "report-ann")
DEFAULT_RUN = "hands-cnn"
MODEL = "model.keras"
CHECKPOINT = "checkpoint.npz"
LARGEST = 2**20  # bytes of a run.json
AGAIN = 3  # times that runs are listed, at most, where one is renamed or deleted meanwhile


def models_dir() -> Path:
    """Where runs are written: `MODELS_DIR`, or the usual folder (see `folders`)."""
    return folders.models_dir(SHIPPED_DIR)


BROKEN = Record()  # what is known of a broken run: it failed without a word


@dataclass(frozen=True)
class Run:
    """What a run directory says, as it was read.

    `problem` is set where it cannot be used, and says why. `identity` is the directory's own
    number, the same under another name; None if there was no directory.
    """

    path: Path
    record: Record = BROKEN
    problem: str | None = None
    identity: int | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """As people call it, and as every command takes it; see `runs.names`."""
        return names.told(self.record.name, self.path.name)

    @property
    def status(self) -> str:
        return self.record.status

    @property
    def recipe(self) -> Recipe:
        return self.record.recipe

    @property
    def dataset(self) -> str:
        """The name of the dataset."""
        return self.record.dataset.name

    @property
    def metrics(self) -> Metrics:
        return self.record.metrics

    @property
    def temperature(self) -> float:
        """By which the network's logits are divided; 1 leaves them as they are."""
        return self.record.temperature

    @property
    def confidence_threshold(self) -> float:
        """The confidence below which the run should say that it is not sure."""
        return self.record.confidence_threshold

    @property
    def members(self) -> list[str]:
        """The runs that an ensemble averages; of any other run, none."""
        ensemble = self.record.ensemble
        return [member.run for member in ensemble.members] if ensemble else []

    @property
    def model_file(self) -> Path:
        return self.path / MODEL

    @property
    def active(self) -> bool:
        """Whether the run waits to be trained or is in training."""
        return self.problem is None and self.status in (QUEUED, RUNNING)

    @property
    def training(self) -> bool:
        """Whether a process is at it."""
        return self.problem is None and self.status == RUNNING

    @property
    def resumable(self) -> bool:
        """Whether the run was interrupted and can resume after its last whole epoch."""
        return self.problem is None and self.status == FAILED and (self.path / CHECKPOINT).is_file()

    @property
    def restartable(self) -> bool:
        """Whether the run failed and can be trained again from its first epoch."""
        known = self.recipe.name not in (IMPORTED, ENSEMBLE)
        return self.problem is None and self.status == FAILED and known

    @property
    def usable(self) -> bool:
        """Whether the run has a network that can read digits."""
        return self.problem is None and self.status in (FINISHED, STOPPED)


def job(path: Path) -> Job:
    """The files by which the training process in a run directory is watched and stopped."""
    return Job(path / "progress.json", path / "stop", path / "log.txt")


def read(run: str | Path) -> Run:
    """Read a run by name or by directory. It never fails: `problem` says what is wrong."""
    path = locate(run)
    try:
        found = record.decode(read_bounded(path / "run.json", LARGEST), path.name)
        status, problem = _with_true_status(path, found), _problem_of_model(path, found)
        return Run(path, status, problem, identity_of(path))
    except FileNotFoundError:
        what = "has no run.json" if path.is_dir() else "does not exist"
        problem = f"The run {path.name} {what}: train it again or delete it."
    except InputError as error:
        problem = str(error)
    except (OSError, ValueError):
        problem = f"The run.json of {path.name} cannot be read: delete the run."
    return Run(path, problem=problem, identity=identity_of(path))


def identity_of(path: Path) -> int | None:
    """The directory's own number: the same under another name. None if it is gone."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def read_if_changed(run: str | Path) -> Run:
    """As `read`, but files that have not changed since the last time are not opened again."""
    path = locate(run)
    stamp = tuple(_stamp(path / name) for name in ("run.json", MODEL))
    known = _read_before.get(path)
    if stamp == (None, None):  # there is nothing to be kept of it
        _read_before.pop(path, None)
        return read(path)
    if known is None or known[0] != stamp or known[1].status in (QUEUED, RUNNING):
        known = _read_before[path] = stamp, read(path)
    return known[1]


_read_before: dict[Path, tuple[object, Run]] = {}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _problem_of_model(path: Path, found: Record) -> str | None:
    if found.status not in (FINISHED, STOPPED):
        return None
    model = path / MODEL
    broken = f"The model file of {path.name} is {{}}: train the run again or delete it."
    expected = found.model.bytes if found.model else None
    try:
        with opened(model) as file:
            if expected is not None and os.fstat(file.fileno()).st_size != expected:
                return broken.format("incomplete or altered")
            return None if zipfile.is_zipfile(file) else broken.format("damaged")
    except FileNotFoundError:
        return broken.format("missing")
    except OSError:
        return broken.format("no plain file")


def _with_true_status(path: Path, found: Record) -> Record:
    """A run that says it is running but whose process is gone has failed."""
    if found.status == RUNNING and not background.works(found.process, job(path).claim_file):
        return record.replace(
            found, status=FAILED, reason="The training process ended unexpectedly."
        )
    return found


def locate(run: str | Path) -> Path:
    """The directory of a run given by name or path; among names, the user's own come first.

    The name of a shipped run always means that run, whatever else is called so.
    """
    text = str(run)
    if any(sign in text for sign in (os.sep, os.altsep or os.sep)) or text in ("", ".", ".."):
        with contextlib.suppress(OSError, ValueError):
            return Path(run).resolve()
        return SHIPPED_DIR / "no-such-run"
    if text in SHIPPED:
        return SHIPPED_DIR / text
    made = names.directory(text)
    for folder in (models_dir(), SHIPPED_DIR, Path.cwd()):
        for name in (made, text):  # older directories may have names that are made no more
            with contextlib.suppress(OSError, ValueError):
                if (folder / name).is_dir():
                    return folder / name
    return SHIPPED_DIR / made


def named(name: str) -> Run:
    """A run that `all_runs` lists, by its name; `problem` says so if there is none.

    Pages read runs by this, never by `read`: what a browser sends may be the path of anything.
    """
    apart = "/" in name or "\\" in name or "\0" in name
    found = None if apart or name in ("", ".", "..") else locate(name)
    folders = (models_dir(), SHIPPED_DIR)
    if found is None or found.parent not in folders or found.name[0] in "._":
        return Run(Path("unknown"), problem="There is no such run: choose one of the list.")
    return read_if_changed(found)


def reference(run: Run) -> str:
    """What `read` finds a run by from anywhere: its name, or its directory."""
    path = run.path.resolve()
    return run.name if locate(run.name).resolve() == path else str(path)


def name_in(reference: str) -> str:
    """The name of the run that `reference` told; a report tells nobody the way to its folder."""
    path = Path(reference)
    return path.name if path.is_absolute() else reference


def trained_on(run: Run) -> set[str]:
    """The datasets whose training digits shaped a run's weights.

    Those of the run that it started from and of the runs that it averages count too.
    """
    found = run.record
    members = found.ensemble.members if found.ensemble else ()
    parts: list[Member | Start] = [*members, *([found.start] if found.start else [])]
    own = set() if members else {run.dataset}
    return own.union(*(part.datasets for part in parts))


def all_runs(trials: bool = False) -> list[Run]:
    """Every run in `models_dir()` and every shipped one, the default first, then the newest.

    Args:
        trials: whether to give those too that are trained for a study and kept only until
            they are measured.
    """
    for _ in range(AGAIN):
        found = [read_if_changed(path) for path in _directories()]
        if all(run.identity is not None for run in found):  # none was renamed meanwhile
            break
    listed = [run for run in found if (trials or run.record.study is None) and not _begun(run)]
    listed.sort(key=lambda run: run.name)
    listed.sort(key=lambda run: run.record.created, reverse=True)
    listed.sort(key=lambda run: run.name != DEFAULT_RUN)
    return listed


def _directories() -> list[Path]:
    paths: dict[str, Path] = {}
    for folder in (SHIPPED_DIR, models_dir()):
        if folder.is_dir():
            every = (p for p in folder.iterdir() if p.is_dir() and p.name[0] not in "._")
            paths |= {p.name: p for p in every if p.name not in SHIPPED or folder == SHIPPED_DIR}
    return list(paths.values())


def _begun(run: Run) -> bool:
    """Whether a directory is empty: somebody is about to make a run of it."""
    with contextlib.suppress(OSError):
        return run.problem is not None and next(run.path.iterdir(), None) is None
    return True  # it has gone meanwhile


def change(run: Run, **entries: Any) -> Run:
    """Write entries into a run's record, as it is on the disk now; None takes an entry out.

    Raises:
        InputError: the run is gone or broken, or nothing can be written.
    """
    try:
        found = record.decode(read_bounded(run.path / "run.json", LARGEST), run.name)
    except (OSError, ValueError) as error:
        raise InputError(f"The run {run.name} cannot be read any more.") from error
    write(run.path, record.replace(found, **entries))
    return read(run.path)


def write(path: Path, found: Record) -> None:
    """Write a record into a run directory, which has to be there.

    Raises:
        InputError: the directory is gone, or nothing can be written.
    """
    with written_whole(path / "run.json", make_folder=False) as beside:
        beside.write_text(record.encode(found), encoding="utf-8")


def is_shipped(run: Run) -> bool:
    """Whether the run comes with the program."""
    return run.path.resolve().parent == SHIPPED_DIR and run.name in SHIPPED


def now() -> str:
    """The time in ISO 8601, to the second, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
