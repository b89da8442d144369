"""What is selected on the confusion page: its words, and the digits that it leaves."""

import dataclasses

import numpy as np
import pytest

from mnist_core.runs import Evaluation
from ui.confusion import filters
from ui.confusion.filters import Group
from ui.confusion.selection import Filters, Selection

ALL = Selection("mine", "mnist")
BY_INDEX = Filters(order="By index")


def evaluation(guesses, confidences, labels):
    """An evaluation with those guesses; the rest of the probability is spread evenly."""
    rest = (1 - np.array(confidences)) / 9
    probabilities = np.tile(rest[:, None], (1, 10)).astype(np.float32)
    probabilities[np.arange(len(guesses)), guesses] = confidences
    return Evaluation(probabilities, np.array(labels, np.uint8), "mnist", "", "")


LABELS = [4, 4, 4, 9, 9, 7]
OWN = evaluation([4, 9, 9, 9, 4, 7], [0.9, 0.6, 0.8, 1.0, 0.3, 0.5], LABELS)
OTHER = evaluation([4, 4, 9, 4, 4, 1], [0.9] * 6, LABELS)


@pytest.mark.parametrize(
    ("true", "predicted", "words"),
    [
        (None, None, "All digits"),
        (4, None, "All the 4s"),
        (None, 0, "Everything read as 0"),
        (0, 0, "0 read correctly"),
        (4, 9, "4 read as 9"),
    ],
)
def test_a_selection_in_words(true, predicted, words):
    selection = dataclasses.replace(ALL, true=true, predicted=predicted)
    assert selection.in_words == words
    assert selection.cell == (true, predicted)
    assert selection.everything == (words == "All digits")


@pytest.mark.parametrize(
    ("cell", "chosen", "indices"),
    [
        ({}, {}, [0, 1, 2, 3, 4, 5]),
        ({"true": 4}, {}, [0, 1, 2]),
        ({"true": 4, "predicted": 9}, {}, [1, 2]),
        ({"predicted": 9}, {"right": "Right only"}, [3]),
        ({}, {"right": "Wrong only"}, [1, 2, 4]),
        ({}, {"sureness": (50, 80)}, [1, 2, 5]),
        ({}, {"sureness": (51, 79)}, [1]),
        ({}, {"sureness": (100, 100)}, [3]),  # certainty is not left out
    ],
)
def test_the_digits_that_selection_and_filters_leave(cell, chosen, indices):
    selection = dataclasses.replace(ALL, **cell)
    given = dataclasses.replace(BY_INDEX, **chosen)
    assert filters.chosen(OWN, None, selection, given).tolist() == indices


@pytest.mark.parametrize(
    ("order", "indices"),
    [
        ("Most confident mistakes first", [2, 1, 4]),
        ("Least confident first", [4, 1, 2]),
        ("By index", [1, 2, 4]),
    ],
)
def test_the_order(order, indices):
    given = Filters(right="Wrong only", order=order)
    assert filters.chosen(OWN, None, ALL, given).tolist() == indices


def test_a_random_order_is_its_seeds():
    def order(seed):
        return filters.chosen(OWN, None, ALL, Filters(order="Random", seed=seed)).tolist()

    assert order(1) == order(1)
    assert sorted(order(1)) == [0, 1, 2, 3, 4, 5]
    assert len({tuple(order(seed)) for seed in range(5)}) > 1


def test_of_two_runs_those_that_they_read_differently_or_a_group_of_them():
    assert filters.chosen(OWN, OTHER, ALL, BY_INDEX).tolist() == [1, 3, 5]
    only_first = Group("Only mine right", np.array([3, 5]))
    assert filters.chosen(OWN, OTHER, ALL, BY_INDEX, only_first).tolist() == [3, 5]
    # A cell holds what either of them puts there.
    cell = dataclasses.replace(ALL, true=9, predicted=4)
    assert filters.chosen(OWN, OTHER, cell, BY_INDEX).tolist() == [3]
    assert filters.chosen(OWN, OTHER, cell, BY_INDEX, Group("", np.arange(6))).tolist() == [3, 4]
