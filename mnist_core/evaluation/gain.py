"""What a training has changed: two networks on the same digits, one before and one after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mnist_core import datasets
from mnist_core.datasets import Images, Labels
from mnist_core.evaluation.metrics import (
    Indices,
    Probabilities,
    accuracy,
    confusion_matrix,
    disagreement,
)
from mnist_core.networks import predictor
from mnist_core.runs import Run


@dataclass(frozen=True)
class Gain:
    """Digits as two networks read them."""

    images: Images  # uint8 (n, 28, 28)
    labels: Labels  # (n,)
    before: Probabilities  # (n, 10)
    after: Probabilities  # (n, 10)

    @property
    def accuracies(self) -> tuple[float, float]:
        """Share that is read right before and after, 0 to 1."""
        return accuracy(self.before, self.labels), accuracy(self.after, self.labels)

    @property
    def matrices(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The confusion matrices (10, 10), before and after."""
        return confusion_matrix(self.before, self.labels), confusion_matrix(self.after, self.labels)

    @property
    def saved(self) -> Indices:
        """Which digits only the later network reads."""
        return disagreement(self.before, self.after, self.labels).only_second

    @property
    def lost(self) -> Indices:
        """Which digits only the earlier network reads."""
        return disagreement(self.before, self.after, self.labels).only_first


def compare(before: Run, after: Run, images: Images, labels: Labels) -> Gain:
    """Let two runs read the same digits.

    Args:
        images: uint8 (n, 28, 28), n at least 1.
        labels: (n,).

    Raises:
        InputError: a run has no network, or a broken one.
    """
    scaled = datasets.scale(images)
    first, second = (predictor.load_converted(run).predict(scaled) for run in (before, after))
    return Gain(images, labels, first, second)
