"""Figures say what the numbers say, in words too."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mnist_core import evaluation, figures

matrices = arrays.arrays(np.int64, (10, 10), elements=st.integers(0, 2000))
EMPTY = np.zeros((10, 10), np.int64)


def letters(cells):
    """What is written in the cells that are not empty, by column and row."""
    return {(x, y): text for y, row in enumerate(cells.texts) for x, text in enumerate(row) if text}


@given(matrices)
@settings(max_examples=30)
def test_every_cell_has_its_number_and_an_empty_one_none(matrix):
    scales = (figures.MISTAKES, figures.LOGARITHMIC, figures.LINEAR)
    for scale, dark in itertools.product(scales, (False, True)):
        cells = figures.confusion(matrix, scale, dark=dark)
        found = letters(cells)
        for true in range(10):
            for read in range(10):
                expected = str(matrix[true, read]) if matrix[true, read] else None
                assert found.get((read, true)) == expected
            assert cells.sums[0][true] == matrix[true].sum()
            assert cells.sums[1][true] == matrix[:, true].sum()


@given(matrices)
def test_shares_are_written_in_percent(matrix):
    found = letters(figures.confusion(matrix, normalize=1))
    sums = matrix.sum(axis=1)
    for true in range(10):
        for read in range(10):
            if matrix[true, read]:
                assert float(found[read, true]) == pytest.approx(
                    100 * matrix[true, read] / sums[true], abs=0.051
                )


def test_every_cell_row_and_column_says_what_it_is():
    words = figures.confusion(EMPTY).words
    assert words[4][9] == "4 read as 9: 0"
    assert words[4][figures.TOTAL] == "All 0 of the 4s"
    assert words[figures.TOTAL][9] == "All 0 read as 9"


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("scale", [figures.MISTAKES, figures.LOGARITHMIC, figures.LINEAR])
def test_numbers_can_be_read_on_every_colour(scale, dark):
    matrix = np.arange(100).reshape(10, 10) ** 2
    cells = figures.confusion(matrix, scale, dark=dark)
    for colours, inks in zip(cells.colours, cells.inks, strict=True):
        for colour, ink in zip(colours, inks, strict=True):
            if colour is not None:
                light, deep = sorted([luminance(ink), luminance(colour)], reverse=True)
                assert (light + 0.05) / (deep + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def test_one_mistake_can_be_seen_beside_a_thousand():
    matrix = np.diag(np.full(10, 1000))
    matrix[4, 9] = 1
    for scale in (figures.MISTAKES, figures.LOGARITHMIC):
        cells = figures.confusion(matrix, scale).colours
        contrast = luminance("#ffffff") + 0.05
        assert contrast / (luminance(cells[4][9]) + 0.05) > 1.25


def test_a_difference_is_signed():
    first, second = EMPTY.copy(), EMPTY.copy()
    first[4, 9], second[4, 9], first[3, 3], second[3, 3] = 2, 7, 30, 20
    cells = figures.confusion_difference(first, second, ("one", "two"))
    assert letters(cells) == {(9, 4): "−5", (3, 3): "+10"}
    assert cells.words[4][9] == "4 read as 9: one 2, two 7"


def test_a_matrix_in_words():
    matrix = np.diag(np.full(10, 100))
    matrix[4, 9] = 7
    words = figures.confusion_in_words(matrix)
    assert "1,007 digits" in words
    assert "1,000 right, 7 wrong" in words
    assert "4 as 9 (7 times)" in words
    assert "mixed up" not in figures.confusion_in_words(EMPTY)


def test_nothing_to_show_is_no_error():
    none = np.array([], np.float32)
    figures.confidence(none, none)
    probabilities, labels = np.eye(10, dtype=np.float32), np.arange(10, dtype=np.uint8)
    figures.reliability(evaluation.reliability(probabilities, labels))
    thresholds = np.linspace(0, 1, 101)
    shares = evaluation.coverage_and_accuracy(probabilities, labels, thresholds)
    figures.coverage(thresholds, *shares, 0.5)


def test_the_course_of_a_search_says_which_trial_was_the_best_until_then():
    figure = figures.search_history([0.5, 0.9, None, 0.8, 0.95], [True, False, False, True, True])
    best, complete, pruned = figure.data
    assert list(best.y) == [0.5, 0.5, 0.5, 0.8, 0.95]  # what was pruned never is the best
    assert list(complete.x) == [1, 4, 5]
    assert list(pruned.x) == [2]
    words = figures.search_in_words([0.5, 0.9], [True, False], 0)
    assert (
        words
        == "2 trials, 1 of them pruned. The best is trial 1 with 50.00% of the validation digits."
    )


def test_a_search_without_a_trial_that_ended_can_be_drawn():
    figures.search_history([], [])
    figures.search_history([None], [False])
    assert "none of which" in figures.search_in_words([None], [False], None)


def test_every_trial_is_a_line_through_its_choices():
    rates = [10.0**-power for power in range(8)]
    figure = figures.search_parallel(
        {"learning rate": rates, "width 2": [None, *[16, 32] * 3, 16], "kind": ["a", "b"] * 4},
        [place / 10 for place in range(8)],
    )
    assert len(figure.data) == 8
    spots = np.array([line.x for line in figure.data])
    assert np.allclose(spots[:, 0], np.linspace(1, 0, 8))  # by the logarithm
    assert spots[0, 1] < 0  # it had no second layer
    assert set(spots[1:, 1]) == {0, 1}
    assert np.allclose(spots[:, 3], np.linspace(0, 1, 8))
    assert figure.data[-1].line.width > figure.data[0].line.width  # the best
    assert "width 2" not in figure.data[0].hovertemplate


def test_an_axis_grows_with_what_there_is():
    live = np.array([[0.05, 2.0, 0.2], [0.1, 1.5, 0.5]])
    begun = figures.curve("loss", [], live, growing=True)
    assert 0.1 <= begun.layout.xaxis.range[1] < 0.2
    history = [{"epoch": n, "loss": 1 / n} for n in (1.0, 2.0, 3.0, 4.0)]
    later = figures.curve("loss", history, live, growing=True)
    assert 4 < later.layout.xaxis.range[1] < 6
    assert figures.curve("loss", history, live).layout.xaxis.range is None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.9, 1)), min_size=1, max_size=8))
def test_every_run_has_its_name_beside_its_point(spots):
    costs, accuracies = [10**x for x, _ in spots], [y for _, y in spots]
    names = [f"run {i}" for i in range(len(spots))]
    figure = figures.accuracy_and_cost(names, costs, accuracies, [0], "cost", "accuracy")
    assert len(figure.data[1].textposition) == len(spots)


def test_names_of_two_points_side_by_side_do_not_overlap():
    figure = figures.accuracy_and_cost(
        ["report-ann", "early-stopping", "cnn"], [100, 101, 9000], [0.97, 0.97, 0.99], [0], "c", "a"
    )
    first, second, _ = figure.data[1].textposition
    assert first != second
