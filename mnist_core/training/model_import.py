"""Networks trained elsewhere, imported as runs."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mnist_core import background, datasets, evaluation, recipes, runs
from mnist_core.datasets import Dataset
from mnist_core.drawing import SIDE
from mnist_core.errors import InputError
from mnist_core.networks import conversion, saving
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.networks.predictor import LITERT
from mnist_core.recipes import IMPORTED, Recipe
from mnist_core.runs import DatasetUsed, LiteRtFile, Metrics, ModelFile, Run

LARGEST = 200_000_000  # bytes that an imported file may unpack to
MOST_PARAMETERS = 20_000_000


def import_keras(data: bytes, name: str, dataset: Dataset) -> Run:
    """Make a run of a `.keras` file, evaluated on a dataset's test digits.

    The network must take 28×28 images in [0, 1], as (28, 28), (28, 28, 1) or 784 numbers, and
    give ten numbers; if those are no probabilities, a softmax makes them so.

    Args:
        data: the file's content.
        name: of the new run.

    Raises:
        InputError: no such file, other shapes, a network that brings code of its own, or a
            name that cannot be used.
    """
    runs.check_name(name)
    model = _fitted(_loaded(data))
    recipe = Recipe(IMPORTED, "A network that was imported", (), dataset=dataset.name)
    # It never waits in the queue: there is nothing to train.
    run = runs.create(
        recipe,
        dataset.name,
        0,
        name,
        status=runs.RUNNING,
        process=background.this_process(),
    )
    try:
        return save_as_run(run, model, dataset)
    except BaseException:
        runs.delete(runs.change(run, status=runs.FAILED, process=None))
        raise


def save_as_run(run: Run, model: keras.Model, dataset: Dataset, **entries: Any) -> Run:
    """Save a network that is trained already as a run's, measured on a dataset's test digits.

    Args:
        entries: of run.json, besides those that every finished run has.

    Raises:
        InputError: nothing can be written, or the file reads differently.
    """
    probabilities = KerasPredictor(model).predict(datasets.scale(dataset.x_test))
    saving.save(model, run.model_file, dataset.x_test[: saving.PROOF_IMAGES], make_folder=False)
    proof = datasets.scale(dataset.x_test[: conversion.PROOF_IMAGES])
    made = conversion.write(model, run.path / LITERT, proof)
    sha256 = runs.file_sha256(run.model_file)
    runs.write_evaluation(
        run.path,
        runs.Evaluation(probabilities, dataset.y_test, dataset.name, dataset.checksum, sha256),
    )
    return runs.change(
        run,
        dataset=DatasetUsed(name=dataset.name, checksum=dataset.checksum),
        status=runs.FINISHED,
        finished=runs.now(),
        parameters=model.count_params(),
        model=ModelFile(sha256=sha256, bytes=run.model_file.stat().st_size),
        litert=LiteRtFile(source=sha256, sha256=made),
        metrics=Metrics(
            test_loss=evaluation.loss(probabilities, dataset.y_test),
            test_accuracy=evaluation.accuracy(probabilities, dataset.y_test),
        ),
        process=None,
        **entries,
    )


def _loaded(data: bytes) -> keras.Model:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # A few kilobytes can unpack to any size: look before reading.
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                raise InputError(f"The file unpacks to more than {LARGEST // 10**6} MB.")
            if archive.testzip() is not None or "config.json" not in archive.namelist():
                raise InputError("This zip file is no .keras file: save the network with Keras 3.")
    except InputError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise InputError(
            "The file is no whole .keras file, perhaps cut short: upload it again."
        ) from error
    handle, file = tempfile.mkstemp(suffix=".keras")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        # In safe mode Keras refuses layers that bring code of their own.
        return keras.models.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras makes of a damaged or foreign file
        code = any(word in str(error).lower() for word in ("unsafe", "lambda", "custom", "locate"))
        raise InputError(
            "The network has layers with code of their own, which is not run here: save it "
            "with Keras' own layers only."
            if code
            else "Keras cannot read this network: save it again with Keras 3 as .keras."
        ) from error
    finally:
        Path(file).unlink(missing_ok=True)


def _fitted(model: keras.Model) -> keras.Model:
    """The model as one that takes (n, 28, 28) and gives probabilities (n, 10)."""
    takes, gives = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    shapes = {(None, SIDE, SIDE), (None, SIDE, SIDE, 1), (None, SIDE * SIDE)}
    if not isinstance(takes, tuple) or takes not in shapes or gives != (None, recipes.CLASSES):
        raise InputError(
            f"The network takes {takes} and gives {gives}: it must take one image of 28×28 "
            "pixels and give ten numbers."
        )
    if model.count_params() > MOST_PARAMETERS:
        raise InputError(f"The network has more than {MOST_PARAMETERS:,} parameters.")
    noise = np.random.default_rng(0).random((16, SIDE, SIDE)).astype(np.float32)
    try:
        given = np.asarray(model(noise.reshape(-1, *takes[1:]), training=False))
    except Exception as error:
        raise InputError("The network cannot read an image: save it again with Keras 3.") from error
    if not np.isfinite(given).all():
        raise InputError("The network's outputs are no finite numbers: its weights are damaged.")
    certain = (given >= 0).all() and (given <= 1).all()
    if takes == (None, SIDE, SIDE) and certain:
        return model
    inputs = keras.Input((SIDE, SIDE), name="image")
    flow = inputs
    if takes != (None, SIDE, SIDE):
        flow = keras.layers.Reshape(takes[1:])(flow)
    flow = model(flow)
    if not certain:
        flow = keras.layers.Softmax()(flow)
    return keras.Model(inputs, flow)
