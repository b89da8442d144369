"""What a visitor may send to Streamlit itself, past the pages: files, and what is no use of a page.

Streamlit takes a file from any open page, whether or not it asks for one, and keeps it until that
page is closed; and any page may have what all share forgotten. On a server that is open to a
network neither is for visitors. They may send photographs, a few of moderate size. Whoever may do
everything may send more; but files that were chosen and never sent off are bounded for all.
"""

from __future__ import annotations

from collections import Counter

from google.protobuf.message import DecodeError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg

from routes.access import ACCESS, Access
from ui import messages

MB = 2**20
LARGEST = 10 * MB  # a visitor's photograph
FRAMING = MB // 16  # what a form adds to the file within it
MOST = 3  # files that one page of a visitor's keeps
ALL_VISITORS = 300 * MB  # what all of them keep
OWN_LARGEST, OWN_MOST, ALL_OWN = 50 * MB, 8, 500 * MB  # the same for who may do everything
UPLOAD = "/_stcore/upload_file/"
TOO_LARGE = f"A picture may have {LARGEST // MB} MB at most."
TOO_LARGE_OWN = f"A file may have {OWN_LARGEST // MB} MB at most."
TOO_MANY = "Too many files are kept for this page: reload it."
FULL = "The server keeps as many files as it can: try again later."
REFUSED = ("clear_cache", "load_git_info", "set_run_on_save")  # of all that a page can send


class StreamlitGuard:
    """ASGI middleware behind `routes.guard.Guard`, which says who may do what."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving: Counter[str] = Counter()  # uploads under way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        access: Access | None = scope.get(ACCESS)
        visitor = access is not None and not access.allows(HTTPConnection(scope).cookies)
        path = scope.get("path", "")
        if scope["type"] == "websocket":
            receive, send = messages.bounded(receive, send)
            await self.app(scope, _useful(receive) if visitor else receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD in path:
            session = path.partition(UPLOAD)[2].partition("/")[0]
            await self._upload(session, visitor, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _upload(
        self, session: str, visitor: bool, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let a file through, unless it or what is kept already is too much."""
        refusal = self._refusal(session, visitor, scope)
        if refusal is not None:
            await PlainTextResponse(*refusal)(scope, receive, send)
            return
        self._arriving[session] += 1
        try:
            largest = LARGEST if visitor else OWN_LARGEST
            await self.app(scope, _at_most(receive, largest + FRAMING), send)
        finally:
            self._arriving[session] -= 1
            if not self._arriving[session]:
                del self._arriving[session]

    def _refusal(self, session: str, visitor: bool, scope: Scope) -> tuple[str, int] | None:
        """A sentence and a status for a file that is not taken."""
        largest, most = (LARGEST, MOST) if visitor else (OWN_LARGEST, OWN_MOST)
        length = HTTPConnection(scope).headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > largest + FRAMING:
            return TOO_LARGE if visitor else TOO_LARGE_OWN, 413
        kept = _kept()
        if len(kept.get(session, ())) + self._arriving[session] >= most:
            return TOO_MANY, 429
        held = sum(map(sum, kept.values())) + (self._arriving.total() + 1) * largest
        if held > (ALL_VISITORS if visitor else ALL_OWN):
            return FULL, 503
        return None


def _kept() -> dict[str, list[int]]:
    """The sizes in bytes of the files that Streamlit keeps, by session."""
    manager = runtime.get_instance().uploaded_file_mgr
    kept = getattr(manager, "file_storage", {})
    return {
        session: [len(file.data) for file in list(files.values())]
        for session, files in list(kept.items())
    }


def _at_most(receive: Receive, most: int) -> Receive:
    """What a client sends, up to so many bytes, whatever it said before."""
    left = most

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, TOO_LARGE)
        return message

    return bounded


def _useful(receive: Receive) -> Receive:
    """What a visitor's page sends, without what only a developer's would."""

    async def filtered() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or not _is_refused(message.get("bytes")):
                return message

    return filtered


def _is_refused(content: bytes | None) -> bool:
    try:
        return BackMsg.FromString(content or b"").WhichOneof("type") in REFUSED
    except DecodeError:
        return False  # Streamlit closes the connection
