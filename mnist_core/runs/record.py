"""What a run.json says, typed: the one place that knows its entries."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mnist_core import recipes
from mnist_core.background import Process
from mnist_core.decoded import decoded
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe

FORMAT = 1  # of run.json; a reader refuses what is newer
QUEUED, RUNNING, FINISHED, STOPPED, FAILED = "queued", "running", "finished", "stopped", "failed"
Status = Literal["queued", "running", "finished", "stopped", "failed"]
STATUSES: tuple[str, ...] = (QUEUED, RUNNING, FINISHED, STOPPED, FAILED)

# What an entry may hold; infinity and "not a number" lie within none of these.
Share = Annotated[float, Meta(ge=0, le=1)]
Loss = Annotated[float, Meta(ge=0, le=1e9)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Count = Annotated[int, Meta(ge=0, le=10**12)]


class DatasetUsed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The digits of a run."""

    name: str
    checksum: str | None = None


class ModelFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What proves that a model file is the one that was saved."""

    sha256: str | None = None
    bytes: Count | None = None


class LiteRtFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The network as LiteRT reads it, beside the model file."""

    source: str | None = None  # SHA-256 of the model file that it was made of
    sha256: str | None = None  # its own


class Metrics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Final figures. Losses are cross-entropies in nats, accuracies shares of 1."""

    best_epoch: Count | None = None  # from 1
    train_loss: Loss | None = None
    train_accuracy: Share | None = None
    test_loss: Loss | None = None
    test_accuracy: Share | None = None
    test_digit_accuracy: Annotated[
        tuple[Share | None, ...], Meta(max_length=10)
    ] = ()  # of each digit; None: there is none of it
    val_loss: Loss | None = None
    val_accuracy: Share | None = None
    # Of trials of studies: on the digits trained on, dropout off, and on drawn digits.
    trained_accuracy: Share | None = None
    drawn_accuracy: Share | None = None


class Start(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The run whose weights a run began with."""

    run: str
    layers: Count = 0  # whose weights were taken
    datasets: tuple[str, ...]  # that had shaped them
    sha256: str | None = None  # of its model file


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run that an ensemble averages."""

    run: str
    sha256: str | None = None  # of its model file
    datasets: tuple[str, ...]


class Ensemble(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    members: tuple[Member, ...] = ()


class StudyMark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The study that a trial belongs to, and the value of the choice that it tries."""

    name: str
    value: str


@decoded
class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a run.json holds. What a run does not know yet, or never will, is None."""

    format: int = FORMAT
    name: str = ""
    recipe: Recipe = Recipe("unknown", "unknown", ())
    dataset: DatasetUsed = DatasetUsed(name="unknown")
    seed: int = 0
    status: Status = "failed"
    created: str = ""  # times in ISO 8601, UTC
    order: int = 0  # ns since 1970: of several runs created within a second
    study: StudyMark | None = None
    started: str | None = None
    process: Process | None = None  # that trains it
    versions: dict[str, str] = {}
    reason: str | None = None  # why it failed, one sentence
    command: str | None = None  # that was given
    start: Start | None = None
    ensemble: Ensemble | None = None
    parameters: Count | None = None
    images: Count | None = None  # trained on in an epoch, all renderings counted
    temperature: Annotated[float, Meta(gt=0, le=1e6)] = (
        1.0  # by which logits are divided; 1 leaves them as they are
    )
    # Below it an answer is "not sure". The entry keeps the name that older runs have it by.
    confidence_threshold: Share = msgspec.field(default=0.5, name="sure_above")
    finished: str | None = None
    seconds: Seconds | None = None  # of training
    epochs: Count | None = None  # trained
    model: ModelFile | None = None
    litert: LiteRtFile | None = None
    metrics: Metrics = Metrics()
    note: str | None = None  # that somebody typed


def decode(text: bytes, name: str) -> Record:
    """The record that a run.json holds.

    Args:
        name: of the run, for the sentence.

    Raises:
        InputError: it is no JSON, of a newer format, or garbled; the sentence says where.
    """
    try:
        values = msgspec.json.decode(text)
        if not isinstance(values, dict):
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise InputError(f"The run.json of {name} cannot be read: delete the run.") from error
    version = values.get("format")
    if not isinstance(version, int):
        raise InputError(
            f"The run.json of {name} says no format: train the run again or delete it."
        )
    if version > FORMAT:
        raise InputError(
            f"The run {name} has format {version}, newer than this program reads ({FORMAT}): "
            "update the program."
        )
    try:
        recipe = Recipe.from_dict(values.get("recipe", {}))
        recipes.check(recipe)
    except (InputError, TypeError, ValueError) as error:
        raise InputError(
            f"The run {name} has no readable recipe: train it again or delete it."
        ) from error
    if values.get("status") not in STATUSES:
        raise InputError(f"The run {name} has no known status: train it again or delete it.")
    # An entry that is empty is as good as none.
    known = {key: value for key, value in values.items() if value is not None}
    if not isinstance(known.get("dataset"), dict):
        raise InputError(_garbled(name, "it names no dataset"))
    try:
        return msgspec.convert({**known, "recipe": recipe}, Record)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InputError(_garbled(name, str(error).replace("`", ""))) from error


def _garbled(name: str, why: str) -> str:
    return f"The run.json of {name} is garbled ({why}): train the run again or delete it."


def encode(record: Record) -> str:
    """The text of a run.json."""
    values: dict[str, Any] = msgspec.to_builtins(record)
    if "recipe" in values:
        values["recipe"] = record.recipe.to_dict()
    # Whatever else may have its default: these say which program wrote it, and what it is.
    values = {"format": record.format, "name": record.name, **values, "seed": record.seed}
    values["status"] = record.status
    return msgspec.json.format(msgspec.json.encode(values), indent=2).decode() + "\n"


def replace(record: Record, **entries: Any) -> Record:
    """The record with other entries; None puts back an entry's default."""
    usual = Record()
    changed = {key: getattr(usual, key) if v is None else v for key, v in entries.items()}
    return msgspec.structs.replace(record, **changed)
