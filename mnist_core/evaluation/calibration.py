"""Calibration: a temperature and a confidence threshold from digits that were not trained on."""

from __future__ import annotations

import numpy as np

from mnist_core import datasets
from mnist_core.datasets import Images, Labels
from mnist_core.evaluation import metrics
from mnist_core.networks.keras_predictor import KerasPredictor

UNSURE_SHARE = 0.008  # of digits that may be answered with "not sure"


def calibrate(reader: KerasPredictor, images: Images, labels: Labels) -> dict[str, float]:
    """Calibrate a network's confidence.

    Args:
        reader: with a temperature of 1.
        images, labels: uint8 (n, 28, 28) and (n,), not trained on.

    Returns:
        `temperature`, and `confidence_threshold`, which all but `UNSURE_SHARE` of these digits
        exceed and below which an answer should be "not sure".
    """
    plain = reader.predict(datasets.scale(images))
    temperature = metrics.fit_temperature(plain, labels)
    calibrated = metrics.apply_temperature(plain, temperature)
    sure = np.quantile(calibrated.max(axis=1), UNSURE_SHARE)
    return {"temperature": round(temperature, 4), "confidence_threshold": round(float(sure), 4)}
