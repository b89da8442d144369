"""A number of several digits, told apart by its strokes."""

import numpy as np
import pytest
from browser.hand import DIGITS
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.drawing import segmentation


def written(digits, gap=0.25, height=100.0):
    """The strokes of digits side by side, and how many strokes each has."""
    strokes, counts, right = [], [], 0.0
    for digit in digits:
        points = np.concatenate(DIGITS[digit])
        low, width = points.min(axis=0), np.ptp(points[:, 0])
        strokes += [(path - low + (right, 0)) * height for path in DIGITS[digit]]
        counts.append(len(DIGITS[digit]))
        right += width + gap
    return strokes, counts


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.floats(0.08, 1.0))
def test_digits_side_by_side_are_told_apart(digits, gap):
    strokes, counts = written(digits, gap)
    groups = segmentation.segment(strokes)
    assert [len(group) for group in groups] == counts
    assert [index for group in groups for index in group] == list(range(len(strokes)))


@given(st.permutations(range(6)))
def test_the_order_of_writing_does_not_matter(order):
    strokes, _ = written([4, 1, 5, 7])  # four and five have two strokes
    mixed = segmentation.segment([strokes[index] for index in order])
    assert [sorted(order[i] for i in group) for group in mixed] == segmentation.segment(strokes)


@pytest.mark.parametrize("digit", [4, 5])
def test_a_digit_of_two_strokes_stays_one(digit):
    assert segmentation.segment(DIGITS[digit]) == [[0, 1]]


def test_a_crossed_seven_stays_one():
    seven = [*DIGITS[7], np.array([[0.25, 0.5], [0.7, 0.5]])]
    assert segmentation.segment(seven) == [[0, 1]]


def test_upright_ones_beside_each_other():
    ones = [np.array([[x, 0.0], [x, 100.0]]) for x in (0, 30, 60)]
    assert segmentation.segment(ones) == [[0], [1], [2]]


def test_nothing_drawn():
    assert segmentation.segment([]) == []


def test_a_box_holds_the_strokes():
    strokes = [np.array([[0.0, 5.0], [10.0, 7.0]]), np.array([[3.0, 1.0]])]
    assert segmentation.box(strokes) == (0.0, 1.0, 10.0, 7.0)


def test_digits_of_held_out_writers_stay_whole(needs_pens):
    from mnist_core import datasets

    pens = datasets.load("pen-strokes")
    split = [len(segmentation.segment(strokes)) > 1 for strokes in pens.strokes_test]
    assert np.mean(split) < 0.01
