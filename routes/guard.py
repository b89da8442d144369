"""What stands before every answer of the server: who is asked, from where, and how it is shown.

- A server of this machine alone is asked by that machine's names; another name was made to lead
  here by somebody else (DNS rebinding).
- A page of another host neither opens a websocket nor changes anything here.
- A browser runs and loads nothing of any other host, and no other page shows ours within it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routes.access import ACCESS, Access, on_loopback

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?", re.ASCII)
ELSEWHERE = "A page of another host asked for this: open the application by its own address."
NOT_HERE = (
    "This server is for its own machine alone: open it at 127.0.0.1 or localhost, or start it "
    "with HOST=0.0.0.0 (behind a proxy with OPEN_TO_NETWORK=1)."
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}


def policy(host: str, scripts: Sequence[str]) -> str:
    """The Content-Security-Policy of an answer.

    Styles stand within the page, as Streamlit's own do. The browser's network is WebAssembly in a
    worker, and the components' scripts come as blobs, by Streamlit.

    Args:
        host: that was asked, with its port; the websocket leads there.
        scripts: what else may run: hashes of the scripts that stand within pages, keywords.
    """
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self' blob: 'wasm-unsafe-eval'", *scripts)),
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Guard:
    """ASGI middleware; `scope["access"]` says to everything behind it who may do what."""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        scripts: Sequence[str] = (),
        origins: Sequence[str] = (),
    ) -> None:
        """Stand before `app`.

        Args:
            scripts: hashes of the scripts that stand within pages.
            origins: of other hosts whose pages may do what our own may, as https://HOST.
        """
        # Programs that drive a browser on this machine have a page evaluate what they wait for.
        self.scripts = [*scripts, *([] if access.open else ["'unsafe-eval'"])]
        self.app, self.access = app, access
        self.origins = {origin.strip().rstrip("/") for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        found = HOST.fullmatch(headers.get("host", ""))
        reason = None
        if found is None or not (self.access.open or on_loopback(found[1])):
            reason = NOT_HERE
        elif not self._may_come_from(scope, headers):
            reason = ELSEWHERE
        content_policy = policy(found[0] if found else "127.0.0.1", self.scripts)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(message["headers"])}  # it may be kept
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer.setdefault(name, value)
                answer["Content-Security-Policy"] = content_policy
            await send(message)

        if reason is None:
            scope[ACCESS] = self.access
            await self.app(scope, receive, with_headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": reason[:120]})
        else:
            await PlainTextResponse(reason, 403)(scope, receive, with_headers)

    def _may_come_from(self, scope: Scope, headers: Headers) -> bool:
        """Whether a browser's page may ask for this; what is no browser's page names no origin."""
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return True
        origin = headers.get("origin")
        if origin is None or origin in self.origins:
            return True
        try:
            return urlsplit(origin).netloc.lower() == headers["host"].lower()
        except ValueError:
            return False
