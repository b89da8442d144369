"""What a network gets right and wrong: confusion matrix, report, misclassified samples.

Everything here works on probabilities (n, 10) and labels (n,), whoever made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize
from sklearn import metrics

Probabilities = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
DIGITS = np.arange(10)


def loss(probabilities: Probabilities, labels: Labels) -> float:
    """Mean cross-entropy in nats, with probabilities kept above 1e-7 as Keras does."""
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(of_label, 1e-7, 1)).mean())


def accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """Share of samples whose most probable digit is the label, 0 to 1."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def confusion_matrix(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.int64]:
    """Counts (10, 10): row the true digit, column the predicted one."""
    return metrics.confusion_matrix(labels, probabilities.argmax(axis=1), labels=DIGITS)


def digit_accuracy(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.float64]:
    """Share of each digit's samples that are read right, (10,); NaN for a digit without any."""
    matrix = confusion_matrix(probabilities, labels)
    support = matrix.sum(axis=1)
    shares = np.full(10, np.nan)
    np.divide(matrix.diagonal(), support, out=shares, where=support > 0)
    return shares


def classification_report(
    probabilities: Probabilities, labels: Labels
) -> Mapping[str, Mapping[str, float]]:
    """Precision, recall, F1 and support per digit with both averages, as scikit-learn has them."""
    report = metrics.classification_report(
        labels, probabilities.argmax(axis=1), labels=DIGITS, output_dict=True, zero_division=0
    )
    # scikit-learn leaves the accuracy out where digits are missing and names it differently.
    report.pop("accuracy", None)
    report.pop("micro avg", None)
    return report


@dataclass(frozen=True)
class Confusion:
    """A pair of digits that is mixed up: `count` samples of `true` were read as `predicted`."""

    true: int
    predicted: int
    count: int


def most_confused(matrix: npt.NDArray[np.int64], limit: int = 10) -> list[Confusion]:
    """The cells off the diagonal in falling order, without empty ones."""
    off = matrix * (1 - np.eye(len(matrix), dtype=matrix.dtype))
    order = np.argsort(off, axis=None, kind="stable")[::-1][:limit]
    rows, columns = np.unravel_index(order, off.shape)
    return [
        Confusion(int(true), int(predicted), int(off[true, predicted]))
        for true, predicted in zip(rows, columns, strict=True)
        if off[true, predicted]
    ]


def misclassified(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.intp]:
    """Indices of the samples read wrong, the most confident mistake first."""
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    return wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")]


def soften(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Probabilities as a softmax of another temperature would have given them.

    Above 1 they come closer to each other, below 1 they move apart; their order stays.
    """
    logits = np.log(np.maximum(probabilities, 1e-30)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_temperature(probabilities: Probabilities, labels: Labels) -> float:
    """The temperature, 0.2 to 5, that makes held-out labels the most likely.

    Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks".
    """
    found = optimize.minimize_scalar(
        lambda log: loss(soften(probabilities, float(np.exp(log))), labels),
        bounds=(np.log(0.2), np.log(5)),
        method="bounded",
    )
    return float(np.exp(found.x))


def calibration_error(probabilities: Probabilities, labels: Labels, bins: int = 15) -> float:
    """Expected calibration error, 0 to 1 (Guo et al. 2017).

    Samples are sorted into bins of equal width by their confidence; the error is the mean
    distance between a bin's confidence and its accuracy, weighted by its samples.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    off = np.bincount(which, right - confidence.astype(np.float64), minlength=bins)
    return float(np.abs(off).sum() / len(labels))


@dataclass(frozen=True)
class Reliability:
    """Samples in bins of equal width by their confidence; NaN in bins without any."""

    confidence: npt.NDArray[np.float64]  # the mean in each bin
    accuracy: npt.NDArray[np.float64]  # the share read right in each bin
    counts: npt.NDArray[np.int64]


def reliability(probabilities: Probabilities, labels: Labels, bins: int = 10) -> Reliability:
    """How often predictions are right, by how sure they are (a reliability diagram)."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(which, minlength=bins)
    sums = [np.bincount(which, weights, minlength=bins) for weights in (confidence, right)]
    means = [np.divide(s, counts, out=np.full(bins, np.nan), where=counts > 0) for s in sums]
    return Reliability(means[0], means[1], counts)
