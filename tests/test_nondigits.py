"""Drawings that are no digit."""

import numpy as np
import pytest
from browser.hand import DIGITS

from mnist_core import drawing
from mnist_core.training import nondigits

digits = [DIGITS[label] for label in range(10)]
labels = np.arange(10)


@pytest.mark.parametrize("given", [(digits, labels), ([], labels[:0]), (digits[:1], labels[:1])])
def test_every_drawing_can_be_drawn(given):
    made = nondigits.make(60, *given, seed=1)
    assert len(made) == 60
    for strokes in made:
        assert all(path.ndim == 2 and np.isfinite(path).all() for path in strokes)
        assert drawing.draw(strokes, 2.0).any()


def test_the_seed_decides():
    first, again, other = (nondigits.make(30, digits, labels, seed) for seed in (1, 1, 2))
    images = [np.stack([drawing.draw(s, 2.0) for s in made]) for made in (first, again, other)]
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_they_differ_from_each_other():
    images = np.stack([drawing.draw(s, 2.0) for s in nondigits.make(80, digits, labels, 3)])
    assert len(np.unique(images.reshape(80, -1), axis=0)) > 60
