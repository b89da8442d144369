"""What each part of a report says: texts, pictures and charts for the template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mnist_core import datasets, evaluation, recipes, runs
from mnist_core.datasets import Dataset, analysis
from mnist_core.report import svg
from mnist_core.report.pictures import Picture
from mnist_core.runs import Evaluation, Run

Rows = list[tuple[str, str]]  # names and values
Part = dict[str, Any]  # what the template calls by name

SAMPLES, PREDICTIONS, MISTAKES = 9, 30, 40  # pictures in each part
SEED = 42  # by which the pictures are chosen


def _share(value: float | None, missing: str = "unknown") -> str:
    return missing if value is None else f"{value:.2%}"


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def head(run: Run) -> Part:
    metrics, record = run.metrics, run.record
    figures = [
        ("test accuracy", _share(metrics.test_accuracy)),
        ("parameters", _count(record.parameters)),
        ("epochs", _count(record.epochs)),
        ("training time", "unknown" if record.seconds is None else runs.duration(record.seconds)),
    ]
    return {
        "name": run.name,
        "title": run.recipe.title,
        "dataset": run.dataset,
        "when": (record.finished or "")[:10],
        "figures": figures,
    }


def data(dataset: Dataset | None) -> Part | None:
    if dataset is None:
        return None
    found = analysis.analyse(dataset)
    rows = [
        ("training images", f"{len(dataset.x_train):,}"),
        ("test images", f"{len(dataset.x_test):,}"),
        ("shape of an image", "28 × 28, one channel"),
        ("classes", str(datasets.CLASSES)),
        ("pixels before scaling", "whole numbers, 0 to 255"),
        (
            "pixels after scaling",
            f"0 to 1, mean {found.pixel_mean:.4f}, standard deviation {found.pixel_std:.4f}",
        ),
    ]
    counts = found.train_per_class
    balance = svg.bars(
        counts,
        [f"{count:,}" for count in counts],
        "Training images of each digit: "
        + ", ".join(f"{count:,} of {digit}" for digit, count in enumerate(counts)),
    )
    samples = [
        Picture(
            dataset.x_train[i],
            f"{dataset.y_train[i]} · #{i}",
            f"Training image {i}, labelled {dataset.y_train[i]}",
        )
        for i in analysis.sample(SAMPLES, len(dataset.x_train), SEED)
    ]
    means = [
        Picture(mean, str(digit), f"The mean of all {digit}s")
        for digit, mean in enumerate(found.means)
    ]
    return {
        "rows": rows,
        "sentences": analysis.in_words(found),
        "balance": balance,
        "samples": samples,
        "means": means,
    }


def architecture(run: Run) -> Part:
    layers = recipes.layer_table(run.recipe)
    boxes = [{"name": layer.name, "shape": _shape(layer.shape)} for layer in layers]
    table = [[layer.name, _shape(layer.shape), f"{layer.parameters:,}"] for layer in layers]
    total = sum(layer.parameters for layer in layers)
    return {"layers": boxes, "table": [*table, ["in all", "", f"{total:,}"]]}


def configuration(run: Run) -> Rows:
    recipe, record = run.recipe, run.record
    rows = [
        ("recipe", recipe.name),
        ("dataset", run.dataset),
        ("checksum of the dataset (SHA-256)", record.dataset.checksum or "unknown"),
        (
            "optimizer",
            f"{recipe.optimizer}, learning rate {recipe.learning_rate:g}, {recipe.schedule}",
        ),
        ("loss", recipe.loss.replace("_", " ")),
        ("output activation", recipe.output),
        ("batch size", f"{recipe.batch_size}"),
        ("epochs", f"at most {recipe.epochs}" if recipe.patience else f"{recipe.epochs}"),
        (
            "early stopping",
            f"after {recipe.patience} epochs without a lower validation loss, best weights restored"
            if recipe.patience
            else "none",
        ),
        ("validation split", f"{recipe.validation_split:.0%} of the training images"),
        ("seed", str(record.seed)),
    ]
    for name, amounts in (
        ("augmentation", recipe.augmentation),
        ("augmentation of strokes", recipe.stroke_augmentation),
    ):
        if any(amounts.values()):
            rows.append((name, ", ".join(f"{key} {value:g}" for key, value in amounts.items())))
    if recipe.start_from:
        frozen = f", the first {recipe.frozen} layers frozen" if recipe.frozen else ""
        rows.append(("starts from", f"the weights of {runs.name_in(recipe.start_from)}{frozen}"))
    if recipe.renderings:
        rows.append(("renderings of each stroke digit", str(recipe.renderings)))
    if recipe.non_digits:
        rows.append(("drawings that are no digit", f"{recipe.non_digits:,}"))
    if recipe.tta_angle:
        rows.append(("test-time augmentation", f"rotated by {recipe.tta_angle:g}° both ways"))
    if run.temperature != 1:
        rows.append(("temperature of the probabilities", f"{run.temperature:.3f}"))
    versions = record.versions
    if versions:
        rows.append(("versions", ", ".join(f"{name} {v}" for name, v in versions.items())))
    if command := record.command:
        rows.append(("command", str(command)))
    return rows


def training(run: Run) -> Part:
    history = runs.read_history(run)
    charts = []
    for figure, percent in (("accuracy", True), ("loss", False)) if history else ():
        series = {
            name: [row.get(key, np.nan) for row in history]
            for name, key in (("training", figure), ("validation", f"val_{figure}"))
            if any(key in row for row in history)
        }
        last = ", ".join(
            f"{name} {values[-1]:{'.2%' if percent else '.4f'}}" for name, values in series.items()
        )
        alt = f"{figure.capitalize()} over {len(history)} epochs; at the end {last}"
        charts.append((figure.capitalize(), svg.lines(series, alt, percent)))
    return {"charts": charts, "best_epoch": run.metrics.best_epoch}


def evaluation_of(found: Evaluation) -> Part:
    given, labels = found.probabilities, found.labels
    shares = evaluation.digit_accuracy(given, labels)
    texts = ["" if np.isnan(share) else f"{share:.1%}" for share in shares]
    low = max(0.0, float(np.nanmin(shares)) - 0.02)
    return {
        "count": f"{len(labels):,}",
        "dataset": found.dataset,
        "accuracy": f"{evaluation.accuracy(given, labels):.2%}",
        "loss": f"{evaluation.loss(given, labels):.4f}",
        "wrong": f"{len(evaluation.misclassified(given, labels)):,}",
        "low": f"{low:.0%}",
        "chart": svg.bars(
            shares.tolist(),
            texts,
            "Accuracy of each digit: " + ", ".join(f"{d}: {t}" for d, t in enumerate(texts) if t),
            low,
        ),
    }


def confusion(found: Evaluation) -> Part:
    counts = evaluation.confusion_matrix(found.probabilities, found.labels)
    pairs = evaluation.most_confused(counts, 8)
    words = ", ".join(f"{p.true} read as {p.predicted} ({p.count:,})" for p in pairs)
    chart = svg.matrix(counts, f"Confusion matrix. Most confused: {words or 'no digits'}")
    return {"chart": chart, "pairs": words}


def classification(found: Evaluation) -> list[list[str]]:
    report = evaluation.classification_report(found.probabilities, found.labels)
    return [
        [
            name,
            *(f"{values[key]:.4f}" for key in ("precision", "recall", "f1-score")),
            f"{values['support']:,.0f}",
        ]
        for name, values in report.items()
    ]


def predictions(dataset: Dataset | None, found: Evaluation) -> list[Picture] | None:
    if dataset is None:
        return None
    return _read_digits(dataset, found, analysis.sample(PREDICTIONS, len(found.labels), SEED))


def mistakes(dataset: Dataset | None, found: Evaluation) -> Part:
    wrong = evaluation.misclassified(found.probabilities, found.labels)
    shown = None if dataset is None else _read_digits(dataset, found, wrong[:MISTAKES])
    return {"count": len(wrong), "shown": shown}


def calibration(found: Evaluation) -> Part:
    given, labels = found.probabilities, found.labels
    bins = evaluation.reliability(given, labels, 10)
    error = evaluation.calibration_error(given, labels)
    confidence = given.max(axis=1)
    right = given.argmax(axis=1) == labels
    rows = [
        ("calibration error", f"{error:.2%}"),
        ("mean confidence", f"{confidence.mean():.2%}"),
        ("… where read right", f"{confidence[right].mean():.2%}" if right.any() else "–"),
        ("… where read wrong", f"{confidence[~right].mean():.2%}" if (~right).any() else "–"),
    ]
    alt = "How often digits are read right, by confidence: " + ", ".join(
        f"{c:.0%} sure, {a:.0%} right ({n:,})"
        for c, a, n in zip(bins.confidence, bins.accuracy, bins.counts, strict=True)
        if n
    )
    chart = svg.reliability(
        bins.confidence.tolist(), bins.accuracy.tolist(), bins.counts.tolist(), alt
    )
    return {"chart": chart, "rows": rows}


def summary(run: Run) -> Rows:
    recipe, metrics, record = run.recipe, run.metrics, run.record
    layers = " – ".join(row.name for row in recipes.layer_table(recipe) if row.name != "Input")
    return [
        ("architecture", layers),
        ("parameters", _count(record.parameters)),
        ("training accuracy", _share(metrics.train_accuracy)),
        ("validation accuracy", _share(metrics.val_accuracy, "no validation digits")),
        ("test accuracy", _share(metrics.test_accuracy)),
        ("epochs", _count(record.epochs)),
    ]


def _read_digits(dataset: Dataset, found: Evaluation, chosen: Iterable[int]) -> list[Picture]:
    """Test digits with what was read, how surely, and what was right."""
    shown = []
    for index in map(int, chosen):
        given, label = found.probabilities[index], int(found.labels[index])
        read, sure = int(given.argmax()), float(given.max())
        truth = "" if read == label else f", is {label}"
        alt = f"Test digit {index}, a {label}, read as {read} with {sure:.0%}"
        caption = f"{read}{truth} · {sure:.0%}"
        shown.append(Picture(dataset.x_test[index], caption, alt, read == label))
    return shown


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
