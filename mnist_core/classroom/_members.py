"""Members of a class: they join, are let in, are removed, leave. Each within one transaction."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from mnist_core.classroom import _classes
from mnist_core.classroom.records import (
    ANIMALS,
    COLOURS,
    ClosedError,
    Member,
    NoClassError,
    NotAdmittedError,
    UnknownMemberError,
)
from mnist_core.classroom.tables import classes, deleted, digits, members, votes

MOST = 2_000  # in a class
LEFT_SECONDS = 60.0  # after which somebody who has drawn nothing gives way where a class is full

UNKNOWN = "This class does not know this device: join again."
WAITING = "The teacher has not let you in yet."
REMOVED = "The teacher has taken you out of the class."
VOTER = "member "  # what the name of a member who votes begins with
NO_MEMBER = "There is no such member in this class."


def sealed(token: object) -> str:
    """What is kept of a token."""
    text = token if isinstance(token, str) and len(token) < 200 else ""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def record(row: Mapping[Any, Any]) -> Member:
    return Member(
        id=row["id"],
        animal=row["animal"],
        colour=row["colour"],
        admitted=row["admitted"],
        removed=row["removed"],
        seen=_classes.moment(row["seen"]),
    )


def join(connection: sa.Connection, code: str) -> tuple[str, Member]:
    """Take somebody in; their token, of which only the SHA-256 is kept."""
    row = _classes.change_open(
        connection,
        code,
        members_made=classes.c.members_made + 1,
        **_classes.members_changed(),
    )
    _make_room(connection, row["code"])
    token = secrets.token_urlsafe(32)
    animal, colour = _free_pair(connection, row["code"])
    made = connection.execute(
        sa.insert(members)
        .values(
            code=row["code"],
            id=row["members_made"],
            token=sealed(token),
            animal=animal,
            colour=colour,
            admitted=row["admits"] == "all",
            removed=False,
            seen=time.time(),
        )
        .returning(members)
    ).one()
    return token, record(made._mapping)


def _make_room(connection: sa.Connection, code: str) -> None:
    mine = members.c.code == code
    count = sa.select(sa.func.count()).select_from(members).where(mine)
    if connection.execute(count).scalar_one() < MOST:
        return
    drew = sa.select(digits.c.member).where(digits.c.code == code)
    long_ago = members.c.seen < time.time() - LEFT_SECONDS
    # A member who was removed stays: with another token they would be back.
    connection.execute(
        sa.delete(members).where(mine, long_ago, ~members.c.removed, members.c.id.not_in(drew))
    )
    if connection.execute(count).scalar_one() >= MOST:
        raise ClosedError(f"This class is full: {MOST:,} have joined it.")


def _free_pair(connection: sa.Connection, code: str) -> tuple[str, str]:
    """An animal and a colour that the fewest have."""
    rows = connection.execute(
        sa.select(members.c.animal, members.c.colour).where(members.c.code == code)
    )
    taken = Counter((row.animal, row.colour) for row in rows)
    pairs = [(animal, colour) for animal in ANIMALS for colour in COLOURS]
    fewest = min(taken[pair] for pair in pairs)
    return secrets.choice([pair for pair in pairs if taken[pair] == fewest])


def by_token(connection: sa.Connection, code: str, token: str) -> Member:
    """Whose token it is, be they let in or not."""
    mine = sa.and_(members.c.code == _classes.plain(code), members.c.token == sealed(token))
    row = connection.execute(sa.select(members).where(mine)).first()
    if row is None:
        _classes.get(connection, code)  # there may be no such class
        raise UnknownMemberError(UNKNOWN)
    return record(row._mapping)


def taking_part(connection: sa.Connection, code: str, token: str) -> Member:
    """Whose token it is, if they are let in and were not removed."""
    member = by_token(connection, code, token)
    if member.removed or not member.admitted:
        raise NotAdmittedError(REMOVED if member.removed else WAITING)
    return member


def every(connection: sa.Connection, code: str) -> list[Member]:
    """All members in order of joining."""
    found = _classes.get(connection, code)
    rows = connection.execute(
        sa.select(members).where(members.c.code == found.code).order_by(members.c.id)
    )
    return [record(row._mapping) for row in rows]


def digit_counts(connection: sa.Connection, code: str) -> dict[int, int]:
    """How many digits each member has drawn."""
    found = _classes.get(connection, code)
    rows = connection.execute(
        sa.select(digits.c.member, sa.func.count())
        .where(digits.c.code == found.code)
        .group_by(digits.c.member)
    )
    return {row[0]: row[1] for row in rows}


def update(connection: sa.Connection, code: str, number: int, **values: Any) -> None:
    """Admit, remove or bring back a member; walls hear of their digits, too."""
    row = _classes.change(connection, code, **_classes.members_changed())
    changed = connection.execute(
        sa.update(members)
        .where(members.c.code == row["code"], members.c.id == number)
        .values(**values)
    )
    if not changed.rowcount:
        raise NoClassError(NO_MEMBER)
    if "removed" in values:
        connection.execute(
            sa.update(digits)
            .where(digits.c.code == row["code"], digits.c.member == number)
            .values(changed=row["version"])
        )


def note_seen(connection: sa.Connection, code: str, numbers: Iterable[int]) -> None:
    """These members are there now. The class' version stays."""
    connection.execute(
        sa.update(members)
        .where(members.c.code == code, members.c.id.in_(list(numbers)))
        .values(seen=time.time())
    )


def delete(connection: sa.Connection, code: str, who: str | int) -> int:
    """Delete a member with all that is theirs, for good; how many digits those were."""
    row = _classes.change(connection, code, **_classes.members_changed())
    code = row["code"]
    number = by_token(connection, code, who).id if isinstance(who, str) else who
    mine = sa.and_(digits.c.code == code, digits.c.member == number)
    ids = list(connection.execute(sa.select(digits.c.id).where(mine)).scalars())
    forget_digits(connection, row, ids)
    connection.execute(sa.delete(votes).where(votes.c.code == code, votes.c.voter == voter(number)))
    gone = connection.execute(
        sa.delete(members).where(members.c.code == code, members.c.id == number)
    )
    if not gone.rowcount:
        raise NoClassError(NO_MEMBER)
    return len(ids)


def voter(number: int) -> str:
    """As whom a member votes."""
    return f"{VOTER}{number}"


def forget_digits(connection: sa.Connection, row: Mapping[Any, Any], ids: list[str]) -> None:
    """Delete digits and the votes on them for good; only their ids stay.

    Args:
        row: of the class, with the version of this change.
    """
    code = row["code"]
    for start in range(0, len(ids), 500):  # SQLite bounds the values of a statement
        some = ids[start : start + 500]
        connection.execute(sa.delete(digits).where(digits.c.code == code, digits.c.id.in_(some)))
        connection.execute(sa.delete(votes).where(votes.c.code == code, votes.c.subject.in_(some)))
        connection.execute(
            sa.insert(deleted),
            [{"code": code, "id": each, "changed": row["version"]} for each in some],
        )
    if row["subject"] in ids:
        connection.execute(sa.update(classes).where(classes.c.code == code).values(subject=None))
