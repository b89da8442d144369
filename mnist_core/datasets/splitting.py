"""Training digits divided: some for validation, or a few of many."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from mnist_core.datasets.dataset import Dataset, Writers
from mnist_core.errors import InputError


def split(
    count: int, fraction: float, seed: int | None = None, writers: Writers | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of the training and of the validation samples.

    Args:
        count: of samples in all.
        fraction: for validation, 0 up to but not 1.
        seed: shuffles with this seed before splitting; by default the last samples are
            for validation, as Keras does it.
        writers: of each sample, 0 where unknown. All digits of a known writer go to the
            same side, for digits of one hand are too much alike; at least one writer goes
            to validation.

    Raises:
        InputError: a fraction out of range, or one that leaves a side empty.
    """
    if not 0 <= fraction < 1:
        raise InputError(f"The validation split must be at least 0 and below 1, not {fraction}.")
    random = np.random.default_rng(seed) if seed is not None else None
    writers = np.zeros(count, np.int16) if writers is None else writers
    alone = np.flatnonzero(writers == 0)
    people = np.unique(writers[writers > 0])
    if random is not None:
        random.shuffle(alone)
        random.shuffle(people)
    cut = int(len(alone) * (1 - fraction))
    held_out = people[len(people) - int(np.ceil(len(people) * fraction)) :]
    written = np.flatnonzero(writers > 0)
    validates = np.isin(writers[written], held_out)
    training = np.concatenate([alone[:cut], written[~validates]])
    validation = np.concatenate([alone[cut:], written[validates]])
    if len(training) == 0 or (fraction > 0 and len(validation) == 0):
        raise InputError(
            f"A validation split of {fraction} leaves one side of {count} samples empty: "
            "take more samples or another split."
        )
    return training, validation


def subset(dataset: Dataset, count: int, seed: int) -> Dataset:
    """The dataset with only `count` of its training digits, chosen at random with the seed.

    The chosen ones keep their order; 0, or more than there are, takes all.
    """
    if not 0 < count < len(dataset.x_train):
        return dataset
    chosen = np.sort(np.random.default_rng(seed).permutation(len(dataset.x_train))[:count])
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[chosen],
        y_train=dataset.y_train[chosen],
        strokes_train=[dataset.strokes_train[i] for i in chosen] if dataset.strokes_train else (),
        writers_train=None if dataset.writers_train is None else dataset.writers_train[chosen],
    )
