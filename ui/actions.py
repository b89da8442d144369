"""Everything that writes to the disk or works for longer than a moment: all of it needs the key.

No page and no other module of `ui` calls the core for such a thing. Each function here raises
InputError for a visitor (`ui.access`), or what the core says is wrong; whoever calls it shows that.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Sequence
from pathlib import Path

from mnist_core import class_file, classroom, datasets, runs
from mnist_core.background import Status
from mnist_core.classroom import Class
from mnist_core.classroom.records import Kind
from mnist_core.datasets import Images
from mnist_core.datasets import hands as hand_datasets
from mnist_core.datasets.embedding import Embedding
from mnist_core.evaluation import results
from mnist_core.evaluation.comparison import Measured
from mnist_core.experiments import search, study_pool, study_trials
from mnist_core.experiments.search import Space
from mnist_core.experiments.study import Study
from mnist_core.experiments.worker_pool import ClusterSpec
from mnist_core.networks import converter
from mnist_core.recipes import Recipe
from mnist_core.report import lesson
from mnist_core.runs import Run
from mnist_core.training import classes, ensembles, hands, imports, queue
from routes import class_work
from ui import access, shared_work
from ui.access import teachers_only
from ui.shared_work import Features, Probabilities

# --- runs ------------------------------------------------------------------------------


@teachers_only
def submit(recipe: Recipe, seed: int, name: str | None) -> Run:
    """Put a training run at the end of the queue."""
    return queue.submit(recipe, recipe.dataset, seed, name)


@teachers_only
def stop(run: Run) -> None:
    queue.stop(run)


@teachers_only
def discard(run: Run) -> Path | None:
    return queue.discard(run)


@teachers_only
def resume(run: Run) -> Run:
    return queue.resume(run)


@teachers_only
def start_again(run: Run) -> Run:
    """Put a run that failed into the queue, to begin with its first epoch."""
    return queue.start_again(run)


@teachers_only
def rename(run: Run, name: str, note: str) -> Run:
    """Give a run a name and a note; what is refused changes neither."""
    return runs.rename(run, name, note)


@teachers_only
def delete(run: Run) -> Path | None:
    return runs.delete(run)


@teachers_only
def restore(deleted: Path) -> Run:
    return runs.restore(deleted)


@teachers_only
def import_keras(content: bytes, name: str) -> Run:
    """Make a run of the content of a `.keras` file, measured on digits of this machine."""
    known = "mnist" if datasets.at_hand("mnist") else "optical-digits"
    return imports.import_keras(content, name, known)


@teachers_only
def learn_hand(content: bytes, name: str) -> Run:
    """Keep a visitor's saved hand as a dataset, and queue a run that is fine-tuned to it."""
    dataset = hand_datasets.keep(content, name)
    return queue.submit(hands.recipe(dataset), dataset, 1, dataset)


@teachers_only
def average(name: str, members: Sequence[Run]) -> Run:
    return ensembles.start(name, members)


@teachers_only
def prepare(run: Run) -> Status | None:
    """Have the network of an older run put into LiteRT's form."""
    return converter.start(run)


# --- searches and studies --------------------------------------------------------------


@teachers_only
def begin_search(
    name: str,
    dataset: str,
    trials: int,
    seed: int,
    space: Space,
    at_a_time: int,
    where: ClusterSpec | None,
) -> None:
    search.create(name, dataset, trials, seed, space, at_a_time)
    search.start(name, where=where)


@teachers_only
def resume_search(name: str, trials: int | None, where: ClusterSpec | None) -> None:
    search.start(name, trials, where)


@teachers_only
def stop_search(name: str) -> None:
    search.stop(name)


@teachers_only
def delete_search(name: str) -> None:
    search.delete(name)


@teachers_only
def train_winner(name: str) -> None:
    search.winner(name)


@teachers_only
def measure_study(study: Study, by: ClusterSpec | None) -> None:
    """Train what is missing of a study: by workers, or by the queue."""
    if by:
        study_pool.start([study.name], by)
    else:
        study_trials.submit(study.trials())


@teachers_only
def stop_study(study: Study) -> None:
    study_trials.stop(study.trials())


@teachers_only
def stop_pool(name: str) -> None:
    study_pool.stop(name)


# --- figures and datasets --------------------------------------------------------------


@teachers_only
def evaluate(run: Run, dataset: str, kind: str) -> None:
    """Begin one of the long works on a run that `evaluation.results` names."""
    results.start(run, dataset, kind)


def measure(run: Run) -> concurrent.futures.Future[Measured]:
    """Try a run on drawn digits; the shipped ones for everybody, as they are few."""
    if not runs.is_shipped(run) and not shared_work.is_measured(run):
        access.require()
    return shared_work.measured(run)


@teachers_only
def download(name: str) -> None:
    shared_work.start_download(name)


@teachers_only
def embed(key: str, images: Images, again: bool = False) -> Embedding:
    """Begin a t-SNE, unless there is one."""
    return shared_work.embedding(key, images, again)


@teachers_only
def read_whole(run: Run, dataset: str) -> tuple[Probabilities, Features]:
    """A run's reading of a dataset's test digits, with the features; each is read once.

    Returns:
        float32 (n, 10) and (n, d).
    """
    return shared_work.whole_reading(run, dataset)


# --- a class ---------------------------------------------------------------------------


@teachers_only
def open_class(name: str) -> Class:
    return classroom.store().open_class(name)


@teachers_only
def open_sample() -> str:
    """The sample class, whose digits the program itself has drawn; its code."""
    return classroom.sample(classroom.store(), class_work.read)


@teachers_only
def set_activity(code: str, kind: Kind, subject: str | None = None) -> None:
    classroom.store().set_activity(code, kind, subject)


@teachers_only
def set_door(code: str, open_now: bool) -> None:
    """Let members in and write, or close the class; what was written stays."""
    store = classroom.store()
    (store.reopen if open_now else store.close)(code)


@teachers_only
def set_admission(code: str, one_by_one: bool) -> None:
    classroom.store().set_admission(code, "one by one" if one_by_one else "all")


@teachers_only
def admit(code: str, member: int) -> None:
    classroom.store().admit(code, member)


@teachers_only
def remove_member(code: str, member: int) -> None:
    """Take a member out, with what they wrote; `bring_member_back` undoes it."""
    classroom.store().remove(code, member)


@teachers_only
def bring_member_back(code: str, member: int) -> None:
    classroom.store().bring_back(code, member)


@teachers_only
def delete_member(code: str, member: int) -> None:
    """Delete a member with all that is theirs, for good."""
    classroom.store().delete_member(code, member)


@teachers_only
def hide_digit(code: str, digit: str, hidden: bool = True) -> None:
    classroom.store().hide(code, digit, hidden)


@teachers_only
def relabel_digit(code: str, digit: str, label: int) -> None:
    classroom.store().relabel(code, digit, label)


@teachers_only
def delete_digit(code: str, digit: str) -> None:
    classroom.store().delete_digit(code, digit)


@teachers_only
def train_class(code: str, from_nothing: bool = False) -> Run:
    """Queue a run that learns from a class: the default run fine-tuned, or fresh weights."""
    recipe = (classes.from_nothing if from_nothing else classes.fine_tuned)(code)
    return queue.submit(recipe, recipe.dataset, 1, classes.free_name(code))


@teachers_only
def set_network(code: str, run: str | None) -> None:
    """Let a run read on all phones of a class; None for the default one."""
    classroom.store().set_network(code, run)


@teachers_only
def save_class(code: str) -> bytes:
    """All that a class has made, as one file."""
    return class_file.save(code)


@teachers_only
def bring_class(content: bytes) -> str:
    """Read back what `save_class` wrote; the code of the new class."""
    return class_file.bring(content)


@teachers_only
def report_lesson(code: str) -> str:
    """The report of a lesson, as the text of an HTML file."""
    return lesson.make(code)


@teachers_only
def delete_class(code: str) -> None:
    """Delete a class with all digits, votes and members, for good."""
    classroom.store().delete_class(code)


@teachers_only
def delete_all_classes() -> None:
    classroom.store().delete_all()
