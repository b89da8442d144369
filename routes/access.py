"""Who may do what: everything on this machine, and on a network what changes nothing.

A server that is reached from its own machine alone belongs to whoever sits there. One that is
open to a network lets visitors look, draw and download; what writes or works for long takes the
teacher's key. The link with it sets a cookie, and nothing else remembers who has it: the cookie
holds no key, but a token that this server made of it.

The rule is the server's own address, never that of who asks: a proxy beside an open server
connects from this machine, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import os
import secrets
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

COOKIE = "teacher"
ACCESS = "access"  # in the scope of a request, put there by `routes.guard`
WRONG_SECONDS = 1.0  # that a wrong key takes to be refused
MOST_AT_ONCE, MOST_OF_ONE = 20, 5  # wrong keys that are being refused: in all, and of one address
NEVER_KEPT = {"Cache-Control": "no-store"}
WRONG = "This link does not hold the teacher's key: take the one that the server printed last."
BUSY = "Several keys are being tried at this moment: open the link again in a few seconds."

_RANDOM_KEY = secrets.token_urlsafe(18)  # until the server stops


def on_loopback(address: str | None) -> bool:
    """Whether what listens at an address is reached from its own machine alone."""
    name = (address or "").strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """Whether the server is open to a network, and the key that is needed then."""

    open: bool
    key: str
    secret: str  # of the server, without which nobody can make a token of a guessed key

    @classmethod
    def given(cls, address: str | None, secret: str) -> Access:
        """The rule of a server that listens at an address; the environment may hold the key.

        `OPEN_TO_NETWORK=1` says that a proxy opens a server of this machine to a network.
        """
        forwarded = os.environ.get("OPEN_TO_NETWORK", "") not in ("", "0")
        key = os.environ.get("TEACHER_KEY", "").strip() or _RANDOM_KEY
        return cls(forwarded or not on_loopback(address), key, secret)

    @property
    def token(self) -> str:
        """What the cookie of somebody with the key holds."""
        return hmac.new(self.secret.encode(), self.key.encode(), hashlib.sha256).hexdigest()

    def allows(self, cookies: Mapping[str, str]) -> bool:
        """Whether whoever sent these cookies may do everything."""
        return not self.open or _same(cookies.get(COOKIE, ""), self.token)

    def fits(self, key: str) -> bool:
        return _same(key, self.key)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def invitation(access: Access, address: str | None, port: int, base: str = "") -> str:
    """What an open server prints when it starts: where visitors and the teacher go.

    Args:
        base: the path below which the application is served.
    """
    there = in_network(address, port, base)
    link = f"{there}/teacher?{urlencode({'key': access.key})}"
    return (
        f"\n  For visitors, who draw and look:  {there}\n"
        f"  For the teacher, who also trains: {link}\n"
    )


def in_network(address: str | None, port: int, base: str = "") -> str:
    """Where others in the network reach a server that listens at an address and a port."""
    host = address if address and address not in ("0.0.0.0", "::") else lan_address()
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/{base.strip('/')}".rstrip("/")


def for_phones(seen: str, address: str | None, port: int, base: str = "") -> str:
    """Where phones reach a server that somebody has open at an address.

    Whoever came by a name of the network came the way that phones come, perhaps through a proxy.

    Args:
        seen: the address that the browser shows, "" if it is not known.
        address: where the server listens, and `port` there; `base` as for `invitation`.
    """
    parts = urlsplit(seen)
    if parts.hostname and not on_loopback(parts.hostname):
        return f"{parts.scheme}://{parts.netloc}/{base.strip('/')}".rstrip("/")
    if on_loopback(address):  # nobody else reaches it, but the link is right on this machine
        address = "127.0.0.1"
    return in_network(address, port, base)


def lan_address() -> str:
    """This machine's address in its network, as far as it can be told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 9))  # sends nothing: it only asks for the way
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


_trying: Counter[str] = Counter()


async def enter(request: Request) -> Response:
    """Take the key in the link, remember it by a cookie, and go to the drawing page.

    A wrong key is refused only after a second, and while many are, none is looked at.
    """
    access: Access = request.scope[ACCESS]
    home = request.url.path.removesuffix("teacher")
    peer = request.client.host if request.client else ""
    if _trying[peer] >= MOST_OF_ONE or _trying.total() >= MOST_AT_ONCE:
        return PlainTextResponse(BUSY, 429, NEVER_KEPT)
    if access.fits(request.query_params.get("key", "")):
        response = RedirectResponse(home, 303, NEVER_KEPT)
        response.set_cookie(
            COOKIE, access.token, path=home, httponly=True, samesite="lax", secure=_secure(request)
        )
        return response
    _trying[peer] += 1
    try:
        await asyncio.sleep(WRONG_SECONDS)
    finally:
        _trying[peer] -= 1
        if not _trying[peer]:
            del _trying[peer]
    return PlainTextResponse(WRONG, 403, NEVER_KEPT)


async def leave(request: Request) -> Response:
    """Be a visitor again."""
    home = request.url.path.removesuffix("teacher/leave")
    response = RedirectResponse(home, 303, NEVER_KEPT)
    response.delete_cookie(COOKIE, path=home, httponly=True, samesite="lax")
    return response


def _secure(request: Request) -> bool:
    """Whether the browser came by HTTPS, perhaps through a proxy: then the cookie stays there."""
    return "https" in (request.url.scheme, request.headers.get("X-Forwarded-Proto", ""))


ROUTES = [Route("/teacher", enter), Route("/teacher/leave", leave)]
