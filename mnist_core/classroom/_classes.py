"""Classes: opened, changed, deleted. Each function works within one transaction."""

from __future__ import annotations

import datetime
import re
import secrets
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from mnist_core.classroom.records import (
    ADMITS,
    KINDS,
    Activity,
    Admits,
    Class,
    ClosedError,
    Kind,
    NoClassError,
)
from mnist_core.classroom.tables import activities, classes, deleted, digits, members, votes
from mnist_core.errors import InputError

LETTERS = "CDFHJKMNPRTWXY"  # of a code: none is taken for another, and none makes words
LENGTH = 6
LONGEST_NAME = 80
MOST = 5_000  # classes
DAY = 86_400.0
SAID_BEFORE = 30 * DAY  # seconds for which it is said that a class will be deleted
USED_AGAIN = 3_600.0  # seconds after which another use is noted

_MNIST_SUBJECT = re.compile(r"mnist:\d{1,5}")

NO_CLASS = "There is no class with this code: look at the code again."
CLOSED = "This class is closed: ask whoever opened it."


def moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def plain(code: object) -> str:
    """A code as it is kept, of what somebody typed; what cannot be a code gives ""."""
    text = re.sub(r"[\s-]", "", code).upper() if isinstance(code, str) and len(code) < 40 else ""
    return text if len(text) == LENGTH and all(letter in LETTERS for letter in text) else ""


def record(row: Mapping[Any, Any]) -> Class:
    return Class(
        code=row["code"],
        name=row["name"],
        state=row["state"],
        admits=row["admits"],
        activity=Activity(row["kind"], row["activity_number"], row["subject"]),
        opened=moment(row["opened"]),
        expires=None if row["expires"] is None else moment(row["expires"]),
        version=row["version"],
        members_version=row["members_version"],
        is_sample=row["is_sample"],
        network=row["network"],
    )


def get(connection: sa.Connection, code: str) -> Class:
    row = connection.execute(sa.select(classes).where(classes.c.code == plain(code))).first()
    if row is None:
        raise NoClassError(NO_CLASS)
    return record(row._mapping)


def every(connection: sa.Connection) -> list[Class]:
    """All classes, the one opened last first."""
    rows = connection.execute(sa.select(classes).order_by(classes.c.opened.desc()))
    return [record(row._mapping) for row in rows]


def change(connection: sa.Connection, code: str, **changes: Any) -> sa.RowMapping:
    """Give a class its next version, which locks it, and further values; the new row."""
    statement = (
        sa.update(classes)
        .where(classes.c.code == plain(code))
        .values(version=classes.c.version + 1, used=time.time(), expires=None, **changes)
        .returning(classes)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NoClassError(NO_CLASS)
    return row._mapping


def change_open(connection: sa.Connection, code: str, **changes: Any) -> sa.RowMapping:
    """As `change`, of a class that is open."""
    row = change(connection, code, **changes)
    if row["state"] != "open":
        raise ClosedError(CLOSED)
    return row


def members_changed() -> dict[str, Any]:
    """What `change` is to change besides where members change."""
    return {"members_version": classes.c.version + 1}


def open_class(connection: sa.Connection, name: str, is_sample: bool) -> Class:
    if connection.execute(sa.select(sa.func.count()).select_from(classes)).scalar_one() >= MOST:
        raise ClosedError(f"There are {MOST:,} classes, and that is the most: delete some.")
    name, now = checked_name(name), time.time()
    taken = set(connection.execute(sa.select(classes.c.code)).scalars())
    code = new_code()
    while code in taken:
        code = new_code()
    row = connection.execute(
        sa.insert(classes)
        .values(
            code=code,
            name=name,
            state="open",
            admits="all",
            kind="free",
            activity_number=1,
            opened=now,
            used=now,
            version=1,
            is_sample=is_sample,
            members_made=0,
            members_version=1,
        )
        .returning(classes)
    ).one()
    connection.execute(sa.insert(activities).values(code=code, number=1, kind="free", at=now))
    return record(row._mapping)


def new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def checked_name(name: str) -> str:
    """The name of a lesson as it is kept.

    Raises:
        InputError: it is empty, too long, or holds what nobody can read.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    unreadable = any(unicodedata.category(letter) in ("Cc", "Cs", "Cn", "Co") for letter in clean)
    if not 0 < len(clean) <= LONGEST_NAME or unreadable:
        raise InputError(f"Give the lesson a name of 1 to {LONGEST_NAME} characters.")
    return clean


def set_activity(connection: sa.Connection, code: str, kind: Kind, subject: str | None) -> Class:
    if kind not in KINDS:
        raise InputError(f"An activity is one of {', '.join(KINDS)}.")
    row = change(connection, code, kind=kind, activity_number=classes.c.activity_number + 1)
    if subject is not None:
        check_subject(connection, row["code"], subject)
    connection.execute(
        sa.update(classes).where(classes.c.code == row["code"]).values(subject=subject)
    )
    connection.execute(
        sa.insert(activities).values(
            code=row["code"],
            number=row["activity_number"],
            kind=kind,
            subject=subject,
            at=time.time(),
        )
    )
    return record({**row, "subject": subject})


def check_subject(connection: sa.Connection, code: str, subject: object) -> None:
    """See that it can be voted on in a class: a test digit of MNIST, or a digit of the class.

    Raises:
        NoClassError: it cannot.
    """
    if isinstance(subject, str) and _MNIST_SUBJECT.fullmatch(subject):
        return
    known = isinstance(subject, str) and len(subject) <= 36 and "\0" not in subject
    wanted = sa.select(digits.c.id).where(digits.c.code == code, digits.c.id == subject)
    if not known or connection.execute(wanted).first() is None:
        raise NoClassError("This digit is not in the class: choose another one.")


def held_activities(
    connection: sa.Connection, code: str
) -> list[tuple[Activity, datetime.datetime]]:
    """What a class was asked to do, and since when, in that order."""
    found = get(connection, code)
    rows = connection.execute(
        sa.select(activities).where(activities.c.code == found.code).order_by(activities.c.number)
    )
    return [(Activity(row.kind, row.number, row.subject), moment(row.at)) for row in rows]


def set_admission(connection: sa.Connection, code: str, admits: Admits) -> Class:
    """Say who is let in; where all are, those who wait come in."""
    if admits not in ADMITS:
        raise InputError(f"A class admits {' or '.join(ADMITS)}.")
    row = change(connection, code, admits=admits, **members_changed())
    if admits == "all":
        connection.execute(
            sa.update(members).where(members.c.code == row["code"]).values(admitted=True)
        )
    return record(row)


def note_used(connection: sa.Connection, code: str) -> None:
    """Somebody opened the class: it is not deleted for a while."""
    now = time.time()
    connection.execute(
        sa.update(classes)
        .where(
            classes.c.code == plain(code),
            sa.or_(classes.c.expires.is_not(None), classes.c.used < now - USED_AGAIN),
        )
        .values(used=now, expires=None, version=classes.c.version + 1)
    )


def delete(connection: sa.Connection, code: str) -> None:
    """Delete a class with all that belongs to it, for good."""
    code = get(connection, code).code
    connection.execute(sa.delete(classes).where(classes.c.code == code))
    connection.execute(sa.delete(votes).where(votes.c.code == code))


def delete_all(connection: sa.Connection) -> None:
    """Delete all classes and all votes, for good."""
    for table in (votes, deleted, activities, digits, members, classes):
        connection.execute(sa.delete(table))


def expire(connection: sa.Connection, days: float) -> list[str]:
    """Delete what nobody used for so many days, if it has been said for the last thirty of them.

    So neither a clock that leaps nor a server that was off for long deletes anything unannounced.

    Returns:
        The codes of the classes that were deleted.
    """
    now = time.time()
    over = sa.select(classes.c.code).where(classes.c.expires <= now)
    codes = list(connection.execute(over.order_by(classes.c.code)).scalars())
    for code in codes:
        delete(connection, code)
    wait = min(SAID_BEFORE, days * DAY)
    connection.execute(
        sa.update(classes)
        .where(classes.c.expires.is_(None), classes.c.used <= now - days * DAY + wait)
        .values(expires=now + wait, version=classes.c.version + 1)
    )
    return codes
