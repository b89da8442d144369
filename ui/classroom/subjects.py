"""Digits that are worth a vote: the class's own doubtful ones, and doubtful test digits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mnist_core import classroom, datasets, evaluation
from mnist_core.classroom import Digit
from mnist_core.errors import InputError
from ui.confusion import at_hand

OWN, TEST = 15, 15  # of each kind at most
SURE = 0.9  # probability from which a digit that is read right is not doubtful
GOOD = 0.95  # accuracy from which a network's vote against a label counts
NONE_YET = {
    "fool": "Nobody has fooled the network yet: let them draw first.",
    "what": "There is no doubtful digit yet: let the class write first.",
}


@dataclass(frozen=True)
class Fooler:
    """A digit that the network misread, and how many classmates read it."""

    digit: Digit
    right: int  # votes for its label
    votes: int


def following(code: str, kind: str) -> str:
    """The digit to vote on next: what has the fewest votes, in the order of doubt.

    Args:
        kind: the activity, "fool" or "what".

    Raises:
        InputError: there is no such digit.
    """
    store = classroom.store()
    now = store.get(code).activity.subject
    digits = store.digits(code)
    possible = [d.id for d in _foolers(digits)] if kind == "fool" else _doubtful(digits)
    counted = [(sum(store.votes(code, one).values()), one) for one in possible if one != now]
    if not counted:
        raise InputError(NONE_YET[kind])
    return min(counted, key=lambda each: each[0])[1]


def best(code: str, most: int) -> list[Fooler]:
    """The best foolers: those that the most classmates read although the network did not."""
    store = classroom.store()
    found = []
    for digit in _foolers(store.digits(code)):
        counts = store.votes(code, digit.id)
        right = sum(count for value, count in counts.items() if value == digit.label)
        found.append(Fooler(digit, right, sum(counts.values())))
    voted = [one for one in found if one.right]
    return sorted(voted, key=lambda one: (-one.right, one.votes - one.right))[:most]


def read_as(digit: Digit) -> int | None:
    """What the network made of a digit, as far as it is known."""
    return digit.guess if digit.read is None else digit.read[0]


def _foolers(digits: Sequence[Digit]) -> list[Digit]:
    """What was drawn to fool it, and did; the newest first."""
    found = [
        digit
        for digit in digits
        if digit.activity == "fool" and digit.label is not None and read_as(digit) != digit.label
    ]
    return found[::-1]


def _doubtful(digits: Sequence[Digit]) -> list[str]:
    """The class's own digits and test digits by turns, of each the most doubtful first."""
    own = sorted(
        (digit for digit in digits if digit.read is not None and _is_doubtful(digit)),
        key=lambda digit: digit.read[1] if digit.read else 0.0,
    )
    pairs = itertools.zip_longest([digit.id for digit in own[:OWN]], _test_digits())
    return [one for pair in pairs for one in pair if one is not None]


def _is_doubtful(digit: Digit) -> bool:
    assert digit.read is not None
    read, sure = digit.read
    return sure < SURE or digit.label not in (None, read)


@st.cache_data(max_entries=1, ttl=3600, show_spinner=False)
def _test_digits() -> Sequence[str]:
    """MNIST's test digits whose labels good networks doubt, the most doubtful first."""
    if not datasets.at_hand("mnist"):
        return []
    good = [
        found
        for found in at_hand.evaluations("mnist", None).values()
        if evaluation.accuracy(found.probabilities, found.labels) >= GOOD
    ]
    if len(good) < 2:
        return []
    labels = good[0].labels
    issues = evaluation.find_label_issues([one.probabilities for one in good], labels)
    return [f"mnist:{issue.index}" for issue in issues[:TEST]]
