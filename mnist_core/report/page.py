"""A report of a run: one HTML file that needs no network, no scripts and no other file.

It holds what a course hands in: data analysis, architecture, configuration, curves,
evaluation, confusion matrix, classification report, predictions, mistakes, calibration and
a final summary. Everything is read from the run directory; the pictures of digits come
from the dataset, if it is on this machine and the one that the run was measured on.
"""

from __future__ import annotations

from pathlib import Path

from mnist_core import datasets, runs
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.report import parts
from mnist_core.report.rendering import environment
from mnist_core.runs import Evaluation, Run


def refusal(run: Run) -> str | None:
    """Why there can be no report of a run, in one sentence; None if there can be one."""
    if run.problem:
        return run.problem
    if run.status in (runs.QUEUED, runs.RUNNING):
        return f"The run {run.name} is {run.status}: ask for its report when it has finished."
    if not run.usable:
        return f"The run {run.name} has {run.status}: train it again to have a report of it."
    if run.members:
        return f"The run {run.name} averages others: ask for the report of one of them."
    if run.metrics.train_accuracy is None or run.metrics.test_accuracy is None:
        return f"The run {run.name} holds no final figures: train it again."
    return None


def write(run: Run, path: Path) -> None:
    """Write a run's report to a file.

    Raises:
        InputError: the run is not finished or is broken, or the file cannot be written.
    """
    text = make(run)
    with written_whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


def make(run: Run) -> str:
    """A run's report as the text of an HTML file.

    Raises:
        InputError: the run is not finished or is broken.
    """
    if reason := refusal(run):
        raise InputError(reason)
    found = runs.read_evaluation(run)
    if found is None or not len(found.labels):
        raise InputError(f"The evaluation of {run.name} cannot be read: train the run again.")
    dataset, note = _dataset(run, found)
    return (
        environment()
        .get_template("report.html")
        .render(
            note=note,
            seed=parts.SEED,
            head=parts.head(run),
            data=parts.data(dataset),
            architecture=parts.architecture(run),
            configuration=parts.configuration(run),
            training=parts.training(run),
            evaluation=parts.evaluation_of(found),
            confusion=parts.confusion(found),
            classification=parts.classification(found),
            predictions=parts.predictions(dataset, found),
            mistakes=parts.mistakes(dataset, found),
            calibration=parts.calibration(found),
            summary=parts.summary(run),
        )
    )


def _dataset(run: Run, found: Evaluation) -> tuple[Dataset | None, str]:
    """The dataset that the run was measured on, or None and a sentence that says why."""
    name = found.dataset
    without = "so this report has no pictures of its digits."
    try:
        if not datasets.at_hand(name):
            return None, f"The dataset {name} is not on this machine, {without}"
        dataset = datasets.load(name, fetch=False)
    except InputError as error:
        return None, f"{str(error).rstrip('.')}; {without}"
    if dataset.checksum != found.dataset_checksum:
        return None, f"The dataset {name} on this machine is not the one of this run, {without}"
    return dataset, ""
