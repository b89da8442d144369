"""A class as one value, to be saved and brought in elsewhere: all but the tokens."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from mnist_core.classroom import _classes, _digits, _members, given
from mnist_core.classroom.given import Label
from mnist_core.classroom.records import (
    ANIMALS,
    COLOURS,
    Kind,
    LabelSource,
    Reading,
    Value,
)
from mnist_core.classroom.tables import activities, classes, digits, members, votes
from mnist_core.decoded import decoded
from mnist_core.errors import InputError

FORMAT = 1
NO_CLASS = "This file holds no class: take one that was saved here."

Number = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
Time = Annotated[float, msgspec.Meta(ge=0, lt=1e12)]  # seconds since 1970
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]


class KeptMember(msgspec.Struct, frozen=True):
    """A member; nobody can join as them again."""

    id: Number
    animal: str
    colour: str
    removed: bool = False


class KeptDigit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A digit, in order of arrival."""

    id: str
    member: Number
    strokes: list[list[tuple[float, float]]]
    at: Time
    activity: Kind
    activity_number: Number
    label: Label | None = None
    label_source: LabelSource | None = None
    guess: Label | None = None
    read: tuple[Label, Probability] | None = None
    hidden: bool = False


class KeptActivity(msgspec.Struct, frozen=True):
    """What the class was asked to do, and since when."""

    kind: Kind
    number: Number
    subject: str | None
    at: Time


class KeptVote(msgspec.Struct, frozen=True):
    """A member's vote."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    member: Number
    value: Value


@decoded
class Lesson(msgspec.Struct, frozen=True):
    """A class with all that belongs to it."""

    name: str
    opened: Time
    members: Annotated[list[KeptMember], msgspec.Meta(max_length=_members.MOST)]
    digits: Annotated[list[KeptDigit], msgspec.Meta(max_length=_digits.MOST)]
    activities: Annotated[list[KeptActivity], msgspec.Meta(max_length=100_000)]
    votes: Annotated[list[KeptVote], msgspec.Meta(max_length=1_000_000)]
    format: int = FORMAT


def decode(content: bytes) -> Lesson:
    """A lesson of the JSON that `msgspec.json.encode` made of one.

    Raises:
        InputError: it is none, or of another version.
    """
    try:
        found = msgspec.json.decode(content, type=Lesson)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
        raise InputError(NO_CLASS) from None
    if found.format != FORMAT:
        raise InputError("This class was saved by another version of the program: use that one.")
    return found


def of(connection: sa.Connection, code: str) -> Lesson:
    """All that is kept of a class."""
    found = _classes.get(connection, code)
    return Lesson(
        found.name,
        found.opened.timestamp(),
        [KeptMember(m.id, m.animal, m.colour, m.removed) for m in _members.every(connection, code)],
        [
            KeptDigit(
                d.id,
                d.member,
                [[(x, y) for x, y in stroke] for stroke in d.strokes],
                d.at.timestamp(),
                d.activity,
                d.activity_number,
                d.label,
                d.label_source,
                d.guess,
                d.read,
                d.hidden,
            )
            for d in _digits.after(connection, code, 0, hidden=True)
        ],
        [
            KeptActivity(activity.kind, activity.number, activity.subject, at.timestamp())
            for activity, at in _classes.held_activities(connection, code)
        ],
        [
            KeptVote(subject, int(voter.removeprefix(_members.VOTER)), value)
            for subject, voter, value in _digits.cast_votes(connection, code)
        ],
    )


def insert(connection: sa.Connection, lesson: Lesson, is_sample: bool = False) -> str:
    """Make a closed class of a lesson; its code, which is a new one.

    Raises:
        InputError: what it holds does not fit together.
    """
    code = _classes.open_class(connection, lesson.name, is_sample).code
    known = {member.id for member in lesson.members}
    last = max([1, *(activity.number for activity in lesson.activities)])
    rows = [_digit_row(code, at, digit, known) for at, digit in enumerate(lesson.digits, 2)]
    if len({row["id"] for row in rows}) < len(rows) or len(known) < len(lesson.members):
        raise InputError(NO_CLASS)
    version = len(rows) + 2
    connection.execute(
        sa.update(classes)
        .where(classes.c.code == code)
        .values(
            state="closed",
            kind="pause",
            activity_number=last + 1,
            opened=lesson.opened,
            version=version,
            members_version=version,
            members_made=max([0, *known]),
        )
    )
    connection.execute(sa.delete(activities).where(activities.c.code == code))
    held = {activity.number: activity for activity in lesson.activities}
    asked: list[dict[str, Any]] = [
        {"number": a.number, "kind": a.kind, "subject": a.subject, "at": a.at}
        for a in held.values()
    ]
    asked.append({"number": last + 1, "kind": "pause", "subject": None, "at": time.time()})
    cast = {(vote.subject, vote.member): vote for vote in lesson.votes if vote.member in known}
    for table, made in (
        (members, [_member_row(member) for member in lesson.members]),
        (digits, rows),
        (activities, asked),
        (
            votes,
            [
                {"subject": v.subject, "voter": _members.voter(v.member), "value": str(v.value)}
                for v in cast.values()
            ],
        ),
    ):
        if made:
            connection.execute(sa.insert(table), [{"code": code, **row} for row in made])
    return code


def _member_row(member: KeptMember) -> dict[str, Any]:
    if member.animal not in ANIMALS or member.colour not in COLOURS:
        raise InputError(NO_CLASS)
    # Nobody has a token whose checksum this is.
    sealed = f"nobody's {member.id}"
    row = {name: getattr(member, name) for name in ("id", "animal", "colour", "removed")}
    return row | {"token": sealed, "admitted": True, "seen": 0.0}


def _digit_row(code: str, version: int, digit: KeptDigit, known: set[int]) -> dict[str, Any]:
    if digit.member not in known:
        raise InputError(NO_CLASS)
    message = given.Message(digit.id, digit.strokes, digit.label, digit.guess)
    drawn = given.checked(message)
    read: Reading | None = digit.read
    return {
        "id": drawn.id,
        "number": version,
        "changed": version,
        "member": digit.member,
        "label": digit.label,
        "label_source": digit.label_source,
        "guess": digit.guess,
        "read_digit": read[0] if read else None,
        "read_probability": read[1] if read else None,
        "strokes": _digits.packed(drawn.strokes),
        "at": digit.at,
        "hidden": digit.hidden,
        "activity": digit.activity,
        "activity_number": digit.activity_number,
    }
