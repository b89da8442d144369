"""A search for a good network: what came of it, start, stop, resume.

A search is an Optuna study in an SQLite file (`search_storage`); a process tries one recipe after
another (`searcher`). Trials are compared on validation digits alone. Only the winner is trained
into a run, and only that run is measured on test digits.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnist_core import limits, runs
from mnist_core.background import LOADING, WAITING
from mnist_core.errors import InputError
from mnist_core.experiments import search_storage
from mnist_core.experiments.search_space import (
    AUGMENTED,
    CONVOLUTIONAL,
    DENSE,
    FAMILIES,
    MOST_LAYERS,
    MOST_TRIALS,
    Space,
    check,
    trial_seconds,
)
from mnist_core.experiments.search_storage import (
    Settings,
    ended,
    file_of,
    folder,
    job,
    names,
    only_one,
    opened,
    settings_of,
)
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus
from mnist_core.recipes import Recipe
from mnist_core.runs import Run
from mnist_core.training import queue

__all__ = [
    "AUGMENTED",
    "COMPLETE",
    "CONVOLUTIONAL",
    "DENSE",
    "ENOUGH",
    "FAILED",
    "FAMILIES",
    "FINISHED",
    "INTERRUPTED",
    "LOADING",
    "MOST_LAYERS",
    "MOST_TRIALS",
    "PRUNED",
    "SEARCHING",
    "STOPPED",
    "WAITING",
    "Search",
    "SearchTrial",
    "Settings",
    "Space",
    "asked_to_stop",
    "check",
    "create",
    "delete",
    "extend",
    "importance",
    "job",
    "names",
    "start",
    "state",
    "stop",
    "trial_seconds",
    "winner",
]

ENOUGH = 8  # trials that ran to their end, before anything is said about importance
SEARCHING = "searching"  # besides WAITING and LOADING: a process is at it
FINISHED, STOPPED, INTERRUPTED, FAILED = "finished", "stopped", "interrupted", "failed"
COMPLETE, PRUNED = "complete", "pruned"  # how a trial ends


@dataclass(frozen=True)
class SearchTrial:
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
class Search:
    """What a search has come to."""

    name: str
    settings: Settings
    trials: tuple[SearchTrial, ...]  # that ended, by their numbers
    activity: str  # WAITING, LOADING, SEARCHING, FINISHED, STOPPED, INTERRUPTED or FAILED
    share: float = 0.0  # of the trial under way, 0 to 1
    problem: str | None = None  # one sentence, where it failed
    winner: str | None = None  # the run that the best trial was trained into
    winning_trial: int | None = None  # which one that was: a better one may have come since
    workers: PoolStatus | None = None  # where workers train

    @property
    def active(self) -> bool:
        """Whether a process is at it."""
        return self.activity in (WAITING, LOADING, SEARCHING)

    @property
    def best(self) -> SearchTrial | None:
        """The trial with the highest validation accuracy of those that ran to their end."""
        complete = [trial for trial in self.trials if trial.state == COMPLETE]
        return max(complete, key=lambda trial: (trial.value or 0.0, -trial.number), default=None)

    @property
    def seconds_left(self) -> float | None:
        """As if the trials to come took as long as those until now; None before the first."""
        if self.workers is not None:
            return self.workers.seconds_left
        times = [trial.seconds for trial in self.trials if trial.seconds is not None]
        if not times or not self.active:
            return None
        to_do = self.settings.trials - len(self.trials) - self.share
        return max(0.0, to_do) * sum(times) / len(times)


def state(name: str) -> Search:
    """What a search has come to by now.

    Raises:
        InputError: there is none of that name, or its file cannot be read.
    """
    path = file_of(name)
    stat = path.stat()
    found = _read(path, stat.st_mtime_ns, stat.st_size)
    status = job(name).status()
    if status is None:
        done = len(found.trials) >= found.settings.trials
        return dataclasses.replace(found, activity=FINISHED if done else STOPPED)
    if status.active:
        workers = PoolStatus.from_dict(status.details.get("workers"))
        return dataclasses.replace(
            found, activity=status.state, share=status.share, workers=workers
        )
    if status.lost:
        return dataclasses.replace(found, activity=INTERRUPTED)
    return dataclasses.replace(found, activity=FAILED, problem=status.problem)


@functools.lru_cache(maxsize=32)
def _read(path: Path, *stamp: int) -> Search:
    """What the study says; it does not know whether a process is at it."""
    with opened(path) as study:
        settings = settings_of(study)
        trials: list[SearchTrial] = []
        for number, frozen in ended(study):
            curve = tuple(value for _, value in sorted(frozen.intermediate_values.items()))
            value = frozen.value if frozen.state.name == "COMPLETE" else None
            trials.append(
                SearchTrial(
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


def importance(name: str) -> dict[str, float]:
    """Hyperparameter importance for the validation accuracy, the most important first.

    Shares of 1 by PED-ANOVA (Watanabe, Bansal, Hutter 2023) over the trials that ran to
    their end; empty where there are fewer than `ENOUGH` of them.

    Raises:
        InputError: there is no such search, or its file cannot be read.
    """
    path = file_of(name)
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


# --- start, stop, resume ----------------------------------------------------------------


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
        seed: of the choices and of every trial; the same seed gives the same trials.
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
    limits.check_disk(folder())
    advice = "delete some"
    limits.check_count(len(names()), limits.MOST_SEARCHES, "searches are kept", advice)
    path = folder() / f"{name}.db"
    if path.exists():
        raise InputError(f"There is a search {name} already: resume it or take another name.")
    settings = Settings(dataset, seed, trials, space, at_a_time)
    search_storage.create(path, settings)
    job(name).clear()


def start(name: str, trials: int | None = None, where: ClusterSpec | None = None) -> Search:
    """Start a search, or resume one, in a process that outlives whoever started it.

    One that was stopped or interrupted ends with the trials that it would have had.

    Args:
        trials: how many there shall be in all; by default as many as were asked for.
        where: the workers that train; by default that process does, and takes turns with the
            queue.

    Raises:
        InputError: there is none, its file cannot be used, or there is nothing left to try.
    """
    search = extend(name, trials)
    if not search.active:  # whoever is at it already keeps another one from it
        job(name).start("experiments.searcher", name, *(where.arguments if where else ()))
    return state(name)


def extend(name: str, trials: int | None = None) -> Search:
    """Change how many trials a search shall have in all, and prove that some are left."""
    search = state(name)
    settings = search.settings
    if trials is not None and trials != settings.trials and not search.active:
        check(settings.space, settings.dataset, trials, settings.seed)
        settings = dataclasses.replace(settings, trials=trials)
        with opened(file_of(name)) as study:
            study.set_user_attr("settings", dataclasses.asdict(settings))
        search = state(name)
    if len(search.trials) >= settings.trials and not search.active:
        raise InputError(f"All {settings.trials} trials of {name} are done: ask for more.")
    return search


def stop(name: str) -> None:
    """Ask a search to end.

    The trial under way is done again when the search resumes; workers finish theirs.

    Raises:
        InputError: there is no such search, or the request cannot be written.
    """
    file_of(name)
    job(name).ask_to_stop()


def asked_to_stop(name: str) -> bool:
    """Whether somebody asked for the end."""
    return job(name).asked_to_stop() is not None


def winner(name: str) -> Run:
    """The run of the best trial: submitted to the queue if there is none yet.

    It is trained with the recipe and the seed of the trial. The test digits are read at its
    end, and for no other trial.

    Raises:
        InputError: no trial ran to its end, the search is still running, or nothing can be written.
    """
    if state(name).active:
        raise InputError(f"The search {name} is still running: stop it or wait for its end.")
    with only_one(name), opened(file_of(name)) as study:
        search = state(name)
        best = search.best
        if best is None:
            raise InputError(f"No trial of {name} ran to its end yet: resume the search.")
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
    path = file_of(name)
    with only_one(name):
        try:
            path.unlink()
        except OSError as error:
            raise InputError(
                f"Cannot remove {path} ({error.strerror}): allow writing to its folder."
            ) from error
        job(name).clear()
