"""How a reading is put into words."""

import numpy as np
import pytest

from mnist_core.wording import in_words


def among_ten(**shares):
    probabilities = np.full(10, (1 - sum(shares.values())) / (10 - len(shares)), np.float32)
    for digit, share in shares.items():
        probabilities[int(digit[1:])] = share
    return probabilities


@pytest.mark.parametrize(
    ("shares", "guess", "words"),
    [
        ({"d7": 0.97}, "7", "97.0% sure"),
        ({"d7": 0.9999}, "7", "Over 99.9% sure"),
        ({"d7": 0.81, "d2": 0.15}, "7", "81.0% sure, else a 2"),
        ({"d7": 0.81, "d8": 0.15}, "7", "81.0% sure, else an 8"),
        ({"d4": 0.45, "d9": 0.4}, "", "Not sure: a 4 or a 9?"),
        ({"d8": 0.45, "d3": 0.4}, "", "Not sure: an 8 or a 3?"),
        ({"d4": 0.2}, "", "Not sure: this looks like no digit."),
    ],
)
def test_a_reading_in_words(shares, guess, words):
    assert in_words(among_ten(**shares), 0.8) == (guess, words, guess == "")
