"""A search for a good network: what is tried, what came out of it, start, stop, go on.

A search is an Optuna study in an SQLite file of its own, `models_dir()/.searches/NAME.db`.
The study holds the settings and the trials; beside it lie, for a while,

    NAME.json   where the process is that searches, or why it ended
    NAME.stop   somebody asks for the end
    NAME.log    what the process said

Trials are compared on validation digits alone (`search_worker`). Only the winner is trained into a
run, and only that run is measured on test digits.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import logging
import re
import sqlite3
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import filelock

from mnist_core import background, datasets, recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments.worker_pool import Look
from mnist_core.files import written_whole
from mnist_core.recipes import AUGMENTED, Recipe
from mnist_core.runs import Run
from mnist_core.training import queue

if TYPE_CHECKING:
    import optuna

FORMAT = 1  # of the settings in the study; a reader refuses what is newer
NUMBER = "number"  # attribute of a trial
STUDY = "mnist-search"  # the study's name in its file
DENSE, CONVOLUTIONAL = "dense", "convolutional"
FAMILIES = (DENSE, CONVOLUTIONAL)
MOST_LAYERS, MOST_TRIALS = 4, 10_000
ENOUGH = 8  # trials that ran to their end, before anything is said about importance
WAITING, LOADING, SEARCHING = "waiting", "loading", "searching"  # a process is at it
FINISHED, STOPPED, INTERRUPTED, FAILED = "finished", "stopped", "interrupted", "failed"
COMPLETE, PRUNED = "complete", "pruned"  # how a trial ends
MOST_AT_A_TIME = 64


@dataclass(frozen=True)
class Space:
    """What may be tried. Where there is one choice alone it is taken and not searched."""

    layers: tuple[int, int] = (1, 3)  # hidden dense layers, 0 to 4
    widths: tuple[int, ...] = (32, 64, 128, 256)  # of each of them
    dropout: tuple[float, float] = (0.0, 0.5)  # after each of them
    activations: tuple[str, ...] = ("relu", "tanh")
    optimizers: tuple[str, ...] = ("adam", "rmsprop", "sgd")
    learning_rate: tuple[float, float] = (1e-4, 1e-2)  # drawn by its logarithm
    batch_sizes: tuple[int, ...] = (32, 64, 128, 256)
    augmentations: tuple[str, ...] = ("none",)  # of `AUGMENTED`
    families: tuple[str, ...] = (DENSE,)  # convolutional: two convolutions come first
    filters: tuple[int, ...] = (8, 16)  # of the first convolution, the second has twice as many
    epochs: int = 5  # of each trial that is not pruned
    train_images: int = 0  # chosen with the seed; 0: all of them

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Space:
        """Raises InputError where `values` are not a space's."""
        known = {f.name for f in dataclasses.fields(cls)}
        if not isinstance(values, Mapping) or set(values) - known:
            raise InputError("The settings of this search are garbled: start a new one.")
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**given)


def check(space: Space, dataset: str, trials: int, seed: int, at_a_time: int = 1) -> None:
    """Refuse settings that contradict themselves.

    Raises:
        InputError: one sentence that names the first one.
    """
    if dataset not in datasets.NAMES:
        raise InputError(
            f"There is no dataset {dataset!r}: choose one of {', '.join(datasets.NAMES)}."
        )
    if not 1 <= trials <= MOST_TRIALS:
        raise InputError(f"The number of trials must be 1 to {MOST_TRIALS:,}, not {trials}.")
    recipes.check_seed(seed)
    if not 1 <= at_a_time <= MOST_AT_A_TIME:
        raise InputError(
            f"The number of trials at a time must be 1 to {MOST_AT_A_TIME}, not {at_a_time}."
        )
    for what, low, high, least, most in (
        ("number of hidden layers", *space.layers, 0, MOST_LAYERS),
        ("dropout", *space.dropout, 0.0, 0.9),
        ("learning rate", *space.learning_rate, 1e-8, 100.0),
    ):
        if low > high:
            raise InputError(
                f"The lowest {what} ({low:g}) is above the highest ({high:g}): swap them."
            )
        if low < least or high > most:
            raise InputError(
                f"The {what} must be from {least:g} to {most:g}, not {low:g} to {high:g}."
            )
    choices: dict[str, tuple[Any, ...]] = {
        "width": space.widths,
        "activation": space.activations,
        "optimizer": space.optimizers,
        "batch size": space.batch_sizes,
        "augmentation": space.augmentations,
        "kind of network": space.families,
        "number of filters": space.filters,
    }
    for what, given in choices.items():
        if not given:
            raise InputError(f"Give at least one {what} to choose from.")
        if len(set(given)) < len(given):
            raise InputError(f"A {what} is given twice: give each one once.")
    for what, given, names in (
        ("augmentation", space.augmentations, AUGMENTED),
        ("kind of network", space.families, FAMILIES),
    ):
        for name in given:
            if name not in names:
                raise InputError(f"There is no {what} {name!r}: choose one of {', '.join(names)}.")
    # What is left are ranges that every recipe has: it is enough to look at a few.
    for width in space.widths:
        for activation in space.activations:
            recipes.layer_table(
                Recipe("", "", (recipes.dense(width, activation),), epochs=space.epochs)
            )
    for count in space.filters:
        recipes.layer_table(Recipe("", "", _convolutions(count)))
    for optimizer in space.optimizers:
        recipes.check(Recipe("", "", (), optimizer=optimizer, train_images=space.train_images))
    for batch in space.batch_sizes:
        recipes.check(Recipe("", "", (), batch_size=batch))
    total = datasets.TRAIN_SIZES[dataset][0]
    kept = int(min(space.train_images or total, total) * 0.9)
    if max(space.batch_sizes) > kept:
        raise InputError(
            f"The batch size {max(space.batch_sizes)} is larger than the {kept} training images: "
            "take smaller batches or more images."
        )


def draw(space: Space, trial: optuna.Trial, name: str = "search") -> Recipe:
    """A recipe from the space; what there is to choose is chosen by the trial."""

    def one_of(what: str, choices: tuple[Any, ...]) -> Any:
        return choices[0] if len(choices) == 1 else trial.suggest_categorical(what, choices)

    def number(what: str, low: float, high: float, log: bool = False) -> float:
        return low if low == high else trial.suggest_float(what, low, high, log=log)

    hidden: list[recipes.Layer] = []
    if one_of("family", space.families) == CONVOLUTIONAL:
        hidden += _convolutions(one_of("filters", space.filters))
    low, high = space.layers
    layers = low if low == high else trial.suggest_int("layers", low, high)
    if layers:
        activation = one_of("activation", space.activations)
        dropout = number("dropout", *space.dropout)
        for place in range(1, layers + 1):
            hidden.append(recipes.dense(one_of(f"width_{place}", space.widths), activation))
            if dropout > 0:
                hidden.append(recipes.dropout(dropout))
    return Recipe(
        name,
        "Found by a search",
        tuple(hidden),
        optimizer=one_of("optimizer", space.optimizers),
        learning_rate=number("learning_rate", *space.learning_rate, log=True),
        batch_size=one_of("batch_size", space.batch_sizes),
        augmentation=AUGMENTED[one_of("augmentation", space.augmentations)],
        epochs=space.epochs,
        train_images=space.train_images,
    )


def _convolutions(filters: int) -> tuple[recipes.Layer, ...]:
    return (
        recipes.conv(filters, 5, strides=2, norm=True),
        recipes.conv(2 * filters, strides=2, norm=True),
    )


def trial_seconds(space: Space, dataset: str) -> float:
    """About how long a trial of middling size takes to its end."""
    total, pens = datasets.TRAIN_SIZES[dataset]
    images = int(min(space.train_images or total, total) * 0.9)
    width = sorted(space.widths)[len(space.widths) // 2]
    recipe = Recipe(
        "",
        "",
        (recipes.dense(width),) * (sum(space.layers) // 2),
        batch_size=sorted(space.batch_sizes)[len(space.batch_sizes) // 2],
        epochs=space.epochs,
        augmentation=AUGMENTED[space.augmentations[-1]],
    )
    return queue.estimate(recipe, images, pens) - queue.START_SECONDS + 1


# --- what is known of a search ---------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """One recipe that was tried."""

    number: int  # from 1
    state: str  # COMPLETE or PRUNED
    value: float | None  # validation accuracy, 0 to 1, of the last epoch that it was trained
    params: Mapping[str, Any]  # what was chosen, by the names that `draw` gives
    recipe: Recipe
    seconds: float | None
    curve: tuple[float, ...]  # validation accuracy after each epoch
    note: str | None = None  # why it could not be trained, where it could not


@dataclass(frozen=True)
class Settings:
    """What was asked for."""

    dataset: str
    seed: int
    trials: int
    space: Space
    at_a_time: int = 1  # a trial is chosen by what all but this many trials before it gave


@dataclass(frozen=True)
class Search:
    """What a search has come to."""

    name: str
    settings: Settings
    trials: tuple[Trial, ...]  # that ended, by their numbers
    activity: str  # WAITING, LOADING, SEARCHING, FINISHED, STOPPED, INTERRUPTED or FAILED
    share: float = 0.0  # of the trial under way, 0 to 1
    problem: str | None = None  # one sentence, where it failed
    winner: str | None = None  # the run that the best trial was trained into
    winning_trial: int | None = None  # which one that was: a better one may have come since
    look: Look | None = None  # at the workers, where there are some

    @property
    def active(self) -> bool:
        """Whether a process is at it."""
        return self.activity in (WAITING, LOADING, SEARCHING)

    @property
    def best(self) -> Trial | None:
        """The trial with the highest validation accuracy of those that ran to their end."""
        complete = [trial for trial in self.trials if trial.state == COMPLETE]
        return max(complete, key=lambda trial: (trial.value or 0.0, -trial.number), default=None)

    @property
    def seconds_left(self) -> float | None:
        """As if the trials to come took as long as those until now; None before the first."""
        if self.look is not None:
            return self.look.seconds_left
        times = [trial.seconds for trial in self.trials if trial.seconds is not None]
        if not times or not self.active:
            return None
        to_do = self.settings.trials - len(self.trials) - self.share
        return max(0.0, to_do) * sum(times) / len(times)


def folder() -> Path:
    return runs.models_dir() / ".searches"


def names() -> list[str]:
    """The searches that there are, the latest first."""
    found = []
    for path in folder().glob("*.db"):
        if not path.name.startswith("."):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime_ns, path.stem))
    return [name for _, name in sorted(found, reverse=True)]


def state(name: str) -> Search:
    """What a search has come to by now.

    Raises:
        InputError: there is none of that name, or its file cannot be read.
    """
    path = _file(name)
    stat = path.stat()
    found = _read(path, stat.st_mtime_ns, stat.st_size)
    told = told_of(name)
    if background.alive(told.get("process")):
        activity, share = str(told.get("state", WAITING)), float(told.get("share", 0))
        look = Look.from_dict(told.get("look") or {})
        return dataclasses.replace(found, activity=activity, share=share, look=look)
    if told.get("problem"):
        return dataclasses.replace(found, activity=FAILED, problem=str(told["problem"]))
    if len(found.trials) >= found.settings.trials:
        return dataclasses.replace(found, activity=FINISHED)
    return dataclasses.replace(found, activity=INTERRUPTED if told.get("process") else STOPPED)


@functools.lru_cache(maxsize=32)
def _read(path: Path, *stamp: int) -> Search:
    """What the study says; it does not know whether a process is at it."""
    with opened(path) as study:
        settings = settings_of(study)
        trials: list[Trial] = []
        for number, frozen in ended(study):
            curve = tuple(value for _, value in sorted(frozen.intermediate_values.items()))
            value = frozen.value if frozen.state.name == "COMPLETE" else None
            trials.append(
                Trial(
                    number,
                    frozen.state.name.lower(),
                    curve[-1] if value is None and curve else value,
                    dict(frozen.params),
                    Recipe.from_dict(frozen.user_attrs["recipe"]),
                    frozen.duration.total_seconds() if frozen.duration else None,
                    curve,
                    frozen.user_attrs.get("note"),
                )
            )
        winner, winning = (study.user_attrs.get(key) for key in ("winner", "winning_trial"))
        return Search(
            path.stem, settings, tuple(trials), STOPPED, winner=winner, winning_trial=winning
        )


def ended(study: optuna.Study) -> list[tuple[int, optuna.trial.FrozenTrial]]:
    """The trials of a study that ended, by their numbers, from 1.

    Trials that are trained beside each other lie in the file in the order in which they ended.
    What an older version of this program left there half done is passed over.
    """
    found = [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state.name in ("COMPLETE", "PRUNED") and "recipe" in trial.user_attrs
    ]
    numbered = [(trial.user_attrs.get(NUMBER, at), trial) for at, trial in enumerate(found, 1)]
    return sorted(numbered, key=lambda pair: pair[0])


def importance(name: str) -> dict[str, float]:
    """How much each choice decided over the validation accuracy, the most important first.

    Shares of 1 by PED-ANOVA (Watanabe, Bansal, Hutter 2023) over the trials that ran to
    their end; empty where there are fewer than `ENOUGH` of them.

    Raises:
        InputError: there is no such search, or its file cannot be read.
    """
    path = _file(name)
    done = [trial for trial in state(name).trials if trial.state == COMPLETE]
    return dict(_importance(path, tuple((trial.number, trial.value) for trial in done)))


@functools.lru_cache(maxsize=32)
def _importance(path: Path, complete: tuple[tuple[int, float | None], ...]) -> dict[str, float]:
    if len(complete) < ENOUGH:
        return {}
    with opened(path) as study:
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        evaluator = PedAnovaImportanceEvaluator(target_quantile=0.25)
        with warnings.catch_warnings():
            # That few trials had a second layer, say, can be seen in the list of them.
            warnings.simplefilter("ignore")
            shares = get_param_importances(study, evaluator=evaluator)
        return {key: float(shares[key]) for key in sorted(shares, key=lambda k: (-shares[k], k))}


# --- start, stop, go on ----------------------------------------------------------------


def create(
    name: str,
    dataset: str,
    trials: int,
    seed: int = 0,
    space: Space | None = None,
    at_a_time: int = 1,
) -> None:
    """Write the file of a new search, without a trial.

    Args:
        trials: how many recipes are tried, those that are pruned counted.
        seed: of the choices and of every training; the same seed gives the same trials.
        at_a_time: how many trials workers may train beside each other. Each is chosen by what
            is known of all but that many before it, however many workers there are.

    Raises:
        InputError: settings that contradict themselves, a name that is no plain file name or
            is taken, or a folder that cannot be written to.
    """
    space = space or Space()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
        raise InputError(
            "A search's name must be 1 to 80 letters, digits, dots, dashes or underscores, "
            f"not {name[:80]!r}."
        )
    check(space, dataset, trials, seed, at_a_time)
    path = folder() / f"{name}.db"
    if path.exists():
        raise InputError(f"There is a search {name} already: go on with it or take another name.")
    settings = Settings(dataset, seed, trials, space, at_a_time)
    with written_whole(path) as beside, _storage(beside, 5) as storage:
        import optuna

        study = optuna.create_study(study_name=STUDY, storage=storage, direction="maximize")
        study.set_user_attr("format", FORMAT)
        study.set_user_attr("settings", dataclasses.asdict(settings))
    for leftover in ("json", "stop"):
        side(name, leftover).unlink(missing_ok=True)


def start(name: str, trials: int | None = None, by: Sequence[str] = ()) -> Search:
    """Begin with a search, or go on with one, in a process that outlives whoever started it.

    One that was stopped or interrupted ends with the trials that it would have had.

    Args:
        trials: how many there shall be in all; by default as many as were asked for.
        by: who trains, as on the command line: `--workers N` or `--scheduler ADDRESS`; by
            default that process, which takes turns with the queue of trainings.

    Raises:
        InputError: there is none, its file cannot be used, or there is nothing left to try.
    """
    search = extend(name, trials)
    if not search.active:
        side(name, "stop").unlink(missing_ok=True)
        _spawn(name, by)
    return state(name)


def extend(name: str, trials: int | None = None) -> Search:
    """Change how many trials a search shall have in all, and prove that some are left."""
    search = state(name)
    settings = search.settings
    if trials is not None and trials != settings.trials and not search.active:
        check(settings.space, settings.dataset, trials, settings.seed)
        settings = dataclasses.replace(settings, trials=trials)
        with opened(_file(name)) as study:
            study.set_user_attr("settings", dataclasses.asdict(settings))
        search = state(name)
    if len(search.trials) >= settings.trials and not search.active:
        raise InputError(f"All {settings.trials} trials of {name} are done: ask for more to go on.")
    return search


def stop(name: str) -> None:
    """Ask a search to end.

    The trial under way is done again when it goes on; those that workers are at they finish.

    Raises:
        InputError: there is no such search, or the request cannot be written.
    """
    _file(name)
    with written_whole(side(name, "stop")) as beside:
        beside.write_text("stop")


def asked_to_stop(name: str) -> bool:
    return side(name, "stop").exists()


def winner(name: str) -> Run:
    """The run of the best trial: submitted to the queue of trainings if there is none yet.

    It is trained with the recipe and the seed of the trial. The test digits are read at its
    end, and for no other trial.

    Raises:
        InputError: no trial ran to its end, the search goes on, or nothing can be written.
    """
    if state(name).active:
        raise InputError(f"The search {name} goes on: stop it or wait for its end.")
    with only_one(name), opened(_file(name)) as study:
        search = state(name)
        best = search.best
        if best is None:
            raise InputError(f"No trial of {name} ran to its end yet: go on with the search.")
        if search.winner and search.winning_trial == best.number:
            run = runs.read(search.winner)
            if run.active or run.usable or run.resumable:
                return run
        settings = search.settings
        recipe = dataclasses.replace(
            best.recipe, name=name, title=f"Found by the search {name}, trial {best.number}"
        )
        run = queue.submit(recipe, settings.dataset, settings.seed)
        study.set_user_attr("winner", run.name)
        study.set_user_attr("winning_trial", best.number)
    return run


def delete(name: str) -> None:
    """Remove a search and its trials; a run that was trained from it stays.

    Raises:
        InputError: there is none, somebody is at it, or it cannot be removed.
    """
    path = _file(name)
    with only_one(name):
        try:
            path.unlink()
        except OSError as error:
            raise InputError(
                f"Cannot remove {path} ({error.strerror}): allow writing to its folder."
            ) from error
        for ending in ("json", "stop", "log"):
            side(name, ending).unlink(missing_ok=True)


def _spawn(name: str, by: Sequence[str]) -> None:
    """Start the process. Whoever is at the search already keeps the new one from it."""
    tell(name, {"state": WAITING})  # what cannot be written is told now
    mark = background.start("experiments.search_worker", name, *by, log=side(name, "log"))
    if mark is not None:
        tell(name, {"state": WAITING, "process": mark})


# --- files -----------------------------------------------------------------------------


def side(name: str, ending: str) -> Path:
    """A file beside the study's."""
    return folder() / f"{name}.{ending}"


def told_of(name: str) -> dict[str, Any]:
    """What the process said last; empty if there is nothing that can be read."""
    try:
        told = json.loads(side(name, "json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def tell(name: str, told: Mapping[str, Any]) -> None:
    with written_whole(side(name, "json")) as beside:
        beside.write_text(json.dumps({**told, "time": time.time()}), encoding="utf-8")


def _file(name: str) -> Path:
    path = folder() / f"{name}.db"
    try:
        there = path.is_file() and path.parent == folder()
    except OSError:  # longer than the name of a file can be
        there = False
    if not there:
        known = ", ".join(names()) or "none yet"
        raise InputError(f"There is no search {name[:80]!r}; there are: {known}.")
    return path


@contextlib.contextmanager
def only_one(name: str) -> Iterator[None]:
    """Keep every other process from changing a search.

    Raises:
        InputError: another one is at it.
    """
    lock = filelock.FileLock(side(name, "lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise InputError(
            f"Another process is at the search {name}: wait for it or stop it first."
        ) from None
    except OSError as error:
        raise InputError(
            f"Cannot write to {folder()} ({error.strerror}): free some space or allow writing."
        ) from error
    try:
        yield
    finally:
        lock.release()


def settings_of(study: optuna.Study) -> Settings:
    """Raises InputError for a study that is none of this program's."""
    values, version = study.user_attrs.get("settings"), study.user_attrs.get("format")
    if not isinstance(values, dict) or not isinstance(version, int):
        raise InputError(
            "This file holds an Optuna study of another program: move it elsewhere and start "
            "a new search."
        )
    if version > FORMAT:
        raise InputError(
            f"This search has format {version}, newer than this program reads ({FORMAT}): "
            "update the program."
        )
    return settings_from(values)


def settings_from(values: Mapping[str, Any]) -> Settings:
    """What `dataclasses.asdict` made of settings; raises InputError where they are garbled."""
    try:
        settings = Settings(**{**values, "space": Space.from_dict(values["space"])})
        check(settings.space, settings.dataset, settings.trials, settings.seed, settings.at_a_time)
    except (InputError, TypeError, ValueError, KeyError) as error:
        raise InputError("The settings of this search are garbled: start a new one.") from error
    return settings


@contextlib.contextmanager
def opened(path: Path, patience: float = 2.0) -> Iterator[optuna.Study]:
    """The study in a file.

    Args:
        patience: seconds to wait for another program that has locked the file.

    Raises:
        InputError: the file is locked, damaged, or holds no search; or, while it is open,
            nothing can be written to it.
    """
    with _in_a_sentence(path):
        # Optuna would add its tables to whatever database it is given: look before.
        address = f"file:{quote(str(path.resolve()))}?mode=rw"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=patience)) as look:
            if look.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("malformed")
            tables = {row[0] for row in look.execute("SELECT name FROM sqlite_master")}
            found = look.execute("SELECT study_name FROM studies") if "studies" in tables else ()
            if STUDY not in {row[0] for row in found}:
                raise InputError(
                    f"The file {path} holds no search of this program: move it elsewhere and "
                    "start a new search."
                )
    with _storage(path, patience) as storage:
        import optuna

        yield optuna.load_study(study_name=STUDY, storage=storage)


@contextlib.contextmanager
def _storage(path: Path, patience: float) -> Iterator[optuna.storages.RDBStorage]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with _in_a_sentence(path):
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{path.resolve().as_posix()}",
            engine_kwargs={"connect_args": {"timeout": patience}},
        )
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


@contextlib.contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Turn what SQLite, SQLAlchemy and Optuna make of a file into one sentence."""
    try:
        yield
    except Exception as error:
        found = _cause(error)
        if found is None:
            raise
        said = str(found).lower()
        if "locked" in said or "busy" in said:
            words = "is locked by another program: close that program and try again"
        elif any(part in said for part in ("readonly", "read-only", "unable to open")):
            words = "cannot be written to: allow writing to it and to its folder"
        elif "full" in said or "disk i/o" in said:
            words = "cannot be written because the disk is full: free some space and go on"
        else:
            words = "is damaged: move it elsewhere and start a new search, or restore a copy"
        raise InputError(f"The file {path} {words}.") from error


def _cause(error: BaseException) -> BaseException | None:
    """What went wrong with the database, if that was it."""
    import optuna
    import sqlalchemy.exc

    below: BaseException | None = error
    while below is not None and not isinstance(error, InputError):
        if isinstance(below, sqlite3.Error | sqlalchemy.exc.SQLAlchemyError):
            return below
        below = below.__cause__ or below.__context__
    return error if isinstance(error, optuna.exceptions.StorageInternalError) else None
