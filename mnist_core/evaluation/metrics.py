"""What a network gets right and wrong: confusion matrix, report, misclassified samples.

Everything here works on probabilities (n, 10) and labels (n,), whoever made them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# SciPy and scikit-learn take a second to import: they wait until they are needed, so that
# a page can show a confusion matrix without them.

Probabilities = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.intp]
DIGITS = np.arange(10)

# Orders in which samples are looked at.
MISTAKES_FIRST, LEAST_SURE_FIRST, BY_INDEX, RANDOM = "mistakes", "least sure", "index", "random"
ORDERS = (MISTAKES_FIRST, LEAST_SURE_FIRST, BY_INDEX, RANDOM)


def loss(probabilities: Probabilities, labels: Labels) -> float:
    """Mean cross-entropy in nats, with probabilities kept above 1e-7 as Keras does."""
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(of_label, 1e-7, 1)).mean())


def accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """Share of samples whose most probable digit is the label, 0 to 1."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def confusion_matrix(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.int64]:
    """Counts (10, 10): row the true digit, column the predicted one."""
    cells = labels.astype(np.int64) * 10 + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=100).reshape(10, 10)


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
    from sklearn import metrics

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


def normalized(matrix: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.float64]:
    """A confusion matrix (10, 10) normalized over its rows (axis 1) or its columns (axis 0).

    Where a sum is 0 the shares are 0.
    """
    sums = matrix.sum(axis=axis, keepdims=True)
    return np.divide(matrix, sums, out=np.zeros(matrix.shape), where=sums > 0)


def misclassified(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.intp]:
    """Indices of the samples read wrong, the most confident mistake first."""
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    return wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")]


def select(
    probabilities: Probabilities,
    labels: Labels,
    true: int | None = None,
    predicted: int | None = None,
    right: bool | None = None,
    confidence: tuple[float, float] = (0.0, 1.0),
) -> Indices:
    """Indices of the samples that fulfil every condition given, in rising order.

    Args:
        true, predicted: the sample's label, the most probable digit.
        right: whether the two are to be the same.
        confidence: the least and the greatest probability of the most probable digit.
    """
    read, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    mask = (sure >= confidence[0]) & (sure <= confidence[1])
    if true is not None:
        mask &= labels == true
    if predicted is not None:
        mask &= read == predicted
    if right is not None:
        mask &= (read == labels) == right
    return np.flatnonzero(mask)


def arrange(
    indices: Indices, probabilities: Probabilities, labels: Labels, order: str, seed: int = 0
) -> Indices:
    """The same indices in one of `ORDERS`.

    Mistakes come before what is right, each the most confident first; a random order is the
    same for the same seed and the same indices.
    """
    if order == RANDOM:
        return np.random.default_rng(seed).permutation(indices)
    if order == BY_INDEX:
        return np.sort(indices)
    confidence = probabilities[indices].max(axis=1)
    if order == LEAST_SURE_FIRST:
        return indices[np.argsort(confidence, kind="stable")]
    right = probabilities[indices].argmax(axis=1) == labels[indices]
    return indices[np.lexsort((-confidence, right))]


@dataclass(frozen=True)
class Disagreement:
    """Indices of the samples that two networks read differently well, in rising order."""

    only_first: Indices  # right
    only_second: Indices  # right
    both_wrong: Indices


def disagreement(first: Probabilities, second: Probabilities, labels: Labels) -> Disagreement:
    """Which samples one network reads and the other does not, and which neither does."""
    one, two = (probabilities.argmax(axis=1) == labels for probabilities in (first, second))
    return Disagreement(
        np.flatnonzero(one & ~two), np.flatnonzero(two & ~one), np.flatnonzero(~one & ~two)
    )


def apply_temperature(probabilities: Probabilities, temperature: float) -> Probabilities:
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
    from scipy import optimize

    found = optimize.minimize_scalar(
        lambda log: loss(apply_temperature(probabilities, float(np.exp(log))), labels),
        bounds=(np.log(0.2), np.log(5)),
        method="bounded",
    )
    return float(np.exp(found.x))


@dataclass(frozen=True)
class Bins:
    """Samples sorted by their confidence into bins of equal width; NaN for an empty bin."""

    counts: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]  # mean in each bin
    accuracy: npt.NDArray[np.float64]  # share of right answers in each bin

    @property
    def calibration_error(self) -> float:
        """Expected calibration error, 0 to 1 (Guo et al. 2017).

        The mean distance between a bin's confidence and its accuracy, weighted by its samples.
        """
        distance = np.nan_to_num(np.abs(self.confidence - self.accuracy))
        return float((distance * self.counts).sum() / max(1, self.counts.sum()))


def reliability(probabilities: Probabilities, labels: Labels, bins: int = 15) -> Bins:
    """The bins of a reliability diagram: how often a network is right, by how sure it is."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(which, minlength=bins)
    sums = [np.bincount(which, values, minlength=bins) for values in (confidence, right)]
    means = [np.full(bins, np.nan) for _ in sums]
    for total, mean in zip(sums, means, strict=True):
        np.divide(total, counts, out=mean, where=counts > 0)
    return Bins(counts, *means)


def calibration_error(probabilities: Probabilities, labels: Labels, bins: int = 15) -> float:
    """Expected calibration error, 0 to 1, as in `Bins.calibration_error`."""
    return reliability(probabilities, labels, bins).calibration_error


def coverage_and_accuracy(
    probabilities: Probabilities,
    labels: Labels,
    thresholds: Sequence[float] | npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coverage and selective accuracy of a network that says "not sure" below a threshold.

    Returns:
        For each threshold the share of samples that are answered, and the share of those
        that are right (NaN where none is answered).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    answered = confidence >= np.asarray(thresholds)[:, None]
    given = answered.sum(axis=1)
    correct = np.full(len(given), np.nan)
    np.divide((answered & right).sum(axis=1), given, out=correct, where=given > 0)
    return given / max(1, len(labels)), correct


@dataclass(frozen=True)
class LabelIssue:
    """A sample whose label may be wrong: `agreeing` networks read `other` instead of `label`."""

    index: int
    label: int
    other: int
    margin: float  # mean probability of the label less that of the other digit, below 0
    agreeing: int
    confident: bool  # whether confident learning takes the label for wrong


def find_label_issues(networks: Sequence[Probabilities], labels: Labels) -> list[LabelIssue]:
    """Samples that more than half of the networks read as the same other digit.

    They are ranked by confident learning (Northcutt, Jiang, Chuang 2021, "Confident learning:
    estimating uncertainty in dataset labels") on the networks' mean probabilities: the margin
    between label and other digit, the most suspect first. `confident` are those in which the
    other digit is at least as probable as it is, on average, in the samples labelled with it
    (the off-diagonal of the paper's confident joint).
    """
    mean = np.stack(networks).mean(axis=0, dtype=np.float64)
    typical = np.array(
        [mean[labels == d, d].mean() if (labels == d).any() else np.inf for d in DIGITS]
    )
    other = mean.argmax(axis=1)
    likely = np.where(mean >= typical, mean, -1.0)
    confident = (likely.argmax(axis=1) == other) & (likely.max(axis=1) >= 0)
    read = np.stack([probabilities.argmax(axis=1) for probabilities in networks])
    agreeing = (read == other).sum(axis=0)
    found = np.flatnonzero((other != labels) & (agreeing * 2 > len(networks)))
    margin = mean[found, labels[found]] - mean[found, other[found]]
    return [
        LabelIssue(
            int(i), int(labels[i]), int(other[i]), float(m), int(agreeing[i]), bool(confident[i])
        )
        for i, m in sorted(zip(found, margin, strict=True), key=lambda pair: pair[1])
    ]
