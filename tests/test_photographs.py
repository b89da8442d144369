"""Digits and numbers of real hands on photographs that are made up here."""

import numpy as np
import pytest
from photographs import BLACK, BLUE, PENCIL, PLAIN, RULED, SQUARED, fitted, photograph

from mnist_core import datasets, drawing, predictor
from mnist_core.drawing import segmentation

pytestmark = pytest.mark.usefixtures("needs_uji")
PALE, DARK = (150, 175, 215), (100, 105, 115)  # printed lines


@pytest.fixture(scope="module")
def hands():
    return datasets.load("uji-pen", fetch=False)


def right(images, labels):
    return int((predictor.load().predict(np.stack(images)).argmax(axis=1) == labels).sum())


@pytest.mark.parametrize(
    ("kind", "ink", "line"),
    [
        (PLAIN, PENCIL, None),
        (RULED, BLUE, PALE),
        (RULED, BLACK, DARK),
        (SQUARED, BLACK, PALE),
        (SQUARED, BLUE, DARK),
    ],
)
def test_ink_is_told_from_the_lines_of_the_paper(hands, kind, ink, line):
    random = np.random.default_rng(0)
    chosen = np.arange(3, 300, 19)
    size = (320, 300)
    images = [
        drawing.from_image(
            photograph(
                fitted(hands.strokes_test[index], size),
                size,
                ink,
                kind,
                random,
                pitch=44,
                line=line,
            )
        )
        for index in chosen
    ]
    assert right(images, hands.y_test[chosen]) >= len(chosen) - 1


def test_a_straight_stroke_is_no_printed_line():
    upright = [np.array([[150.0, 40.0], [150.0, 280.0]])]
    random = np.random.default_rng(0)
    for kind in (PLAIN, SQUARED):
        form = drawing.from_image(photograph(upright, (320, 300), BLACK, kind, random, pitch=44))
        assert 18 <= len(np.flatnonzero(form.any(axis=1))) <= 24
        assert len(np.flatnonzero(form.max(axis=0) > 0.3)) <= 6


@pytest.mark.parametrize("kind", [PLAIN, RULED])
def test_a_number_on_a_photograph_is_segmented_and_read(hands, kind):
    random = np.random.default_rng(1)
    whole = 0
    for first in range(0, 200, 25):
        chosen = (first + np.arange(4) * 67) % 300
        strokes = []
        for place, index in enumerate(chosen):
            digit = fitted(hands.strokes_test[index], (200, 150), 0.55)
            strokes += [path + (60 + 125 * place, 0) for path in digit]
        picture = photograph(strokes, (200, 620), BLUE, kind, random, brush=7, pitch=50)
        found = segmentation.segment_ink(drawing.ink_of(picture))
        if len(found) == 4:
            forms = [drawing.normalise(drawing.thin(ink)) for ink in found]
            whole += right(forms, hands.y_test[chosen]) == 4
    assert whole >= 7
