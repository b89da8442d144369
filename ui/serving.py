"""What the server puts around the pages: who may ask, what is sent along, what is printed first."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

import routes
from mnist_core import pocket
from routes import access as keys
from routes.guard import Guard
from ui import access, inline, quiet
from ui.guard import StreamlitGuard

CONNECTIONS = 16_384
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)  # one that stands within a page


def middleware() -> list[Middleware]:
    """What every request passes, the outermost first."""
    index = Path(st.__file__).parent / "static" / "index.html"
    pages = (index.read_text(encoding="utf-8"), *inline.ALL)
    return [
        Middleware(
            Guard,
            access=access.rule(),
            scripts=[
                pocket.script_hash(),
                pocket.script_hash(pocket.MEMBERS),
                *(script_hash(script) for page in pages for script in SCRIPT.findall(page)),
            ],
            origins=st.get_option("server.corsAllowedOrigins"),
        ),
        Middleware(StreamlitGuard),
        *routes.MIDDLEWARE,
    ]


def script_hash(script: str) -> str:
    """What a Content-Security-Policy calls a script that stands within a page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def allow_connections() -> None:
    """Allow as many connections as the system lets this process have: each phone takes one.

    By default many systems allow 1,024 and would let the process ask for more.
    """
    try:
        import resource
    except ImportError:  # on Windows there is no such limit
        return
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS if most == resource.RLIM_INFINITY else min(CONNECTIONS, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """The life of the server; where it is open to a network, it begins with the links to it."""
    allow_connections()
    rule = access.rule()
    if rule.open:
        address, port = st.get_option("server.address"), st.get_option("server.port")
        base = st.get_option("server.baseUrlPath") or ""
        print(keys.invitation(rule, address, port, base), flush=True)
    async with quiet.lifespan(app):
        yield
