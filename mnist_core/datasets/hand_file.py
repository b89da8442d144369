"""A hand as a file: JSON, the person's digits with their labels, and nothing of the network.

    {"hand": 1, "digits": [{"label": 3, "ink": "…"}, …]}

`ink` is base64 of 784 bytes, the 28×28 pixels row by row, 0 the ground and 255 full ink. Digits
come in the order in which they were taught. So a hand can be read by any network, and in a browser
(`web/hands.js`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_core.drawing import SIDE
from mnist_core.errors import InputError

VERSION = 1
MOST = 200  # digits that a hand keeps
LARGEST = 32_000_000  # characters of a file

NO_HAND = "This is no saved hand: choose a file that was saved here under “Your hand”."


@dataclass(frozen=True)
class Digit:
    """A digit that somebody wrote, and what it is."""

    image: npt.NDArray[np.uint8]  # (28, 28)
    label: int


def dump(digits: Sequence[Digit]) -> str:
    """Digits as the text of a file."""
    entries = [
        {"label": d.label, "ink": base64.b64encode(d.image.tobytes()).decode("ascii")}
        for d in digits
    ]
    return json.dumps({"hand": VERSION, "digits": entries}, separators=(",", ":"))


def load(text: str | bytes) -> list[Digit]:
    """The digits of a file, the first taught first.

    Raises:
        InputError: it is no such file, of another version, or altered.
    """
    if len(text) > LARGEST:
        raise InputError("This file is too large for a hand: save the hand again where it is.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(NO_HAND) from None
    if not isinstance(content, dict) or "hand" not in content:
        raise InputError(NO_HAND)
    if content["hand"] != VERSION or isinstance(content["hand"], bool):
        raise InputError(
            "This hand was saved by another version of the program: open it there, or teach anew."
        )
    entries = content.get("digits")
    if not isinstance(entries, list):
        raise InputError(NO_HAND)
    return [_digit(entry, number) for number, entry in enumerate(entries, 1)]


def _digit(entry: Any, number: int) -> Digit:
    altered = InputError(
        f"Digit {number} of this hand was altered: save the hand again, or remove that digit."
    )
    if not isinstance(entry, dict) or not isinstance(entry.get("ink"), str):
        raise altered
    try:
        ink = base64.b64decode(entry["ink"], validate=True)
    except (binascii.Error, ValueError):
        raise altered from None
    label: Any = entry.get("label")
    if len(ink) != SIDE * SIDE or not any(ink) or not is_digit(label):
        raise altered
    return Digit(np.frombuffer(ink, np.uint8).reshape(SIDE, SIDE), int(label))


def is_digit(label: object) -> bool:
    """Whether this is a whole number from 0 to 9."""
    whole = isinstance(label, (int, np.integer)) and not isinstance(label, bool)
    return whole and 0 <= int(label) <= 9  # type: ignore[call-overload]


def thinned(digits: Sequence[Digit], most: int = MOST) -> list[Digit]:
    """At most that many digits: of each label the newest, and of all labels as evenly as can be."""
    if len(digits) <= most:
        return list(digits)
    ages: dict[int, int] = {}  # of each label, how many newer ones there are
    ranked = []
    for place in range(len(digits) - 1, -1, -1):
        label = digits[place].label
        ranked.append((ages.get(label, 0), -place))
        ages[label] = ages.get(label, 0) + 1
    kept = sorted(-place for _, place in sorted(ranked)[:most])
    return [digits[place] for place in kept]
