"""How a reading is put into words: by the server, and by the browser in its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

CONFIDENT = 0.9  # below this the page names the second guess too
BETWEEN = 0.6  # share of the two best above which the network hesitates between them

SURE = "{percent} sure"
RATHER = "{percent} sure, else {second}"
EITHER = "Not sure: {first} or {second}?"
NEITHER = "Not sure: this looks like no digit."
NEARLY = "Over 99.9%"  # in place of a percentage that would claim certainty
BARS = "Probabilities of the ten digits; the most probable are {best}."


def in_words(
    probabilities: npt.NDArray[np.float32], confidence_threshold: float
) -> tuple[str, str, bool]:
    """The guess, what to say of it, and whether the network is too unsure to make one.

    Args:
        probabilities: float32 (10,).
        confidence_threshold: the probability below which there is no guess.
    """
    first, second = np.argsort(-probabilities, kind="stable")[:2]
    best, next_best = probabilities[first], probabilities[second]
    parts = {"percent": percent(best), "first": a(first), "second": a(second)}
    if best < confidence_threshold:
        return "", (EITHER if best + next_best > BETWEEN else NEITHER).format(**parts), True
    return str(first), (SURE if best >= CONFIDENT else RATHER).format(**parts), False


def a(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def percent(probability: float) -> str:
    """A probability in words that never claim certainty."""
    return NEARLY if probability >= 0.9995 else f"{probability:.1%}"


def for_browser(confidence_threshold: float) -> dict[str, Any]:
    """What the browser needs to put readings into the same words (`web/wording.js`), for JSON.

    Args:
        confidence_threshold: the probability, in [0, 1], below which the answer is "not sure".
    """
    return {
        "confidence_threshold": confidence_threshold,
        "confident": CONFIDENT,
        "between": BETWEEN,
        "wording": {
            "sure": SURE,
            "rather": RATHER,
            "either": EITHER,
            "neither": NEITHER,
            "nearly": NEARLY,
            "bars": BARS,
        },
    }
