"""What a hundred images of a new source teach, from fresh weights and from those of a run.

Two sources that no shipped run has seen: scanned digits of 8×8 pixels (`optical-digits`), and
the hand of a held-out writer, by default the one whom the shipped runs read worst. Accuracy on
other digits of the same source, mean and standard deviation over the seeds, which choose the
images too.
"""

import argparse
import dataclasses
import logging

import keras
import numpy as np

from common import need, print_table
from mnist_core import datasets, evaluation, predictor, recipes, runs
from mnist_core.datasets import Dataset
from mnist_core.networks import architectures
from mnist_core.networks.keras_predictor import KerasPredictor
from mnist_core.training import loop, preparation, transfer

IMAGES = 100
EPOCHS = 20
RUNS = ("report-ann", "cnn", "pen-cnn")
WRITER = {writer: f"pen-strokes-{writer}" for writer in datasets.TEST_WRITERS}


def accuracy(name: str, dataset: Dataset, seed: int, start: bool, frozen: int = 0) -> float:
    """Of one training run with a hundred images, on the dataset's test digits."""
    recipe = runs.read(runs.SHIPPED_DIR / name).recipe
    if start:
        recipe = recipes.fine_tuned(recipe, name, frozen)
    # Strokes are taken as they were drawn: with renderings a hundred images would be more.
    recipe = dataclasses.replace(
        recipes.for_few_images(recipe, IMAGES), epochs=EPOCHS, renderings=0
    )
    chosen = datasets.subset(dataset, recipe.train_images, seed)
    training, validating = datasets.split(IMAGES, recipe.validation_split)
    keras.utils.set_random_seed(seed)
    model = architectures.build(recipe)
    if start:
        transfer.take_weights(model, recipe)
        transfer.freeze(model, frozen)
    digits = preparation.training_digits(chosen, training, recipe, seed)
    loop.fit(model, recipe, digits, (chosen.x_train[validating], chosen.y_train[validating]), seed)
    given = KerasPredictor(model, angle=recipe.tta_angle).predict(datasets.scale(dataset.x_test))
    return evaluation.accuracy(given, dataset.y_test)


def summary(values: list[float]) -> str:
    return f"{np.mean(values):.1%} ± {np.std(values, ddof=1):.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--writer", type=int, default=20, choices=WRITER, help="a held-out one")
    options = parser.parse_args()
    need("pen-strokes")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    rows = []
    for source in ("optical-digits", WRITER[options.writer]):
        dataset = datasets.load(source)
        for name in RUNS:
            reader = predictor.load(name)
            before = reader.predict(datasets.scale(dataset.x_test))
            assert reader.run is not None
            layers = len(recipes.widths(reader.run.recipe.hidden))
            row = [source, name, f"{evaluation.accuracy(before, dataset.y_test):.1%}"]
            for start, frozen in ((False, 0), (True, 0), (True, layers)):
                found = [
                    accuracy(name, dataset, seed, start, frozen) for seed in range(options.seeds)
                ]
                row.append(summary(found))
            rows.append(row)
    head = ["source", "network", "the run as it is", "fresh weights", "from its weights"]
    print_table([*head, "only its output trained"], rows)


if __name__ == "__main__":
    main()
