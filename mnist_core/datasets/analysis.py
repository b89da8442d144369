"""What a dataset holds: pixels, ink, typical digits, duplicates, outliers.

Everything is exact, over all digits. For MNIST's 70,000 `analyse` takes about a second on
two cores, `outliers` three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mnist_core.datasets import CLASSES, Dataset, Images, Labels

PRECISION = 100  # principal components that stand for an image; nine tenths of the variance
DIRECTIONS = 20  # of them by which a digit is described
BATCH = 5_000  # images that are unpacked to float32 at a time

Indices = npt.NDArray[np.intp]
Values = npt.NDArray[np.float64]


def sample(count: int, among: int, seed: int = 42) -> Indices:
    """Indices of `count` different digits among so many, at random; fewer if there are fewer."""
    return np.random.default_rng(seed).permutation(among)[:count]


def pixel_counts(images: Images) -> npt.NDArray[np.int64]:
    """How often each of the 256 grey levels occurs, (256,)."""
    counts = np.zeros(256, np.int64)
    for at in range(0, len(images), BATCH):  # bincount makes eight bytes of each
        counts += np.bincount(images[at : at + BATCH].ravel(), minlength=256)
    return counts


def ink(images: Images) -> Values:
    """The ink of each image, (n,): the mean of its pixels, 0 for none to 1 for all."""
    return images.reshape(len(images), -1).mean(axis=1, dtype=np.float64) / 255


def class_means(images: Images, labels: Labels) -> npt.NDArray[np.float32]:
    """The mean image of each digit, float32 (10, 28, 28) in [0, 1]; zeros for one without any."""
    means = np.zeros((CLASSES, *images.shape[1:]), np.float32)
    for digit in np.unique(labels):
        means[digit] = images[labels == digit].mean(axis=0, dtype=np.float64) / 255
    return means


def typicality(images: Images, labels: Labels) -> Values:
    """How far each image is from the mean of its digit, (n,): root mean square over its pixels.

    0 is the mean itself, 1 as far as can be.
    """
    means = class_means(images, labels)
    apart = np.empty(len(images))
    for at in range(0, len(images), BATCH):
        part = slice(at, at + BATCH)
        difference = images[part].astype(np.float32) / 255 - means[labels[part]]
        apart[part] = np.sqrt((difference**2).mean(axis=(1, 2)))
    return apart


def extremes(apart: Values, labels: Labels, digit: int, count: int) -> tuple[Indices, Indices]:
    """The most and the least typical images of a digit: indices, the most extreme first."""
    those = np.flatnonzero(labels == digit)
    ordered = those[np.argsort(apart[those], kind="stable")]
    return ordered[:count], ordered[::-1][:count]


def duplicates(images: Images) -> list[Indices]:
    """Groups of images that are alike to the last pixel, each a rising list of indices."""
    places: dict[bytes, list[int]] = {}
    for index, image in enumerate(images):
        places.setdefault(image.tobytes(), []).append(index)
    return [np.array(group) for group in places.values() if len(group) > 1]


@dataclass(frozen=True)
class Outlier:
    """A digit that looks more like another one than like its own."""

    index: int
    label: int
    like: int  # the digit that it looks most like
    ratio: float  # how much worse its own digit describes it than that one; above 1


def outliers(images: Images, labels: Labels, limit: int = 20) -> list[Outlier]:
    """Digits that another digit's principal components describe better than their own.

    All images are first brought to their first `PRECISION` principal components, in which
    little is lost. There each digit is described by its mean and `DIRECTIONS` components of
    its own; an image's error is its distance from what those can express (a subspace
    classifier, Watanabe 1967). Among the worst are wrong labels and odd hands.

    Returns:
        At most `limit`, the one that its own digit describes worst by comparison first.
    """
    points = principal_components(images, PRECISION)
    squares = (points**2).sum(axis=1)
    errors = np.full((len(images), CLASSES), np.inf)
    for digit in np.unique(labels):
        own = points[labels == digit]
        mean = own.mean(axis=0)
        # Too many directions for few images would describe each of them by itself.
        directions = _directions(own, min(DIRECTIONS, 1 + len(own) // 20))
        along = points @ directions.T - directions @ mean
        off = squares - 2 * (points @ mean) + mean @ mean  # squared distance from the mean
        errors[:, digit] = np.sqrt(np.maximum(off - (along**2).sum(axis=1), 0))
    everyone = np.arange(len(images))
    own_error = errors[everyone, labels].copy()
    errors[everyone, labels] = np.inf
    like = errors.argmin(axis=1)
    least = errors[everyone, like]
    ratio = np.divide(own_error, least, out=np.zeros(len(images)), where=least > 0)
    worst = np.argsort(-ratio, kind="stable")[:limit]
    return [
        Outlier(int(i), int(labels[i]), int(like[i]), float(ratio[i]))
        for i in worst
        if ratio[i] > 1
    ]


def _directions(rows: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.floating]:
    """The first principal components of rows (n, d) as orthonormal rows (count, d)."""
    centred = rows - rows.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(vectors[:, ::-1][:, :count].T)


def principal_components(images: Images, count: int = 2) -> npt.NDArray[np.floating]:
    """Images along their first principal components, (n, count), the widest direction first."""
    rows = images.reshape(len(images), -1).astype(np.float32) / 255
    return (rows - rows.mean(axis=0)) @ _directions(rows, count).T


@dataclass(frozen=True)
class Analysis:
    """A data analysis of all of a dataset; shares are of 1, indices count within a part."""

    train_per_class: list[int]
    test_per_class: list[int]
    pixels: npt.NDArray[np.int64]  # (256,), of the training images
    pixel_mean: float  # after scaling to [0, 1], as is the deviation
    pixel_std: float
    ink: list[Values]  # of each digit's training images
    means: npt.NDArray[np.float32]  # (10, 28, 28)
    duplicates: list[Indices]  # within the training images
    shared: list[tuple[int, int]]  # training and test image that are the same


def analyse(dataset: Dataset) -> Analysis:
    """Analyse a dataset."""
    images, labels = dataset.x_train, dataset.y_train
    pixels = pixel_counts(images)
    levels = np.arange(256) / 255
    mean = float(pixels @ levels / pixels.sum())
    inks = ink(images)
    return Analysis(
        train_per_class=np.bincount(labels, minlength=CLASSES).tolist(),
        test_per_class=np.bincount(dataset.y_test, minlength=CLASSES).tolist(),
        pixels=pixels,
        pixel_mean=mean,
        pixel_std=float(np.sqrt(pixels @ (levels - mean) ** 2 / pixels.sum())),
        ink=[inks[labels == digit] for digit in range(CLASSES)],
        means=class_means(images, labels),
        duplicates=duplicates(images),
        shared=shared_images(images, dataset.x_test),
    )


def shared_images(train: Images, test: Images) -> list[tuple[int, int]]:
    """Pairs of a training and a test image that are alike to the last pixel."""
    places: dict[bytes, int] = {}
    for index, image in enumerate(train):
        places.setdefault(image.tobytes(), index)
    found: list[tuple[int, int]] = []
    for index, image in enumerate(test):
        place = places.get(image.tobytes())
        if place is not None:
            found.append((place, index))
    return found


def in_words(analysis: Analysis) -> Sequence[str]:
    """What the analysis found, one plain sentence each."""
    counts = analysis.train_per_class
    most, least = int(np.argmax(counts)), int(np.argmin(counts))
    blank = analysis.pixels[0] / analysis.pixels.sum()
    medians = [float(np.median(part)) if len(part) else np.nan for part in analysis.ink]
    heavy, light = int(np.nanargmax(medians)), int(np.nanargmin(medians))
    sentences = [
        f"The most common digit is {most} ({counts[most]:,} images), the least common {least} "
        f"({counts[least]:,}).",
        f"{blank:.0%} of the pixels are empty; scaled to 0 to 1 their mean is "
        f"{analysis.pixel_mean:.4f} and their standard deviation {analysis.pixel_std:.4f}.",
        f"A {heavy} takes the most ink, {medians[heavy] / medians[light]:.1f} times that of a "
        f"{light} (medians).",
    ]
    extra = sum(len(group) - 1 for group in analysis.duplicates)
    sentences.append(
        f"{'No' if not extra else f'{extra:,}'} training image{'' if extra == 1 else 's'} "
        f"repeat{'s' if extra == 1 else ''} another to the last pixel, and "
        f"{'none' if not analysis.shared else f'{len(analysis.shared):,}'} of the test images "
        f"{'is' if len(analysis.shared) <= 1 else 'are'} among them."
    )
    return sentences
