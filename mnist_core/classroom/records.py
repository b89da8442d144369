"""What a class is made of, as plain values, and how it refuses."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, get_args

from mnist_core.errors import InputError

Kind = Literal["write", "free", "fool", "what", "pause"]
Admits = Literal["all", "one by one"]
State = Literal["open", "closed"]
LabelSource = Literal["prompted", "corrected", "teacher"]
Value = int | Literal["none"]  # of a vote: a digit, or no digit
Strokes = list[list[list[int]]]  # of a digit: strokes of points x, y, in the canvas' units
Reading = tuple[int, float]  # the digit that a network read, and its probability

KINDS: tuple[Kind, ...] = get_args(Kind)
ADMITS: tuple[Admits, ...] = get_args(Admits)

ANIMALS = (
    "otter", "fox", "owl", "cat", "rabbit", "bear", "frog", "penguin", "whale", "turtle",
    "hedgehog", "snail",
)  # fmt: skip
COLOURS = ("orange", "sky", "teal", "yellow", "blue", "red", "pink", "white")


@dataclass(frozen=True)
class Activity:
    """What a class is asked to do now."""

    kind: Kind
    number: int  # grows with each change
    subject: str | None = None  # what is voted on: the id of a digit, or "mnist:INDEX"


@dataclass(frozen=True)
class Class:
    """A lesson."""

    code: str  # six letters
    name: str
    state: State
    admits: Admits
    activity: Activity
    opened: datetime.datetime  # UTC
    expires: datetime.datetime | None  # UTC; when it will be deleted, if nobody opens it
    version: int  # grows with every change
    members_version: int  # the version at which members last changed
    is_sample: bool
    network: str | None  # the run that reads in this class; None: the default run


@dataclass(frozen=True)
class Member:
    """Somebody in a class, of whom nothing is known but an animal and a colour."""

    id: int  # 1, 2, 3 … in order of joining; never given again
    animal: str
    colour: str
    admitted: bool
    removed: bool
    seen: datetime.datetime  # UTC


@dataclass(frozen=True)
class Digit:
    """A digit that a member drew."""

    id: str  # chosen by the phone
    number: int  # the class' version when it arrived
    member: int
    label: int | None
    label_source: LabelSource | None
    guess: int | None  # what the phone's network said
    read: Reading | None  # what the server's network said
    strokes: Strokes
    at: datetime.datetime  # UTC, by the server's clock
    hidden: bool  # by the teacher, or since its member was removed
    activity: Kind  # in which it was drawn
    activity_number: int


class NoClassError(InputError):
    """There is no class of that code, or no such thing in it."""


class UnknownMemberError(InputError):
    """A token that is nobody's in this class."""


class NotAdmittedError(InputError):
    """A member who has not been let in yet, or was removed."""


class ClosedError(InputError):
    """What cannot be now: the class is closed or full, an id is another member's."""


class UnavailableError(InputError):
    """The database is busy, full or away; nothing was changed. Another try may do."""
