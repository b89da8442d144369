"""A class by HTTP: what phones send, and what they and the wall are told.

JSON in and out; an error is `{"error": sentence}` with a fitting status. Nothing waits for a
network to be opened, and an answer to a digit says that it is on the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mnist_core import classroom
from mnist_core.classroom import given
from mnist_core.errors import InputError
from routes import class_events, networks
from routes.access import ACCESS, Access
from routes.class_work import in_thread, network_of, read
from routes.content import gone

BASE = "/api/class/{code}"
NEVER_KEPT = {"Cache-Control": "no-store"}
AGAIN_SECONDS = 2  # after which to try again where the database is away
MOST_DRAINED = 20_000_000  # bytes of a message that is too large, read so that the answer is heard
AT_ONCE, A_SECOND = 30, 10.0  # digits and votes that one phone sends at once, and on average
JOIN_AT_ONCE, JOIN_A_SECOND = 2_000, 20.0  # phones that join a class
MOST_PACED = 10_000  # phones, and classes, of which it is kept how much they send
STATUS: tuple[tuple[type[InputError], int], ...] = (
    (classroom.NoClassError, 404),
    (classroom.UnknownMemberError, 401),
    (classroom.NotAdmittedError, 403),
    (classroom.ClosedError, 409),
    (classroom.UnavailableError, 503),
)
TEACHERS = "This takes the teacher's key: open the link that was printed where the server started."

Handler = Callable[[Request], Awaitable[Response]]


class _TooLargeError(InputError):
    """A message of more bytes than are read."""


class _TooFastError(InputError):
    """Too many messages of one phone."""


def refusal(error: InputError) -> Response:
    """What went wrong, as an answer."""
    headers = dict(NEVER_KEPT)
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 400)
    if isinstance(error, _TooLargeError):
        status = 413
    if isinstance(error, _TooFastError):
        status = 429
    if status in (429, 503):
        headers["Retry-After"] = str(1 if status == 429 else AGAIN_SECONDS)
    return JSONResponse({"error": str(error)}, status, headers)


def told(handler: Handler) -> Handler:
    """The handler, with an answer for each error."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except InputError as error:
            return refusal(error)

    return guarded


def token_of(request: Request) -> str:
    """The token that a request bears; "" for none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def body(request: Request) -> bytes:
    """What was sent, if it is not too large; what is too large is read to its end, not kept."""
    received, content = 0, bytearray()
    async for part in request.stream():
        received += len(part)
        if received <= given.LARGEST:
            content += part
        if received > MOST_DRAINED:
            break
    if received > given.LARGEST:
        raise _TooLargeError(
            f"This message has more than {given.LARGEST // 1000} kB: draw with fewer points."
        )
    return bytes(content)


class Pace:
    """How much each sender sends: so much at once, and so much a second on average."""

    def __init__(
        self, at_once: float, a_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once, self._a_second, self._clock = at_once, a_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, sender: str) -> None:
        """Take note of a message.

        Raises:
            InputError: it is one too many; nothing else happens.
        """
        now = self._clock()
        left, since = self._left.pop(sender, (self._at_once, now))
        left = min(self._at_once, left + self._a_second * (now - since))
        self._left[sender] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST_PACED:
            self._left.popitem(last=False)
        if left < 1:
            raise _TooFastError("This is too fast: wait a second, then send it again.")


_phones, _doors = Pace(AT_ONCE, A_SECOND), Pace(JOIN_AT_ONCE, JOIN_A_SECOND)


async def sent(request: Request) -> tuple[str, str, bytes]:
    """Of which class, by which token, and what: of a message that may be one of too many."""
    code, token = request.path_params["code"], token_of(request)
    content = await body(request)
    _phones.check(token)
    return code, token, content


# --- what phones send --------------------------------------------------------------------


async def join(request: Request) -> Response:
    """Take a phone in."""
    known = await in_thread(lambda: classroom.store().get(request.path_params["code"]))
    _doors.check(known.code)
    token, member = await in_thread(lambda: classroom.store().join(known.code))
    answer = {
        "member": token,
        "animal": member.animal,
        "colour": member.colour,
        "admitted": member.admitted,
    }
    return JSONResponse(answer, 201, NEVER_KEPT)


async def me(request: Request) -> Response:
    """Who this phone is."""
    code, token = request.path_params["code"], token_of(request)

    def found() -> dict[str, Any]:
        store = classroom.store()
        member = store.member(code, token)
        if member.removed:
            raise classroom.NotAdmittedError(classroom.REMOVED)
        digits = store.digits_of(code, member.id)
        return {
            "animal": member.animal,
            "colour": member.colour,
            "admitted": member.admitted,
            "digits": digits,
        }

    return JSONResponse(await in_thread(found), headers=NEVER_KEPT)


async def leave(request: Request) -> Response:
    """Delete this phone's member with all that is theirs."""
    code, token = request.path_params["code"], token_of(request)
    deleted = await in_thread(lambda: classroom.store().delete_member(code, token))
    return JSONResponse({"deleted": deleted}, headers=NEVER_KEPT)


async def prompt(request: Request) -> Response:
    """What this phone should draw next."""
    code, token = request.path_params["code"], token_of(request)

    def found() -> int:
        store = classroom.store()
        return store.prompt(code, store.taking_part(code, token).id)

    return JSONResponse({"label": await in_thread(found)}, headers=NEVER_KEPT)


async def add(request: Request) -> Response:
    """Keep a digit; the answer means that it is on the disk."""
    code, token, content = await sent(request)

    def keep() -> str:
        store = classroom.store()
        store.taking_part(code, token)  # a stranger's digit is not even read
        drawn = given.digit(content)
        return store.add(code, token, drawn, read(drawn.strokes, network_of(store.get(code))))

    return JSONResponse({"id": await in_thread(keep)}, headers=NEVER_KEPT)


async def vote(request: Request) -> Response:
    """Count a vote, or change it."""
    code, token, content = await sent(request)

    def cast() -> str:
        cast = given.vote(content)
        classroom.store().vote(code, cast.subject, token, cast.value)
        return cast.subject

    return JSONResponse({"subject": await in_thread(cast)}, headers=NEVER_KEPT)


# --- what they are told ------------------------------------------------------------------


async def events(request: Request) -> Response:
    """What the class is asked to do, now and at each change (server-sent events)."""
    code, token = request.path_params["code"], token_of(request)

    def found() -> tuple[str, int | None]:
        store = classroom.store()
        known = store.get(code)
        return known.code, store.member(code, token).id if token else None

    code, member = await in_thread(found)
    return _stream(class_events.for_phone(code, member))


async def wall(request: Request) -> Response:
    """All that arrives, for whoever has the teacher's right (server-sent events)."""
    access: Access = request.scope[ACCESS]
    if not access.allows(request.cookies):
        return JSONResponse({"error": TEACHERS}, 403, NEVER_KEPT)
    after = request.query_params.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise InputError("What comes after is asked for by a number: wall?after=0.")

    def found() -> str:
        store = classroom.store()
        known = store.get(request.path_params["code"])
        store.note_used(known.code)
        return known.code

    return _stream(class_events.for_wall(await in_thread(found), int(after)))


def _stream(lines: Any) -> Response:
    # nginx would gather what it passes on; caches would keep it.
    headers = {**NEVER_KEPT, "X-Accel-Buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


async def network(request: Request) -> Response:
    """The network that reads in the class, for the phone; 404 for one that does so no more."""
    code = request.path_params["code"]
    run = await in_thread(lambda: network_of(classroom.store().get(code)))
    with contextlib.suppress(InputError):
        packed = await asyncio.wrap_future(networks.packed(run))
        if packed.digest == request.path_params["digest"]:
            return packed.answer(request)
    return gone()


ROUTES = [
    Route(f"{BASE}/members", told(join), methods=["POST"]),
    Route(f"{BASE}/members/me", told(leave), methods=["DELETE"]),
    Route(f"{BASE}/me", told(me)),
    Route(f"{BASE}/prompt", told(prompt)),
    Route(f"{BASE}/digits", told(add), methods=["POST"]),
    Route(f"{BASE}/votes", told(vote), methods=["POST"]),
    Route(f"{BASE}/events", told(events)),
    Route(f"{BASE}/wall", told(wall)),
    Route(BASE + "/network/{digest}", told(network)),
]
