"""Training here beside Keras' own way: seconds from start to saved run, and accuracy.

"Plain" is `model.compile`, `model.fit`, `model.evaluate` and `model.save`, as the reports
do it. "Here" is `training.train` with a run directory, its live curves and nine watched
digits. Both run in this process, one after the other, and alternate.

    python benchmarks/training.py [--seeds 5] [--convnet-epochs 15]
"""

import argparse
import dataclasses
import os
import statistics
import tempfile
import time
from pathlib import Path

import keras

from common import need, print_table
from mnist_core import datasets, recipes
from mnist_core.datasets import Dataset
from mnist_core.networks import architectures
from mnist_core.recipes import Recipe
from mnist_core.training import training_run
from mnist_core.training.listeners import Listeners


def plain(recipe: Recipe, dataset: Dataset, seed: int, folder: Path) -> tuple[float, float]:
    """Seconds and test accuracy of Keras' own way."""
    started = time.perf_counter()
    keras.utils.set_random_seed(seed)
    x_train, x_test = datasets.scale(dataset.x_train), datasets.scale(dataset.x_test)
    y_train, y_test = datasets.one_hot(dataset.y_train), datasets.one_hot(dataset.y_test)
    model = architectures.build(recipe)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        x_train,
        y_train,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_split=recipe.validation_split,
        verbose=0,
    )
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    model.save(folder / "plain.keras")
    return time.perf_counter() - started, float(accuracy)


def here(recipe: Recipe, dataset: Dataset, seed: int) -> tuple[float, float]:
    """Seconds and test accuracy of this project's way."""
    started = time.perf_counter()
    run = training_run.train(recipe, dataset, seed, listeners=Listeners(lambda _: None))
    return time.perf_counter() - started, float(run.metrics.test_accuracy or 0)


def row(name: str, measured: list[tuple[float, float]], compared: float) -> list[str]:
    """A line of the table from (seconds, accuracy) of each seed."""
    seconds, accuracies = [one for one, _ in measured], [other for _, other in measured]
    std = f" ± {statistics.stdev(accuracies):.2%}" if len(accuracies) > 1 else ""
    median = statistics.median(seconds)
    return [
        name,
        f"{median:.1f}",
        f"{median / compared:.0%}",
        f"{statistics.mean(accuracies):.2%}{std}",
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--convnet-epochs", type=int, default=15, help="the example has 15")
    given = options.parse_args()
    need("mnist")
    dataset = datasets.load("mnist")
    convnet = dataclasses.replace(recipes.get("keras-convnet"), epochs=given.convnet_epochs)
    fast = recipes.get("fast-cnn")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder
        # TensorFlow's own start is nobody's training time.
        short = dataclasses.replace(convnet, epochs=1)
        plain(short, datasets.load("optical-digits"), 0, Path(folder))
        head = ["network", "seconds", "of the plain way", "test accuracy"]
        rows = []
        ann = recipes.get("report-ann")
        pairs = [
            (plain(ann, dataset, seed, Path(folder)), here(ann, dataset, seed))
            for seed in range(given.seeds)
        ]
        usual = [pair[0] for pair in pairs]
        ours = [pair[1] for pair in pairs]
        base = statistics.median(seconds for seconds, _ in usual)
        epochs = f"{ann.epochs} epochs, {given.seeds} seeds"
        rows.append(row(f"report ANN, {epochs}, plain", usual, base))
        rows.append(row(f"report ANN, {epochs}, here", ours, base))
        usual = [plain(convnet, dataset, 0, Path(folder))]
        ours = [here(convnet, dataset, 0)]
        base = usual[0][0]
        epochs = f"{convnet.epochs} epochs"
        rows.append(row(f"Keras' example, {epochs}, plain", usual, base))
        rows.append(row(f"Keras' example, {epochs}, here", ours, base))
        quick = [here(fast, dataset, seed) for seed in range(3)]
        rows.append(row("fast-cnn, 3 seeds, here", quick, base))
        print_table(head, rows)


if __name__ == "__main__":
    main()
