"""The process that puts the network of an older run into LiteRT's form.

python -m mnist_core.networks.converter RUN
"""

from __future__ import annotations

import sys
import time

from mnist_core import background, datasets, runs
from mnist_core.background import LOADING, WORKING, Job, Status
from mnist_core.errors import InputError
from mnist_core.networks.predictor import LITERT
from mnist_core.networks.startup import start_tensorflow
from mnist_core.runs import LiteRtFile, Run


def job(run: Run) -> Job:
    """The job that converts a run, to be watched."""
    sha256 = (run.record.model.sha256 if run.record.model else None) or "unknown"
    return Job.named(runs.models_dir() / ".conversions", f"{run.path.name}-{sha256[:16]}")


def start(run: Run) -> Status | None:
    """Have a run converted in a process of its own, unless one is at it or it failed.

    Returns:
        How far it is; its `problem` says why the run cannot be converted.

    Raises:
        InputError: no process can be started.
    """
    mine = job(run)
    if mine.status() is None:
        mine.start("networks.converter", str(run.path.resolve()))
    return mine.status()


def wait_for(run: Run) -> Run:
    """Have a run converted, and wait until it is.

    Raises:
        InputError: its network cannot be converted or written.
    """
    mine = job(run)
    if (before := mine.status()) is not None and not before.active:
        mine.clear()  # what was wrong may be mended
    start(run)
    while (status := mine.status()) is not None:
        if status.problem:
            raise InputError(status.problem)
        time.sleep(0.05)
    return runs.read(run.path)


def convert(run: Run) -> Run:
    """Write the LiteRT file of a run that has none.

    Raises:
        InputError: the run is broken, or its network cannot be converted or written.
    """
    start_tensorflow()
    from mnist_core.networks import conversion, keras_predictor

    model = keras_predictor.load_model(run)
    digits = datasets.load("optical-digits")
    images = datasets.scale(digits.x_train[: conversion.PROOF_IMAGES])
    made = conversion.write(model, run.path / LITERT, images, run.temperature, run.recipe.tta_angle)
    sha256 = runs.file_sha256(run.model_file)
    found = run.record.model or runs.ModelFile()
    size = found.bytes or run.model_file.stat().st_size
    return runs.change(
        run,
        model=runs.ModelFile(sha256=sha256, bytes=size),
        litert=LiteRtFile(source=sha256, sha256=made),
    )


def main(arguments: list[str]) -> int:
    """The process."""
    background.lower_priority()
    run = runs.read(arguments[0])
    try:
        with job(run).at_work() as note:
            note(LOADING)
            note(WORKING)
            convert(run)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
