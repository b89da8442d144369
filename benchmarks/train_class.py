"""Train together: how long it takes from the press, and what it gives on members held out.

Each member writes the digits of one writer of `uji-pen`, two of each. (The default run was trained
on three in four of these people.) What is pressed on the page is done here: a run is queued, a
process of its own trains it. Accuracy before (the default run) and after, on the digits of the
members who were held out whole, and on MNIST's test digits, so that what is forgotten is seen too.
The report's network comes from fresh weights.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from common import need, print_table
from mnist_core import classroom, datasets, evaluation, predictor, runs
from mnist_core.evaluation import gain
from mnist_core.runs import Run
from mnist_core.training import classes, queue

CANVAS = 300  # units, as wide as a phone's canvas


def fill(members: int, digits: int) -> str:
    """A class of so many members with so many digits each; its code."""
    store = classroom.store()
    code = store.open_class("benchmark").code
    pens = datasets.load("uji-pen", fetch=False)
    assert pens.writers_train is not None
    assert pens.writers_test is not None
    written = [
        *zip(pens.strokes_train, pens.y_train, pens.writers_train, strict=True),
        *zip(pens.strokes_test, pens.y_test, pens.writers_test, strict=True),
    ]
    for writer in sorted({int(writer) for *_, writer in written})[:members]:
        token, _ = store.join(code)
        own = [(strokes, label) for strokes, label, by in written if by == writer]
        for strokes, label in own[:digits]:
            points = np.concatenate(strokes)
            low, size = points.min(axis=0), max(1.0, float(np.ptp(points, axis=0).max()))
            drawn = [np.round((path - low) / size * CANVAS).astype(int).tolist()
                     for path in strokes]  # fmt: skip
            digit = {"id": str(uuid.uuid4()), "label": int(label), "strokes": drawn}
            store.add(code, token, digit | {"label_source": "prompted"})
    return code


def trained(code: str, from_nothing: bool) -> tuple[Run, float]:
    """The run that the page's button trains, and the seconds until it has finished."""
    recipe = (classes.from_nothing if from_nothing else classes.fine_tuned)(code)
    began = time.perf_counter()
    run = queue.submit(recipe, recipe.dataset, 1, classes.free_name(code))
    while runs.read(run.path).active:
        queue.tend()
        time.sleep(0.1)
    seconds = time.perf_counter() - began
    run = runs.read(run.path)
    if not run.usable:
        sys.exit(f"The training failed: {run.record.reason}")
    return run, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=30)
    parser.add_argument("--digits", type=int, default=20, help="of each member, 20 at most")
    options = parser.parse_args()
    for name in ("mnist", "uji-pen"):
        need(name)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = str(Path(folder) / "models")
        os.environ.pop("CLASSROOM_DATABASE", None)
        runs.models_dir().mkdir()
        code = fill(options.members, options.digits)
        tests = datasets.load(f"class-{code}", fetch=False)
        mnist = datasets.load("mnist", fetch=False)
        base = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
        rows = []
        for from_nothing in (False, True):
            run, seconds = trained(code, from_nothing)
            found = gain.compare(base, run, tests.x_test, tests.y_test)
            read = [
                evaluation.accuracy(
                    predictor.load(one).predict(datasets.scale(mnist.x_test)), mnist.y_test
                )
                for one in (base, run)
            ]
            before, after = found.accuracies
            rows.append([
                "the report's network" if from_nothing else f"{base.name}, fine-tuned",
                f"{len(tests.y_train)} + {run.dataset.rpartition('-')[2]}",
                f"{seconds:.0f} s",
                f"{before:.1%} → {after:.1%} of {len(found.labels)}",
                f"{len(found.saved)}, {len(found.lost)}",
                f"{read[0]:.2%} → {read[1]:.2%}",
            ])  # fmt: skip
    print_table(
        ["network", "digits of the class + of MNIST", "from press to end",
         "members held out", "saved, lost", "MNIST"],
        rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
