"""The JavaScript that runs beside a page, at an address made from its content.

A browser keeps it for good: other content has another address.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mnist_core import javascript

FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
WORKER = javascript.join(javascript.WEB / "worker.js").encode()
WORKER_ADDRESS = f"/scripts/{hashlib.sha256(WORKER).hexdigest()[:16]}/worker.js"


async def worker(request: Request) -> Response:
    """The worker that runs a network; 404 for an address of other content."""
    if request.url.path != WORKER_ADDRESS:
        return PlainTextResponse("This page is older than the server: load it again.", 404)
    return Response(WORKER, media_type="text/javascript", headers=FOR_GOOD)


ROUTES = [Route("/scripts/{digest}/worker.js", worker)]
