"""The sample class: a lesson to try everything with, alone, the evening before.

Nobody wrote its digits. Each is a few points given here, joined by a smooth curve, slanted,
stretched and shaken as its made-up member writes; three of them write so that networks err.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mnist_core.classroom.lesson import KeptActivity, KeptDigit, KeptMember, Lesson
from mnist_core.classroom.records import ANIMALS, COLOURS, Reading, Strokes
from mnist_core.classroom.store import Store

NAME = "Sample lesson"
MEMBERS, ROUNDS, SEED = 12, 2, 18
CARELESS = (3, 5, 8)  # of the members, the first being 0; one of them is held out
CANVAS = 280  # units of a side
Points = npt.NDArray[np.float64]
Way = tuple[tuple[float, float], ...]  # points that a stroke passes, x and y in [0, 1]

# How each digit may be written: one of its forms, each of one or more strokes.
FORMS: dict[int, tuple[tuple[Way, ...], ...]] = {
    0: ((((0.55, 0), (0.15, 0.2), (0.1, 0.7), (0.5, 1), (0.85, 0.7), (0.85, 0.25), (0.5, 0.01)),),),
    1: (
        (((0.5, 0), (0.5, 0.5), (0.5, 1)),),
        (((0.3, 0.22), (0.42, 0.12), (0.52, 0)), ((0.52, 0), (0.52, 0.5), (0.52, 1))),
        (((0.0, 0.62), (0.25, 0.33), (0.52, 0)), ((0.52, 0), (0.5, 0.5), (0.52, 1))),
    ),
    2: (
        (
            ((0.15, 0.2), (0.45, 0), (0.8, 0.2), (0.6, 0.55), (0.15, 1)),
            ((0.15, 1), (0.5, 0.97), (0.9, 1)),
        ),
    ),
    3: (
        (
            ((0.15, 0.12), (0.5, 0), (0.8, 0.22), (0.4, 0.47)),
            ((0.4, 0.47), (0.85, 0.7), (0.5, 1), (0.12, 0.87)),
        ),
    ),
    4: (
        (((0.4, 0), (0.1, 0.62)), ((0.1, 0.62), (0.9, 0.62)), ((0.65, 0.25), (0.62, 1))),
        (((0.2, 0), (0.15, 0.5)), ((0.15, 0.5), (0.5, 0.55), (0.8, 0.48)), ((0.8, 0), (0.78, 1))),
    ),
    5: (
        (
            ((0.8, 0), (0.25, 0.02)),
            ((0.25, 0.02), (0.2, 0.42)),
            ((0.2, 0.42), (0.55, 0.36), (0.85, 0.65), (0.55, 0.98), (0.12, 0.9)),
        ),
    ),
    6: (
        (
            (
                (0.7, 0), (0.35, 0.25), (0.15, 0.65), (0.4, 1), (0.8, 0.8), (0.6, 0.52),
                (0.22, 0.68),
            ),
        ),
    ),
    7: (
        (((0.1, 0.03), (0.85, 0)), ((0.85, 0), (0.6, 0.45), (0.4, 1))),
        (
            ((0.1, 0.03), (0.85, 0)),
            ((0.85, 0), (0.6, 0.45), (0.4, 1)),
            ((0.35, 0.5), (0.8, 0.47)),
        ),
    ),
    8: (
        (
            (
                (0.5, 0.48), (0.2, 0.22), (0.5, 0), (0.8, 0.22), (0.5, 0.48), (0.15, 0.75),
                (0.5, 1), (0.85, 0.75), (0.5, 0.48),
            ),
        ),
    ),
    9: (
        (
            ((0.78, 0.2), (0.5, 0), (0.2, 0.25), (0.45, 0.5), (0.78, 0.22)),
            ((0.78, 0.22), (0.75, 0.6), (0.6, 1)),
        ),
        (
            ((0.78, 0.2), (0.5, 0), (0.2, 0.25), (0.45, 0.5), (0.78, 0.22)),
            ((0.78, 0.22), (0.8, 0.75), (0.5, 1), (0.15, 0.88)),
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """How a made-up member writes."""

    slant: float
    breadth: float
    size: float  # of a digit, as a share of the canvas
    shake: float  # by which points stray, as a share of the digit
    forms: dict[int, int]  # which form of each digit

    @classmethod
    def made(cls, random: np.random.Generator, careless: bool) -> Hand:
        return cls(
            random.normal(0.1, 0.12),
            random.uniform(0.5, 0.8),
            random.uniform(0.45, 0.75),
            0.13 if careless else random.uniform(0.02, 0.05),
            {label: int(random.integers(len(forms))) for label, forms in FORMS.items()},
        )


def strokes(label: int, hand: Hand, random: np.random.Generator) -> Strokes:
    """A digit as a hand writes it, in units of the canvas."""
    written = []
    corner = random.uniform(0.1, 0.9 - hand.size, 2)
    for way in FORMS[label][hand.forms[label]]:
        points = np.array(way) + random.normal(0, hand.shake, (len(way), 2))
        path = smooth(points)
        path[:, 0] = hand.breadth * path[:, 0] - hand.slant * (path[:, 1] - 0.5)
        path = np.clip((path * hand.size + corner) * CANVAS, 4, CANVAS - 4)
        written.append([[round(float(x)), round(float(y))] for x, y in path])
    return written


def smooth(points: Points, each: int = 6) -> Points:
    """A Catmull-Rom spline through points (n, 2), with so many points from each to the next."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    a, b, c, d = ends[:-3, None], ends[1:-2, None], ends[2:-1, None], ends[3:, None]
    t = np.linspace(0, 1, each, endpoint=False)[None, :, None]
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def lesson(read: Callable[[Strokes], Reading | None]) -> Lesson:
    """The sample lesson.

    Args:
        read: what a network says of a digit.
    """
    random, now = np.random.default_rng(SEED), time.time()
    hands = [Hand.made(random, careless=number in CARELESS) for number in range(MEMBERS)]
    digits = []
    for _ in range(ROUNDS):
        order = [(member, label) for label in range(10) for member in range(1, MEMBERS + 1)]
        for member, label in random.permutation(order).tolist():
            drawn = strokes(label, hands[member - 1], random)
            said = read(drawn)
            digits.append(
                KeptDigit(
                    str(uuid.UUID(bytes=random.bytes(16), version=4)),
                    member,
                    [[(x, y) for x, y in stroke] for stroke in drawn],
                    now,
                    "write",
                    1,
                    label,
                    "prompted",
                    said[0] if said else None,
                    said,
                )
            )
    members = [
        KeptMember(number + 1, ANIMALS[number % len(ANIMALS)], COLOURS[number % len(COLOURS)])
        for number in range(MEMBERS)
    ]
    return Lesson(NAME, now, members, digits, [KeptActivity("write", 1, None, now)], [])


def sample(store: Store, read: Callable[[Strokes], Reading | None]) -> str:
    """Make the sample class, open to who wants to join; the code of the one that is there, if any.

    Args:
        read: what a network says of a digit.
    """
    for found in store.classes():
        if found.is_sample:
            return found.code
    code = store.bring(lesson(read), is_sample=True)
    store.reopen(code)
    store.set_activity(code, "free")
    return code
