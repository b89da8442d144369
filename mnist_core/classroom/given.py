"""What a phone sends as a digit: looked at before anything is done with it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

import msgspec

from mnist_core import nesting
from mnist_core.classroom.records import Strokes
from mnist_core.decoded import decoded
from mnist_core.errors import InputError

LARGEST = 100_000  # bytes of a message
MOST_POINTS = 2_000
FARTHEST = 100_000  # canvas units from the corner
FINE = 100  # units: a smaller drawing of fractions is scaled up before it is rounded
DEEPEST = nesting.FEW  # levels of a message

NO_MESSAGE = "This message cannot be read: send JSON with id, label, guess and strokes."
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

T = TypeVar("T")
Label = Annotated[int, msgspec.Meta(ge=0, le=9)]


@decoded
class Message(msgspec.Struct, frozen=True):
    """A digit as JSON has it."""

    id: str
    strokes: list[list[tuple[float, float]]]
    label: Label | None = None
    guess: Label | None = None
    label_source: Literal["prompted", "corrected"] | None = None
    activity: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None


class Given(msgspec.Struct, frozen=True):
    """A digit that can be kept."""

    id: str
    strokes: Strokes
    label: int | None = None
    guess: int | None = None
    label_source: Literal["prompted", "corrected"] | None = None
    activity: int | None = None


@decoded
class Vote(msgspec.Struct, frozen=True):
    """A vote as JSON has it."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    value: Label | Literal["none"]


def digit(message: object) -> Given:
    """A digit of what a phone sent, be it JSON or what JSON holds.

    Raises:
        InputError: a message that is none, with the sentence for who sent it.
    """
    return checked(_decoded(message, Message))


def vote(message: object) -> Vote:
    """A vote of what a phone sent.

    Raises:
        InputError: it is none.
    """
    return _decoded(message, Vote, "This vote cannot be read: send JSON with subject and value.")


def _decoded(message: object, kind: type[T], otherwise: str = NO_MESSAGE) -> T:
    try:
        if not isinstance(message, bytes):
            return msgspec.convert(message, kind)
        if nesting.depth(message) > DEEPEST:
            raise InputError(otherwise)
        return msgspec.json.decode(message, type=kind)
    except msgspec.ValidationError as error:
        if "$.label" in str(error) or "$.guess" in str(error):
            raise InputError("A label is a digit from 0 to 9, or null.") from None
        if "$.value" in str(error):
            raise InputError('A vote is a digit from 0 to 9, or "none".') from None
        if "$.strokes" in str(error):
            raise InputError(
                "Strokes are lists of points, and each point is two numbers: [[[x, y], …], …]."
            ) from None
        raise InputError(otherwise) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError, OverflowError):
        raise InputError(otherwise) from None


def checked(message: Message) -> Given:
    """A digit whose strokes are whole numbers, not too many and not too far.

    Raises:
        InputError: it cannot be kept.
    """
    if not _ID.fullmatch(message.id):
        raise InputError("The id of a digit is a UUID, as 8-4-4-4-12 hexadecimal digits.")
    return Given(
        message.id.lower(),
        whole(message.strokes),
        message.label,
        message.guess,
        message.label_source if message.label is not None else None,
        message.activity,
    )


def whole(strokes: Sequence[Sequence[tuple[float, float]]]) -> Strokes:
    """Strokes in whole units; those of a drawing in a much larger unit are scaled up first.

    Raises:
        InputError: no ink, too many points, or points that are not finite or too far away.
    """
    strokes = [stroke for stroke in strokes if stroke]
    points = [value for stroke in strokes for point in stroke for value in point]
    if not points:
        raise InputError("There is no ink in this digit: draw it again.")
    if len(points) > 2 * MOST_POINTS:
        raise InputError(f"A digit has at most {MOST_POINTS:,} points: draw it with fewer.")
    if not all(math.isfinite(value) and abs(value) <= FARTHEST for value in points):
        raise InputError(
            f"The points of a digit are numbers between -{FARTHEST:,} and {FARTHEST:,}."
        )
    left, top = min(points[0::2]), min(points[1::2])
    extent = max(max(points[0::2]) - left, max(points[1::2]) - top)
    if extent < FINE and extent > 1e-6 and any(value != int(value) for value in points):
        scale = 10 * FINE / extent
        strokes = [[((x - left) * scale, (y - top) * scale) for x, y in s] for s in strokes]
    return [[[round(x), round(y)] for x, y in stroke] for stroke in strokes]
