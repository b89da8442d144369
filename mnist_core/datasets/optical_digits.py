"""Optical digits: small scans that are bundled with scikit-learn."""

from __future__ import annotations

import numpy as np

from mnist_core import drawing
from mnist_core.datasets.dataset import Dataset
from mnist_core.datasets.source import About, Source
from mnist_core.files import Progress


def load(_: Progress | None, __: bool) -> Dataset:
    """1,797 digits of 8×8 pixels, each with 17 grey levels, brought into MNIST's form.

    E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998; bundled with scikit-learn. The last fifth is the test set:
    the digits lie in the order in which people wrote them, so that most test digits are
    by people whom the network has not seen.
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    small = np.round(raw.images * (255 / 16)).astype(np.uint8)
    forms = np.stack([np.round(drawing.from_image(image) * 255) for image in small])
    images, labels = forms.astype(np.uint8), raw.target.astype(np.uint8)
    cut = len(images) * 4 // 5
    return Dataset(
        "optical-digits", images[:cut], labels[:cut], images[cut:], labels[cut:], "scikit-learn"
    )


SOURCE = Source(
    "optical-digits",
    About(
        "1,797 digits, scanned to 8×8 pixels with 17 grey levels and here brought into MNIST's "
        "form; it comes with scikit-learn (Alpaydin, Kaynak 1998, CC BY 4.0).",
    ),
    load,
    size=(1437, 0),
)
