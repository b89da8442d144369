"""All that is known of classes, kept in a database: the one way to it.

Every method may be called from many threads, and by several servers on one database. What changes
something returns when the change is on the disk. All raise an InputError with one sentence where
something is not there (`NoClassError`), not theirs (`UnknownMemberError`, `NotAdmittedError`),
closed (`ClosedError`), or where the database is away (`UnavailableError`).
"""

from __future__ import annotations

import datetime
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mnist_core.classroom import _classes, _digits, _members, given, lesson
from mnist_core.classroom._digits import Changes
from mnist_core.classroom.database import VARIABLE, Database, default_file, default_url
from mnist_core.classroom.lesson import Lesson
from mnist_core.classroom.records import (
    Activity,
    Admits,
    Class,
    Digit,
    Kind,
    Member,
    Reading,
    Value,
)
from mnist_core.classroom.watch import Watch

T = TypeVar("T")

MOST_CHANGES = 1_000  # that `changes` gives at once
EXPIRE_DAYS = 90


class Store:
    """Classes in the database of a URL."""

    def __init__(self, url: str) -> None:
        """Open the database, and bring its tables to this version.

        Raises:
            InputError: it cannot be used.
        """
        self._database = Database(url)
        self.watch = Watch(lambda codes: self._read(_digits.versions, codes))

    def shut(self) -> None:
        """End all threads and connections."""
        self.watch.close()
        self._database.close()

    def _read(self, work: Callable[..., T], *given: Any) -> T:
        return self._database.read(lambda connection: work(connection, *given))

    def _write(self, code: str | None, work: Callable[..., T], *given: Any, **named: Any) -> T:
        key = "" if code is None else _classes.plain(code)
        made = self._database.write(key, lambda connection: work(connection, *given, **named))
        self.watch.nudge()
        return made

    # --- classes -----------------------------------------------------------------------

    def open_class(self, name: str, is_sample: bool = False) -> Class:
        """Open a class; it is asked to draw freely at first.

        Args:
            name: of the lesson, 1 to 80 characters.
        """
        return self._write(None, _classes.open_class, name, is_sample)

    def get(self, code: str) -> Class:
        """The class of a code, however its letters are written."""
        return self._read(_classes.get, code)

    def classes(self) -> list[Class]:
        """All classes, the one opened last first."""
        return self._read(_classes.every)

    def set_activity(self, code: str, kind: Kind, subject: str | None = None) -> Class:
        """Say what the class is to do now.

        Args:
            subject: what is voted on: the id of one of its digits, or "mnist:INDEX".
        """
        return self._write(code, _classes.set_activity, code, kind, subject)

    def activities(self, code: str) -> list[tuple[Activity, datetime.datetime]]:
        """What the class was asked to do, each with its beginning (UTC)."""
        return self._read(_classes.held_activities, code)

    def close(self, code: str) -> None:
        """Let nobody join and take nothing more; it can be reopened."""
        self._write(code, _classes.change, code, state="closed")

    def reopen(self, code: str) -> None:
        self._write(code, _classes.change, code, state="open")

    def rename(self, code: str, name: str) -> None:
        """Give the lesson another name, 1 to 80 characters."""
        self._write(code, _classes.change, code, name=_classes.checked_name(name))

    def set_admission(self, code: str, admits: Admits) -> None:
        """Say whether newcomers wait until the teacher lets them in."""
        self._write(code, _classes.set_admission, code, admits)

    def set_network(self, code: str, run: str | None) -> None:
        """Have the class read by a run of that name, or by the default run."""
        self._write(code, _classes.change, code, network=run)

    def note_used(self, code: str) -> None:
        """Note that somebody opened the class."""
        self._write(code, _classes.note_used, code)

    def delete_class(self, code: str) -> None:
        """Delete a class and all that belongs to it, for good."""
        self._write(code, _classes.delete, code)

    def delete_all(self) -> None:
        """Delete all classes and all votes, for good."""
        self._write(None, _classes.delete_all)

    def expire(self, days: float = EXPIRE_DAYS) -> list[str]:
        """Delete classes that nobody used for so many days; their codes.

        Each says so beforehand by `Class.expires`, for thirty days or as many as `days`.
        """
        return self._write(None, _classes.expire, days)

    # --- members -----------------------------------------------------------------------

    def join(self, code: str) -> tuple[str, Member]:
        """Take somebody in: their token (32 random bytes, URL-safe), and who they are."""
        return self._write(code, _members.join, code)

    def member(self, code: str, token: str) -> Member:
        """Whose token it is, be they let in, waiting or removed."""
        return self._read(_members.by_token, code, token)

    def taking_part(self, code: str, token: str) -> Member:
        """Whose token it is, if they were let in and not removed."""
        return self._read(_members.taking_part, code, token)

    def members(self, code: str) -> list[Member]:
        """All members in order of joining, those who wait or were removed included."""
        return self._read(_members.every, code)

    def digit_counts(self, code: str) -> dict[int, int]:
        """How many digits each member has drawn, by the member's id."""
        return self._read(_members.digit_counts, code)

    def admit(self, code: str, member: int) -> None:
        self._write(code, _members.update, code, member, admitted=True)

    def remove(self, code: str, member: int) -> None:
        """Take a member out; their digits are hidden. `bring_back` undoes it."""
        self._write(code, _members.update, code, member, removed=True)

    def bring_back(self, code: str, member: int) -> None:
        self._write(code, _members.update, code, member, removed=False, admitted=True)

    def delete_member(self, code: str, who: str | int) -> int:
        """Delete a member, given by token or id, with all that is theirs; how many digits."""
        return self._write(code, _members.delete, code, who)

    def note_seen(self, code: str, members: Iterable[int]) -> None:
        """Note that these members are there."""
        self._write(code, _members.note_seen, _classes.plain(code), members)

    # --- digits ------------------------------------------------------------------------

    def add(self, code: str, token: str, digit: object, read: Reading | None = None) -> str:
        """Keep a digit of a member, once however often it comes; its id.

        A label that comes later takes the place of none or of the member's own.

        Args:
            digit: a `Given`, or what `given.digit` makes one of.
            read: what the server's network says of it.
        """
        drawn = digit if isinstance(digit, given.Given) else given.digit(digit)
        return self._write(code, _digits.add, code, token, drawn, read)

    def digits(self, code: str, after: int = 0, hidden: bool = False) -> list[Digit]:
        """The digits that arrived after one of that number, in order of arrival.

        Args:
            hidden: with those that are hidden, and those of members who were removed.
        """
        return self._read(_digits.after, code, after, hidden)

    def digit(self, code: str, which: str) -> Digit:
        """The digit of that id, be it hidden or not."""
        return self._read(_digits.one, code, which)

    def digits_of(self, code: str, member: int) -> int:
        """How many digits a member has drawn."""
        return self._read(_digits.count, code, member)

    def label_counts(self, code: str) -> dict[int, int]:
        """How many digits of each label there are, hidden ones left out."""
        return self._read(_digits.counts, code)

    def hidden_count(self, code: str) -> int:
        """How many digits the teacher has hidden."""
        return self._read(_digits.hidden_count, code)

    def changes(self, code: str, version: int) -> Changes:
        """Digits that are new, changed or deleted since a version, at most the newest 1,000."""
        return self._read(_digits.changes, code, version, MOST_CHANGES)

    def hide(self, code: str, which: str, hidden: bool = True) -> None:
        """Hide a digit, or show it again."""
        self._write(code, _digits.update, code, which, hidden=hidden)

    def relabel(self, code: str, which: str, label: int | None) -> None:
        """Give a digit the teacher's label; None takes its label away."""
        if label is not None:
            _digits.check_value(label)
        source = None if label is None else "teacher"
        self._write(code, _digits.update, code, which, label=label, label_source=source)

    def delete_digit(self, code: str, which: str) -> None:
        """Delete a digit for good, and the votes on it."""
        self._write(code, _digits.delete, code, which)

    def prompt(self, code: str, member: int) -> int:
        """The digit to ask a member for, so that labels stay balanced."""
        return self._read(_digits.prompt, code, member)

    # --- votes -------------------------------------------------------------------------

    def vote(self, code: str | None, subject: str, voter: str, value: Value) -> None:
        """Vote, or change one's vote.

        Args:
            code: of the class, or None for votes outside one.
            subject: in a class the id of one of its digits or "mnist:INDEX"; else at most 200
                characters.
            voter: in a class the member's token; else any name of at most 64 characters.
            value: a digit, or "none".
        """
        self._write(code, _digits.vote, code, subject, voter, value)

    def votes(self, code: str | None, subject: str) -> dict[Value, int]:
        """How many voted for what; there is no entry for what nobody voted for."""
        return self._read(_digits.counted, code, subject)

    def voted(self, subject: str, voter: str) -> Value | None:
        """What somebody voted for outside a class; None if they did not."""
        return self._read(_digits.own_vote, subject, voter)

    def cast_votes(self, code: str) -> list[tuple[str, str, Value]]:
        """All votes of a class: subject, voter ("member ID") and value."""
        return self._read(_digits.cast_votes, code)

    # --- whole classes -----------------------------------------------------------------

    def lesson(self, code: str) -> Lesson:
        """All that is kept of a class, to be saved."""
        return self._read(lesson.of, code)

    def bring(self, given: Lesson, is_sample: bool = False) -> str:
        """Make a closed class of what was saved of one; its code, which is a new one.

        Raises:
            InputError: what it holds does not fit together.
        """
        return self._write(None, lesson.insert, given, is_sample)

    # --- changes -----------------------------------------------------------------------

    def wait(self, code: str, version: int, seconds: float) -> int:
        """The class' version, as soon as it is above `version` or the time is over.

        Raises:
            NoClassError: there is no such class, or it was deleted meanwhile.
        """
        found = self.get(code)
        newest: list[int | None] = [found.version]
        heard = threading.Condition()

        def hear(new: int | None) -> None:
            with heard:
                newest[0] = new
                heard.notify_all()

        end = self.watch.listen(found.code, hear)
        try:
            until = time.monotonic() + seconds
            with heard:
                while newest[0] is not None and newest[0] <= version:
                    if not heard.wait(until - time.monotonic()) and time.monotonic() >= until:
                        break
        finally:
            end()
        return self.get(code).version if newest[0] is None else newest[0]


_stores: dict[str, Store] = {}
_opening = threading.Lock()


def kept() -> bool:
    """Whether this machine has, or is told of, a database of classes; none is made."""
    return bool(os.environ.get(VARIABLE, "").strip()) or default_file().exists()


def store(url: str | None = None) -> Store:
    """The store of a database, one for each in a process.

    Args:
        url: by default `CLASSROOM_DATABASE`, or the SQLite file beside the folder of runs.

    Raises:
        InputError: the database cannot be used.
    """
    name = url or default_url()
    with _opening:
        if name not in _stores:
            _stores[name] = Store(name)
        return _stores[name]
