"""A network that is trained already, made a finished run's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from mnist_core import datasets, evaluation, runs
from mnist_core.datasets import Dataset
from mnist_core.networks import conversion, saving
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.networks.predictor import LITERT
from mnist_core.runs import Run
from mnist_core.training.imports import Made


def save_as_run(run: Run, model: keras.Model, dataset: Dataset, **entries: Any) -> Run:
    """Save a network that is trained already as a run's, measured on a dataset's test digits.

    Args:
        entries: of run.json, besides those that every finished run has.

    Raises:
        InputError: nothing can be written, or the file reads differently.
    """
    made = write(run.path, model, dataset)
    return runs.change(run, status=runs.FINISHED, process=None, **made.entries(), **entries)


def write(folder: Path, model: keras.Model, dataset: Dataset) -> Made:
    """Write the files of such a run into a folder.

    Returns:
        What its run.json has to say of them.

    Raises:
        InputError: nothing can be written, or the file reads differently.
    """
    model_file = folder / runs.MODEL
    probabilities = KerasPredictor(model).predict(datasets.scale(dataset.x_test))
    saving.save(model, model_file, dataset.x_test[: saving.PROOF_IMAGES], make_folder=False)
    proof = datasets.scale(dataset.x_test[: conversion.PROOF_IMAGES])
    litert = conversion.write(model, folder / LITERT, proof)
    sha256 = runs.file_sha256(model_file)
    runs.write_evaluation(
        folder,
        runs.Evaluation(probabilities, dataset.y_test, dataset.name, dataset.checksum, sha256),
    )
    return Made(
        dataset=runs.DatasetUsed(name=dataset.name, checksum=dataset.checksum),
        parameters=model.count_params(),
        model=runs.ModelFile(sha256=sha256, bytes=model_file.stat().st_size),
        litert=runs.LiteRtFile(source=sha256, sha256=litert),
        metrics=runs.Metrics(
            test_loss=evaluation.loss(probabilities, dataset.y_test),
            test_accuracy=evaluation.accuracy(probabilities, dataset.y_test),
        ),
    )
