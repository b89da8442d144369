"""A class's phones and its wall, without their browsers: clients that speak its HTTP.

A phone keeps what it drew until the server has answered, and sends it again until then, as the page
does. The wall reads its stream, and opens it again where it left off.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mnist_core.classroom import sample_class

AGAIN_SECONDS = 0.3  # before what was not answered is sent again
FAILED = (OSError, asyncio.IncompleteReadError, EOFError, ValueError, IndexError)


@dataclass
class Drawn:
    """A digit that a phone sends."""

    id: str
    first_sent: float  # when, by the monotonic clock
    attempts: int = 0
    seconds: float | None = None  # that the attempt took which was answered
    answered: float | None = None  # when
    on_wall: float | None = None  # when


class Connection:
    """One connection, kept open, and opened again when it has broken."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, token: str = "", message: Any = None
    ) -> tuple[int, Any]:
        """Ask for something: the status and what the answer's JSON holds.

        Raises:
            OSError, EOFError, ValueError, IndexError: there was no whole answer.
        """
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self.host, self.port)
            reader, writer = self._streams
            writer.write(self.request(method, path, token, message))
            status, headers = await head(reader)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            if headers.get("connection") == "close":
                self.close()
            return status, json.loads(body or b"null") if status < 500 else None
        except FAILED:
            self.close()
            raise

    def request(
        self, method: str, path: str, token: str = "", message: Any = None, cookie: str = ""
    ) -> bytes:
        """A request as bytes."""
        body = b"" if message is None else json.dumps(message).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"Authorization: Bearer {token}"] * bool(token)
        lines += [f"Cookie: {cookie}"] * bool(cookie)
        lines += [f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def teachers_cookie(url: str, key: str) -> str:
    """The cookie that the teacher's link sets."""
    connection = Connection(url)
    reader, writer = await asyncio.open_connection(connection.host, connection.port)
    writer.write(connection.request("GET", f"/teacher?key={key}"))
    _, headers = await head(reader)
    writer.close()
    return headers.get("set-cookie", "").partition(";")[0]


async def head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """The status and the headers of an answer."""
    first = (await reader.readuntil(b"\r\n")).decode()
    headers = {}
    while (line := (await reader.readuntil(b"\r\n")).decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(first.split()[1]), headers


@dataclass
class Phone:
    """A member of a class."""

    url: str
    code: str
    number: int
    token: str = ""
    drawn: list[Drawn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = Connection(self.url)
        self._random = np.random.default_rng(self.number)
        self._hand = sample_class.Hand.made(self._random, careless=False)

    async def join(self) -> None:
        while not self.token:
            try:
                status, answer = await self._connection.ask("POST", self._path("members"))
                if status == 201:
                    self.token = answer["member"]
                    return
            except FAILED:
                pass
            await asyncio.sleep(AGAIN_SECONDS)

    def _path(self, name: str) -> str:
        return f"/api/class/{self.code}/{name}"

    async def draw(self, until: float, pace: float) -> None:
        """Draw a digit every `pace` seconds, the answer to the one before or not."""
        await asyncio.sleep(pace * self._random.random())
        sending = []
        while time.monotonic() < until:
            drawn = Drawn(str(uuid.uuid4()), time.monotonic())
            self.drawn.append(drawn)
            sending.append(asyncio.create_task(self._send(drawn, int(self._random.integers(10)))))
            await asyncio.sleep(pace)
        await asyncio.gather(*sending)
        self._connection.close()

    async def _send(self, drawn: Drawn, label: int) -> None:
        strokes = sample_class.strokes(label, self._hand, self._random)
        message = {"id": drawn.id, "label": label, "guess": label, "strokes": strokes}
        connection = Connection(self.url)
        while drawn.seconds is None:
            drawn.attempts += 1
            start = time.monotonic()
            try:
                status, _ = await connection.ask("POST", self._path("digits"), self.token, message)
                if status == 200:
                    drawn.answered = time.monotonic()
                    drawn.seconds = drawn.answered - start
                elif status not in (429, 502, 503, 504):
                    raise RuntimeError(f"A digit was refused with status {status}.")
            except FAILED:
                pass
            if drawn.seconds is None:
                await asyncio.sleep(AGAIN_SECONDS)
        connection.close()


@dataclass
class Listener:
    """Somebody who listens to a stream of events, and opens it again when it ends."""

    url: str
    path: str  # with `after=` where the stream can go on where it left off
    token: str = ""
    cookie: str = ""
    version: int = 0
    opened: int = 0  # how often
    events: list[tuple[float, str, Any]] = field(default_factory=list)  # when, name, data
    keep: tuple[str, ...] = ()  # the names of the events that are kept; no name: all are

    async def listen(self) -> None:
        """Listen until this is cancelled."""
        while True:
            with contextlib.suppress(*FAILED):
                await self._listen()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        connection = Connection(self.url)
        reader, writer = await asyncio.open_connection(
            connection.host, connection.port, limit=2**26
        )
        try:
            path = self.path.format(after=self.version)
            writer.write(connection.request("GET", path, self.token, cookie=self.cookie))
            status, _ = await head(reader)
            if status != 200:
                return
            self.opened += 1
            name = ""
            while line := await reader.readline():
                text = line.decode().rstrip("\n").removesuffix("\r")
                if text.startswith("id: "):
                    self.version = int(text[4:])
                elif text.startswith("event: "):
                    name = text[7:]
                elif text.startswith("data: ") and (not self.keep or name in self.keep):
                    self.events.append((time.monotonic(), name, json.loads(text[6:])))
        finally:
            writer.close()
