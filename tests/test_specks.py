"""Specks do not move a digit, and a thick brush does not fill its holes."""

import numpy as np
import pytest
from browser.hand import DIGITS
from scipy import ndimage

from mnist_core import datasets, drawing
from mnist_core.drawing import specks


def sized(strokes, side, corner=(0, 0)):
    points = np.concatenate(list(strokes))
    scale = side / np.ptp(points, axis=0).max()
    return [(path - points.min(axis=0)) * scale + np.array(corner) for path in strokes]


@pytest.mark.parametrize("digit", DIGITS)
def test_a_speck_far_from_the_digit_changes_nothing(digit):
    strokes = sized(DIGITS[digit], 100, (120, 120))
    dots = [np.array([[20.0, 30.0]]), np.array([[270.0, 20.0], [272.0, 21.0]])]
    for some in ([dots[0]], [dots[1]], dots):
        with_dots = drawing.from_strokes([*some[:1], *strokes, *some[1:]], 12)
        assert np.array_equal(with_dots, drawing.from_strokes(strokes, 12))
        pixels = drawing.render([*strokes, *some], (300, 300), 12)
        clean = drawing.render(strokes, (300, 300), 12)
        assert np.array_equal(drawing.from_image(pixels), drawing.from_image(clean))


def test_what_may_belong_to_the_drawing_stays():
    stem, dot = np.array([[50.0, 40.0], [50.0, 100.0]]), np.array([[50.0, 28.0]])
    assert len(specks.without_specks([stem, dot])) == 2  # the dot of a j
    assert len(specks.without_specks([dot])) == 1
    assert len(specks.without_specks([dot, dot + 90])) == 2
    dotted = [stem, *(dot + (60 + 20 * n, 0) for n in range(5))]
    assert len(specks.without_specks(dotted)) == 6
    two = [stem, stem + (100, 0)]
    assert len(specks.without_specks(two)) == 2


def holes(form):
    return ndimage.label(np.pad(form < 0.4, 1, constant_values=True))[1] - 1


@pytest.mark.usefixtures("needs_pens")
def test_a_thick_brush_leaves_the_holes_of_a_small_digit_open():
    pens = datasets.load("pen-strokes", fetch=False)
    round_ones = np.flatnonzero(np.isin(pens.y_test, (0, 6, 8, 9)))[::4]
    filled = 0
    for index in round_ones:
        fine = holes(drawing.from_strokes(sized(pens.strokes_test[index], 200), 14))
        filled += holes(drawing.from_strokes(sized(pens.strokes_test[index], 40), 48)) < fine
    assert filled / len(round_ones) < 0.06  # without a limit to the width nearly all
