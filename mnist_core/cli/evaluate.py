"""Measure a run on a test set."""

from __future__ import annotations

import argparse

from rich.table import Table

from mnist_core import datasets
from mnist_core.cli.progress import load
from mnist_core.cli.terminal import Commands, console
from mnist_core.networks.startup import start_tensorflow


def add(commands: Commands) -> None:
    command = commands.add_parser("evaluate", help="measure a run on a test set")
    command.set_defaults(command=run)
    command.add_argument("run", metavar="RUN", help="name or directory of a run")
    command.add_argument("--dataset", metavar="D", help="default: the run's own")


def run(options: argparse.Namespace) -> None:
    start_tensorflow()
    from mnist_core import evaluation
    from mnist_core.networks import predictor

    reader = predictor.load(options.run)
    assert reader.run is not None
    dataset = load(options.dataset or reader.run.dataset)
    probabilities = reader.predict(datasets.scale(dataset.x_test))
    labels = dataset.y_test
    console.print(
        f"{reader.run.name} on the {len(labels):,} test images of {dataset.name}: "
        f"accuracy {evaluation.accuracy(probabilities, labels):.2%}, "
        f"loss {evaluation.loss(probabilities, labels):.4f}\n"
    )
    table = Table("", "precision", "recall", "F1", "support", box=None)
    for column in table.columns:
        column.justify = "right"
    for row, values in evaluation.classification_report(probabilities, labels).items():
        shares = [f"{values[key]:.4f}" for key in ("precision", "recall", "f1-score")]
        table.add_row(row, *shares, f"{values['support']:,.0f}")
    console.print(table)
    console.print("\nconfusion matrix (rows: true digit, columns: predicted)")
    matrix = evaluation.confusion_matrix(probabilities, labels)
    for digit, row in enumerate(matrix):
        console.print(f"{digit:>4} " + "".join(f"{count:>6}" for count in row))
    pairs = evaluation.most_confused(matrix, 5)
    if pairs:
        most = ", ".join(f"{p.true} as {p.predicted} ({p.count})" for p in pairs)
        console.print(f"\nmost confused: {most}")
