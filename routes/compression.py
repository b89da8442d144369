"""Streamlit's own scripts and styles, compressed once and kept.

Streamlit gives them as they are, 2.3 of the 3 MB that an empty page weighs: to compress them for
each visitor anew would cost too much. Their addresses are made from their content, so that once
is enough.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDERS = ("/static/", "/_stcore/bidi-components/")
ENDINGS = (".js", ".css", ".svg")
MOST = 16_000_000  # bytes that are kept, compressed
NOT_AS_A_WHOLE = ("Range", "If-None-Match", "If-Modified-Since")


class Compressed:
    """ASGI middleware that answers for scripts and styles; all else goes through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[str, list[Message]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _wanted(scope):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path in self._kept:
            self._kept.move_to_end(path)
        messages = self._kept.get(path) or await self._ask(scope, receive)
        for message in messages:
            await send(message)

    async def _ask(self, scope: Scope, receive: Receive) -> list[Message]:
        """The answer as the application gives it; compressed and kept if it is a file."""
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        messages: list[Message] = []

        async def take(message: Message) -> None:
            messages.append(message)

        await self._app({**scope, "headers": plain, "extensions": {}}, receive, take)
        if messages[0]["status"] != 200:
            return messages
        body = b"".join(message.get("body", b"") for message in messages[1:])
        start: dict[str, Any] = {**messages[0], "headers": list(messages[0]["headers"])}
        compressed = await asyncio.to_thread(gzip.compress, body, 6, mtime=0)
        headers = MutableHeaders(scope=start)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(compressed))
        headers.add_vary_header("Accept-Encoding")
        messages = [start, {"type": "http.response.body", "body": compressed}]
        self._kept[scope["path"]] = messages
        while sum(len(body["body"]) for _, body in self._kept.values()) > MOST:
            self._kept.popitem(last=False)
        return messages


def _wanted(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path, headers = scope["path"], Headers(scope=scope)
    return (
        path.endswith(ENDINGS)
        and any(folder in path for folder in FOLDERS)
        and "gzip" in headers.get("Accept-Encoding", "")
        and not any(name in headers for name in NOT_AS_A_WHOLE)
    )
