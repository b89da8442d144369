"""The learning rate at which each optimizer is compared: what the study `optimizer` takes.

Validation loss of the studies' base after its last epoch, with a seed that no study uses; the
lowest is marked.

    python benchmarks/learning_rates.py [--seed 99]
"""

import argparse
import dataclasses
import os
import tempfile

from common import need, print_table
from mnist_core import datasets, runs
from mnist_core.experiments import studies
from mnist_core.training import training_run

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
TRIED = {  # rates far from the best would only take time
    "sgd": RATES[3:],
    "sgd-momentum": RATES[3:],
    "rmsprop": RATES[:4],
    "adam": RATES[:4],
    "adamw": RATES[:4],
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=99)
    seed = options.parse_args().seed
    need("mnist")
    digits = datasets.load("mnist")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder
        for optimizer, rates in TRIED.items():
            losses = {}
            for rate in rates:
                recipe = dataclasses.replace(studies.BASE, optimizer=optimizer, learning_rate=rate)
                run = training_run.train(recipe, digits, seed, name=f"{optimizer}-{rate:g}")
                losses[rate] = runs.read_history(run)[-1]["val_loss"]
            best = min(losses, key=losses.__getitem__)
            written = {r: f"**{v:.4f}**" if r == best else f"{v:.4f}" for r, v in losses.items()}
            rows.append([optimizer, *(written.get(rate, "") for rate in RATES)])
    print_table(["optimizer", *(f"{rate:g}" for rate in RATES)], rows)


if __name__ == "__main__":
    main()
