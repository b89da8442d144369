"""Server-sent events of a class: what phones and walls are told, as it changes.

All streams of a class on this server hang on one channel. It hears of a new version, reads once
what that brought, and wakes those whom it concerns: phones only where something changed that they
are told, walls at every change. So a thousand phones that wait cost one look at the database.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import functools
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from mnist_core import classroom, datasets
from mnist_core.classroom import Class, Digit, Member, Store
from mnist_core.errors import InputError
from routes import networks
from routes.class_work import in_thread, network_of

PING_SECONDS = 15.0  # between two lines that say the stream is alive
GATHER_SECONDS = 0.2  # for which changes are gathered
HERE_SECONDS = 40.0  # since a member was last seen, for which they are taken to be there
RETRY = "retry: 1000\n\n"
PING = ": still here\n\n"
GONE = "This class was deleted."


@dataclasses.dataclass(frozen=True)
class Told:
    """What phones are told of a class, at one version of it."""

    version: int
    members_version: int
    said: str  # JSON without its closing brace: what all phones are told
    people: dict[int, tuple[bool, bool]]  # of each member: whether admitted, whether removed

    def phone(self, member: int | None) -> str:
        """What one phone is told."""
        you = None
        if member in self.people:
            admitted, removed = self.people[member]
            you = {"admitted": admitted, "removed": removed}
        return f'{self.said},"you":{_json(you)}}}'


class Channel:
    """The streams of one class on this server."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.told: Told | None = None  # not read yet, or gone
        self.gone = False
        self.phones, self.walls = asyncio.Event(), asyncio.Event()
        self.here: Counter[int] = Counter()  # the members whose phones listen
        self.streams = 0
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Read what is new, for as long as there are streams."""
        loop = asyncio.get_running_loop()
        store = await in_thread(classroom.store)
        hear = functools.partial(_heard, loop, self._news)
        end = store.watch.listen(self.code, hear)
        seen_at = loop.time()
        try:
            while not self.gone:
                self._news.clear()
                try:
                    told = await in_thread(_tell, store, self.code, self.told)
                    if told != self.told:
                        changed = self.told is None or (told.said, told.people) != (
                            self.told.said,
                            self.told.people,
                        )
                        self.told = told
                        self._wake(phones=changed)
                    if self.here and loop.time() - seen_at >= PING_SECONDS:
                        seen_at = loop.time()
                        await in_thread(store.note_seen, self.code, list(self.here))
                except classroom.NoClassError:
                    self.gone = True
                    self._wake(phones=True)
                except classroom.UnavailableError:
                    await asyncio.sleep(1)
                    self._news.set()
                    continue
                await asyncio.sleep(GATHER_SECONDS)
                await _happens(self._news, PING_SECONDS)
        finally:
            end()

    def _wake(self, phones: bool) -> None:
        """Wake who waits now; who waits from now on waits for the next time."""
        if phones:
            self.phones.set()
            self.phones = asyncio.Event()
        self.walls.set()
        self.walls = asyncio.Event()

    def end(self) -> None:
        self._task.cancel()


def _heard(loop: asyncio.AbstractEventLoop, news: asyncio.Event, version: int | None) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(news.set)


_channels: dict[tuple[asyncio.AbstractEventLoop, str], Channel] = {}


class _Joined:
    """A stream's place in the channel of its class, which is there while a stream is."""

    def __init__(self, code: str, member: int | None = None) -> None:
        self._code, self._member = code, member

    async def __aenter__(self) -> Channel:
        key = asyncio.get_running_loop(), self._code
        channel = _channels.get(key)
        if channel is None or channel.gone:
            channel = _channels[key] = Channel(self._code)
        channel.streams += 1
        if self._member is not None:
            channel.here[self._member] += 1
        self._channel = channel
        return channel

    async def __aexit__(self, *_: object) -> None:
        channel = self._channel
        channel.streams -= 1
        if self._member is not None:
            channel.here[self._member] -= 1
            channel.here += Counter()  # without those of whom no phone listens any more
        if not channel.streams:
            channel.end()
            key = asyncio.get_running_loop(), self._code
            if _channels.get(key) is channel:
                del _channels[key]


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happens before the time is over."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _event(version: int | None, name: str, data: str) -> str:
    number = "" if version is None else f"id: {version}\n"
    return f"{number}event: {name}\ndata: {data}\n\n"


def _tell(store: Store, code: str, before: Told | None) -> Told:
    """What phones are told of a class now."""
    found = store.get(code)
    if before is not None and before.version == found.version:
        return before
    people = before.people if before is not None else {}
    if before is None or before.members_version != found.members_version:
        people = {m.id: (m.admitted, m.removed) for m in store.members(code)}
    said = _json(_said(store, found))[:-1]
    return Told(found.version, found.members_version, said, people)


def _said(store: Store, found: Class) -> dict[str, Any]:
    address = threshold = None
    if found.network is not None:
        run = network_of(found)
        if run.name == found.network:
            try:
                digest = networks.packed(run).result().digest
            except InputError:
                pass  # it cannot run in a browser: the default network reads there
            else:
                address = f"/api/class/{found.code}/network/{digest}"
                threshold = run.confidence_threshold
    return {
        "name": found.name,
        "state": found.state,
        "admits": found.admits,
        "activity": dataclasses.asdict(found.activity),
        "subject": _subject(store, found.code, found.activity.subject),
        "network": address,
        "confidence_threshold": threshold,
    }


def _subject(store: Store, code: str, subject: str | None) -> dict[str, Any] | None:
    """What is voted on, to be shown."""
    if subject is None:
        return None
    try:
        if subject.startswith("mnist:"):
            index = int(subject.removeprefix("mnist:"))
            return {"image": _test_digits()[index].ravel().tolist()}
        return {"strokes": store.digit(code, subject).strokes}
    except (InputError, IndexError):
        return None


@functools.lru_cache(maxsize=1)
def _test_digits() -> datasets.Images:
    return datasets.load("mnist", fetch=False).x_test.copy()


async def for_phone(code: str, member: int | None) -> AsyncIterator[str]:
    """The lines of a phone's stream.

    Args:
        code: of a class that is there.
        member: whose phone it is; None where nobody joined yet.
    """
    yield RETRY
    told = ""
    async with _Joined(code, member) as channel:
        while not channel.gone:
            event = channel.phones
            if channel.told is not None and (now := channel.told.phone(member)) != told:
                told = now
                yield _event(channel.told.version, "class", now)
            if not await _happens(event, PING_SECONDS):
                yield PING
    yield _event(None, "gone", _json({"error": GONE}))


async def for_wall(code: str, after: int) -> AsyncIterator[str]:
    """The lines of a wall's stream: the class, its members, and digits since a version."""
    yield RETRY
    store = await in_thread(classroom.store)
    version, told = after, {"class": "", "members": ""}
    async with _Joined(code) as channel:
        while not channel.gone:
            event = channel.walls
            try:
                news = await in_thread(_news, store, code, version, channel.told)
            except classroom.NoClassError:
                break
            except classroom.UnavailableError:
                news = None
            if news is not None:
                new = [(name, data) for name, data in news.events if told.get(name) != data]
                told |= {name: data for name, data in new if name in told}
                for place, (name, data) in enumerate(new, 1):
                    # A wall that is cut off has a version only if it has all up to that.
                    yield _event(news.version if place == len(new) else None, name, data)
                version = news.version
            if not await _happens(event, PING_SECONDS):
                yield PING
    yield _event(None, "gone", _json({"error": GONE}))


@dataclasses.dataclass(frozen=True)
class _News:
    version: int
    events: list[tuple[str, str]]


def _news(store: Store, code: str, version: int, told: Told | None) -> _News:
    """What a wall is told since a version."""
    changes = store.changes(code, version)
    found = store.get(code)
    members = {member.id: member for member in store.members(code)}
    counts = store.digit_counts(code)
    said = _said(store, found)
    subject = found.activity.subject
    said["votes"] = {} if subject is None else store.votes(code, subject)
    events = [
        ("class", _json(said)),
        ("members", _json([as_member(m, counts.get(m.id, 0)) for m in members.values()])),
    ]
    known = [digit for digit in changes.digits if digit.member in members]
    new = [as_digit(d, members[d.member]) for d in known if d.number > version]
    old: list[dict[str, Any]] = [
        as_digit(d, members[d.member]) for d in known if d.number <= version
    ]
    old += [{"id": which, "deleted": True} for which in changes.deleted]
    events += [(name, _json(some)) for name, some in (("digits", new), ("changed", old)) if some]
    return _News(changes.version, events)


def as_member(member: Member, digits: int) -> dict[str, Any]:
    """A member as the wall is told of them."""
    age = (datetime.datetime.now(datetime.UTC) - member.seen).total_seconds()
    return {
        "id": member.id,
        "animal": member.animal,
        "colour": member.colour,
        "admitted": member.admitted,
        "removed": member.removed,
        "here": age < HERE_SECONDS,
        "digits": digits,
    }


def as_digit(digit: Digit, member: Member) -> dict[str, Any]:
    """A digit as the wall is told of it."""
    read = digit.read
    return {
        "id": digit.id,
        "number": digit.number,
        "member": {"id": member.id, "animal": member.animal, "colour": member.colour},
        "label": digit.label,
        "label_source": digit.label_source,
        "guess": digit.guess,
        "read": None if read is None else {"digit": read[0], "probability": read[1]},
        "strokes": digit.strokes,
        "hidden": digit.hidden,
        "activity": digit.activity,
        "activity_number": digit.activity_number,
        "at": digit.at.isoformat(timespec="milliseconds"),
    }
