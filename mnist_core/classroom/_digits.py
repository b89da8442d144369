"""Digits of a class and the votes on them. Each function works within one transaction."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mnist_core.classroom import _classes, _members
from mnist_core.classroom.given import Given
from mnist_core.classroom.records import (
    ClosedError,
    Digit,
    NoClassError,
    Reading,
    Strokes,
    Value,
)
from mnist_core.classroom.tables import activities, classes, deleted, digits, members, votes
from mnist_core.errors import InputError

MOST = 500_000  # changes of a class, each digit being one
DELETED = 0  # in place of the member whose digit it was

NO_DIGIT = "This digit is not in the class: it may have been deleted."
NOT_YOURS = "This digit has the id of another member's: draw it again."


@dataclass(frozen=True)
class Changes:
    """What is new in a class since a version."""

    version: int  # of the class now
    digits: list[Digit]  # new or changed, in the order of their arrival
    deleted: list[str]  # ids


def record(row: Mapping[Any, Any]) -> Digit:
    read = None
    if row["read_digit"] is not None:
        read = (row["read_digit"], row["read_probability"])
    return Digit(
        id=row["id"],
        number=row["number"],
        member=row["member"],
        label=row["label"],
        label_source=row["label_source"],
        guess=row["guess"],
        read=read,
        strokes=msgspec.json.decode(row["strokes"]),
        at=_classes.moment(row["at"]),
        hidden=row["hidden"] or row["removed"],
        activity=row["activity"],
        activity_number=row["activity_number"],
    )


def packed(strokes: Strokes) -> str:
    """Strokes as they are kept."""
    return msgspec.json.encode(strokes).decode()


def _joined() -> sa.Select[Any]:
    whose = sa.and_(members.c.code == digits.c.code, members.c.id == digits.c.member)
    return sa.select(digits, members.c.removed).join(members, whose)


def add(
    connection: sa.Connection, code: str, token: str, given: Given, read: Reading | None
) -> str:
    """Keep a digit; one that is kept already, or was deleted, is not kept again."""
    member = _members.taking_part(connection, code, token)
    code = _classes.plain(code)
    known = _known(connection, code, given.id)
    if known is None:
        row = _classes.change_open(connection, code)
        if _insert(connection, row, member.id, given, read):
            return given.id
        known = _known(connection, code, given.id)  # another server was quicker
    if known is None or known["member"] == DELETED:
        return given.id
    if known["member"] != member.id:
        raise ClosedError(NOT_YOURS)
    corrected = given.label is not None and given.label != known["label"]
    if corrected and known["label_source"] != "teacher":
        row = _classes.change_open(connection, code)
        _update(
            connection,
            row,
            given.id,
            label=given.label,
            label_source=given.label_source or "corrected",
        )
    return given.id


def _known(connection: sa.Connection, code: str, which: str) -> sa.RowMapping | None:
    """Whose digit of that id there is, or was, and its label."""
    there = sa.select(digits.c.member, digits.c.label, digits.c.label_source)
    gone = sa.select(sa.literal(DELETED), sa.null(), sa.null())
    row = connection.execute(
        sa.union_all(
            there.where(digits.c.code == code, digits.c.id == which),
            gone.where(deleted.c.code == code, deleted.c.id == which),
        )
    ).first()
    return row._mapping if row else None


def _insert(
    connection: sa.Connection,
    row: Mapping[Any, Any],
    member: int,
    given: Given,
    read: Reading | None,
) -> bool:
    """Insert a digit unless there is one of its id; whether it was inserted."""
    code = row["code"]
    if row["version"] > MOST:
        raise ClosedError("This class has as many digits as there may be: open another one.")
    number, kind = row["activity_number"], row["kind"]
    if given.activity is not None and given.activity != number:
        wanted = sa.select(activities.c.kind).where(
            activities.c.code == code, activities.c.number == given.activity
        )
        if (asked := connection.execute(wanted).scalar()) is not None:
            number, kind = given.activity, asked
    source = given.label_source
    if given.label is not None and source is None:
        source = "prompted" if kind == "write" else "corrected"
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = connection.execute(
        insert(digits)
        .values(
            code=code,
            id=given.id,
            number=row["version"],
            changed=row["version"],
            member=member,
            label=given.label,
            label_source=source,
            guess=given.guess,
            read_digit=read[0] if read else None,
            read_probability=read[1] if read else None,
            strokes=packed(given.strokes),
            at=time.time(),
            hidden=False,
            activity=kind,
            activity_number=number,
        )
        .on_conflict_do_nothing(index_elements=["code", "id"])
    )
    return bool(made.rowcount)


def count(connection: sa.Connection, code: str, member: int) -> int:
    """How many digits a member has drawn."""
    mine = sa.and_(digits.c.code == _classes.plain(code), digits.c.member == member)
    wanted = sa.select(sa.func.count()).select_from(digits).where(mine)
    return int(connection.execute(wanted).scalar_one())


def hidden_count(connection: sa.Connection, code: str) -> int:
    """How many digits the teacher has hidden."""
    hidden = sa.and_(digits.c.code == _classes.plain(code), digits.c.hidden)
    wanted = sa.select(sa.func.count()).select_from(digits).where(hidden)
    return int(connection.execute(wanted).scalar_one())


def after(connection: sa.Connection, code: str, number: int, hidden: bool) -> list[Digit]:
    """The digits that arrived after one of that number, in order of arrival."""
    found = _classes.get(connection, code)
    wanted = _joined().where(digits.c.code == found.code, digits.c.number > number)
    if not hidden:
        wanted = wanted.where(~digits.c.hidden, ~members.c.removed)
    rows = connection.execute(wanted.order_by(digits.c.number))
    return [record(row._mapping) for row in rows]


def one(connection: sa.Connection, code: str, which: str) -> Digit:
    """The digit of an id."""
    wanted = _joined().where(digits.c.code == _classes.plain(code), digits.c.id == which)
    row = connection.execute(wanted).first()
    if row is None:
        raise NoClassError(NO_DIGIT)
    return record(row._mapping)


def changes(connection: sa.Connection, code: str, version: int, most: int) -> Changes:
    """What has changed since a version; of more than `most` digits, those that changed last."""
    found = _classes.get(connection, code)
    wanted = _joined().where(digits.c.code == found.code, digits.c.changed > version)
    rows = connection.execute(wanted.order_by(digits.c.changed.desc()).limit(most))
    gone = connection.execute(
        sa.select(deleted.c.id).where(
            deleted.c.code == found.code, deleted.c.changed > max(version, 0)
        )
    )
    new = sorted((record(row._mapping) for row in rows), key=lambda digit: digit.number)
    return Changes(found.version, new, list(gone.scalars()) if version > 0 else [])


def update(connection: sa.Connection, code: str, which: str, **values: Any) -> None:
    """Hide or relabel a digit."""
    _update(connection, _classes.change(connection, code), which, **values)


def _update(connection: sa.Connection, row: Mapping[Any, Any], which: str, **values: Any) -> None:
    changed = connection.execute(
        sa.update(digits)
        .where(digits.c.code == row["code"], digits.c.id == which)
        .values(changed=row["version"], **values)
    )
    if not changed.rowcount:
        raise NoClassError(NO_DIGIT)


def delete(connection: sa.Connection, code: str, which: str) -> None:
    """Delete a digit for good."""
    row = _classes.change(connection, code)
    one(connection, code, which)
    _members.forget_digits(connection, row, [which])


def prompt(connection: sa.Connection, code: str, member: int) -> int:
    """The digit that a member has written least, of these one that the class has least."""
    found = _classes.get(connection, code)
    is_own = sa.case((digits.c.member == member, 1), else_=0)
    rows = connection.execute(
        sa.select(digits.c.label, sa.func.sum(is_own), sa.func.count())
        .where(digits.c.code == found.code, digits.c.label.is_not(None))
        .group_by(digits.c.label)
    )
    drawn = {label: (own, all_of_them) for label, own, all_of_them in rows}
    counts = {label: drawn.get(label, (0, 0)) for label in range(10)}
    fewest = min(counts.values())
    return secrets.choice([label for label, count in counts.items() if count == fewest])


def check_value(value: object) -> None:
    """See that it can be a vote.

    Raises:
        InputError: it is neither a digit nor "none".
    """
    digit = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9
    if not digit and value != "none":
        raise InputError('A vote is a digit from 0 to 9, or "none".')


def vote(
    connection: sa.Connection, code: str | None, subject: str, voter: str, value: Value
) -> None:
    """Vote, or change one's vote.

    Args:
        code: of the class, or None for votes outside one.
        voter: the token of the class' member; without a class any name.
    """
    check_value(value)
    if code is None:
        if not (0 < len(subject) <= 200 and 0 < len(voter) <= 64 and "\0" not in subject + voter):
            raise InputError("This vote has no subject or no voter.")
    else:
        member = _members.taking_part(connection, code, voter)
        # The walls count anew; the votes of a class that is closed are counted.
        row = _classes.change_open(connection, code)
        _classes.check_subject(connection, row["code"], subject)
        code, voter = row["code"], _members.voter(member.id)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(votes)
        .values(code=code or "", subject=subject, voter=voter, value=str(value))
        .on_conflict_do_update(
            index_elements=["code", "subject", "voter"], set_={"value": str(value)}
        )
    )


def counted(connection: sa.Connection, code: str | None, subject: str) -> dict[Value, int]:
    """How many voted for what; of what nobody voted for there is no entry.

    Votes of members who were removed do not count.
    """
    code = "" if code is None else _classes.get(connection, code).code
    rows = connection.execute(
        sa.select(votes.c.value, votes.c.voter).where(
            votes.c.code == code, votes.c.subject == subject
        )
    ).all()
    out = connection.execute(
        sa.select(members.c.id).where(members.c.code == code, members.c.removed)
    ).scalars()
    removed = {_members.voter(number) for number in out}
    given = Counter(row.value for row in rows if row.voter not in removed)
    return {_value(text): number for text, number in sorted(given.items())}


def cast_votes(connection: sa.Connection, code: str) -> list[tuple[str, str, Value]]:
    """All votes of a class: subject, voter and value."""
    rows = connection.execute(
        sa.select(votes.c.subject, votes.c.voter, votes.c.value)
        .where(votes.c.code == _classes.get(connection, code).code)
        .order_by(votes.c.subject, votes.c.voter)
    )
    return [(row.subject, row.voter, _value(row.value)) for row in rows]


def own_vote(connection: sa.Connection, subject: str, voter: str) -> Value | None:
    """What somebody voted for outside a class; None if they did not."""
    text = connection.execute(
        sa.select(votes.c.value).where(
            votes.c.code == "", votes.c.subject == subject, votes.c.voter == voter
        )
    ).scalar()
    return None if text is None else _value(text)


def _value(text: str) -> Value:
    return "none" if text == "none" else int(text)


def counts(connection: sa.Connection, code: str) -> dict[int, int]:
    """How many digits of each label there are to be seen."""
    found = _classes.get(connection, code)
    whose = sa.and_(members.c.code == digits.c.code, members.c.id == digits.c.member)
    rows = connection.execute(
        sa.select(digits.c.label, sa.func.count())
        .join(members, whose)
        .where(
            digits.c.code == found.code,
            digits.c.label.is_not(None),
            ~digits.c.hidden,
            ~members.c.removed,
        )
        .group_by(digits.c.label)
    )
    return {row[0]: row[1] for row in rows}


def versions(connection: sa.Connection, codes: list[str]) -> dict[str, int]:
    """The versions of those classes that are there."""
    rows = connection.execute(
        sa.select(classes.c.code, classes.c.version).where(classes.c.code.in_(codes))
    )
    return {row.code: row.version for row in rows}
