"""A training run, from its directory to its directory."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mnist_core import background, datasets, evaluation, recipes, runs
from mnist_core.background import Note
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation import calibration
from mnist_core.evaluation.comparison import DRAWN
from mnist_core.networks import architectures, conversion, keras_predictor, saving
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.networks.predictor import LITERT
from mnist_core.recipes import Recipe
from mnist_core.runs import DatasetUsed, LiteRtFile, Metrics, ModelFile, Run
from mnist_core.training import preparation, transfer
from mnist_core.training.checkpoints import History
from mnist_core.training.epochs import EpochKeeper
from mnist_core.training.listeners import Listeners
from mnist_core.training.loop import best_epoch, fit
from mnist_core.training.reporter import Reporter

READ_AT_A_TIME = 500  # digits


def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    name: str | None = None,
    listeners: Listeners | None = None,
    command: str | None = None,
) -> Run:
    """Train a recipe into a new run directory, evaluate it on the test set, and save it.

    Args:
        seed: the same seed gives the same weights on the same machine with the same
            number of cores; another machine may round sums in another order.
        name: of the run; by default the recipe's with date and time.
        command: that was given, to be noted in the run.

    Returns:
        The finished run.

    Raises:
        InputError: hyperparameters or a name that cannot be used, or a loss that diverges.
    """
    recipes.layer_table(recipe)
    transfer.check(recipe)
    preparation.split(datasets.subset(dataset, recipe.train_images, seed), recipe)
    # It never waits in the queue: a worker that looks now has to see that somebody is at it.
    run = runs.create(
        recipe,
        dataset.name,
        seed,
        name,
        status=runs.RUNNING,
        process=background.this_process(),
        command=command,
    )
    return train_run(run, dataset, listeners)


def train_run(
    run: Run,
    dataset: Dataset,
    listeners: Listeners | None = None,
) -> Run:
    """Train a run that waits, or resume one that was interrupted.

    The run directory says all the while how far it is, and somebody may ask there for the
    end (`runs.ask_to_stop`): then the best weights so far are kept and evaluated. A run that
    resumes ends with the weights that it would have had without the interruption.

    Raises:
        InputError: as `train`. The run has failed then, and says why.
    """
    began = time.perf_counter()
    listeners = listeners or Listeners()
    with background.claim(runs.job(run.path).claim_file), _reported(run) as note:
        run = _begin(run, dataset)
        reporter = Reporter(run.path, note, dataset, listeners.on_progress)
        model, history = _trained(run, dataset, listeners, reporter)
        note("evaluating")
        final, entries = _calibrated(model, run, dataset)
        probabilities = final.predict(datasets.scale(dataset.x_test))
        further = trial_metrics(final, run, dataset) if run.record.study else {}
        best = best_epoch(run.recipe, history, early=model.stop_training)
        metrics = _metrics(history[best], best, probabilities, dataset, further)
        saved = _save(run, model, dataset, probabilities)
        proof = datasets.scale(dataset.x_test[: conversion.PROOF_IMAGES])
        temperature = entries.get("temperature", 1.0)
        angle = run.recipe.tta_angle
        made = conversion.write(model, run.path / LITERT, proof, temperature, angle)
        litert = LiteRtFile(source=saved.sha256, sha256=made)
        entries |= {"model": saved, "litert": litert}
        status = runs.STOPPED if reporter.stopped else runs.FINISHED
        runs.log(run.path, f"{status}: test accuracy {metrics.test_accuracy:.4f}")
        seconds = round(reporter.seconds_before + time.perf_counter() - began, 1)
        run = runs.change(
            run,
            **entries,
            status=status,
            finished=runs.now(),
            seconds=seconds,
            epochs=len(history),
            metrics=metrics,
            process=None,
        )
    (run.path / runs.CHECKPOINT).unlink(missing_ok=True)
    return run


@contextlib.contextmanager
def _reported(run: Run) -> Iterator[Note]:
    """Say how far a run is, and why it failed if it does."""
    job = runs.job(run.path)
    note = Note(job)
    try:
        yield note
    except BaseException as error:
        reason = _in_a_sentence(error)
        # It may have been deleted meanwhile, or the disk may be what is wrong.
        with contextlib.suppress(InputError, OSError):
            runs.log(run.path, f"failed: {reason}")
            runs.change(run, status=runs.FAILED, reason=reason, finished=runs.now(), process=None)
        if isinstance(error, OSError | MemoryError | tf.errors.ResourceExhaustedError):
            raise InputError(reason) from error
        raise
    finally:
        note.forget()
        # A run that is to be discarded keeps the request until it is deleted.
        if job.asked_to_stop() != runs.DISCARD:
            job.stop_file.unlink(missing_ok=True)


def _in_a_sentence(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted at the keyboard."
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return "There is not enough memory: take a smaller network, batch or dataset."
    if isinstance(error, OSError):
        return f"A file cannot be written ({error.strerror or error}): free some space."
    return str(error) or type(error).__name__


def _begin(run: Run, dataset: Dataset) -> Run:
    """Write down what a run is trained with."""
    return runs.change(
        run,
        dataset=DatasetUsed(name=dataset.name, checksum=dataset.checksum),
        status=runs.RUNNING,
        reason=None,
        started=run.record.started or runs.now(),
        process=background.this_process(),
        versions={
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    )


def _trained(
    run: Run, dataset: Dataset, listeners: Listeners, reporter: Reporter
) -> tuple[keras.Model, History]:
    """The run's network, trained, and its curves."""
    recipe, seed = run.recipe, run.record.seed
    chosen = datasets.subset(dataset, recipe.train_images, seed)
    train_part, _ = preparation.split(chosen, recipe)
    keras.utils.set_random_seed(seed)
    model = architectures.build(recipe)
    checkpoint = run.path / runs.CHECKPOINT
    if recipe.start_from and not checkpoint.is_file():
        run = runs.change(run, start=transfer.take_weights(model, recipe))
    transfer.freeze(model, recipe.frozen)

    def prepare(share: float) -> None:
        reporter.prepare(share)
        if listeners.on_preparation:
            listeners.on_preparation(share)

    digits = preparation.training_digits(chosen, train_part, recipe, seed, prepare)
    runs.change(run, parameters=model.count_params(), images=len(digits[0]))
    # What is trained for a study is measured and thrown away.
    keepers = [] if run.record.study else [EpochKeeper(run.path)]
    history = fit(
        model,
        recipe,
        digits,
        preparation.validation_digits(chosen, recipe),
        seed,
        reporter.report,
        [*listeners.callbacks, reporter, *keepers],
        checkpoint,
    )
    return model, history


def _calibrated(
    model: keras.Model, run: Run, dataset: Dataset
) -> tuple[KerasPredictor, dict[str, Any]]:
    """The network as it will read, and what the record has to say of that."""
    recipe, entries = run.recipe, {}
    if recipe.calibrate:
        chosen = datasets.subset(dataset, recipe.train_images, run.record.seed)
        validation = preparation.validation_digits(chosen, recipe)
        entries = calibration.calibrate(KerasPredictor(model, angle=recipe.tta_angle), *validation)
    temperature = entries.get("temperature", 1.0)
    if temperature == 1.0 and not recipe.tta_angle:
        return keras_predictor.of(model), entries
    return KerasPredictor(model, temperature=temperature, angle=recipe.tta_angle), entries


def _metrics(
    best_row: Mapping[str, float],
    best: int,
    probabilities: npt.NDArray[np.float32],
    dataset: Dataset,
    further: Mapping[str, float],
) -> Metrics:
    """The final figures.

    Args:
        best_row: the row of the epoch whose weights were kept.
        best: that epoch's index.
    """
    return Metrics(
        best_epoch=best + 1,
        train_loss=best_row["loss"],
        train_accuracy=best_row["accuracy"],
        test_loss=evaluation.loss(probabilities, dataset.y_test),
        test_accuracy=evaluation.accuracy(probabilities, dataset.y_test),
        test_digit_accuracy=tuple(
            None if np.isnan(share) else round(float(share), 4)
            for share in evaluation.digit_accuracy(probabilities, dataset.y_test)
        ),
        val_loss=best_row.get("val_loss"),
        val_accuracy=best_row.get("val_accuracy"),
        **further,
    )


def _save(
    run: Run, model: keras.Model, dataset: Dataset, probabilities: npt.NDArray[np.float32]
) -> ModelFile:
    """Save the network and what it made of the test digits."""
    saving.save(model, run.model_file, dataset.x_test[: saving.PROOF_IMAGES], make_folder=False)
    sha256 = runs.file_sha256(run.model_file)
    runs.write_evaluation(
        run.path,
        runs.Evaluation(probabilities, dataset.y_test, dataset.name, dataset.checksum, sha256),
    )
    return ModelFile(sha256=sha256, bytes=run.model_file.stat().st_size)


def trial_metrics(reader: KerasPredictor, run: Run, dataset: Dataset) -> dict[str, float]:
    """What a study wants to know of a network besides.

    Returns:
        `trained_accuracy`, on the digits that it was trained on, and `drawn_accuracy`, if the
        drawn digits are on this machine.
    """
    chosen = datasets.subset(dataset, run.recipe.train_images, run.record.seed)
    part, _ = preparation.split(chosen, run.recipe)
    labels, right = chosen.y_train[part], 0
    for at in range(0, len(part), READ_AT_A_TIME):
        images = chosen.x_train[part[at : at + READ_AT_A_TIME]]
        guesses = reader.predict(datasets.scale(images)).argmax(axis=1)
        right += int((guesses == labels[at : at + READ_AT_A_TIME]).sum())
    found = {"trained_accuracy": right / len(part)}
    if datasets.at_hand(DRAWN):
        drawn, drawn_labels = datasets.pens_test()
        read = reader.predict(datasets.scale(drawn))
        found["drawn_accuracy"] = evaluation.accuracy(read, drawn_labels)
    return found
