"""The JavaScript that runs beside a page, at an address made from its content."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mnist_core import javascript
from routes.content import Content, gone

WORKER = javascript.join(javascript.WEB / "worker.js").encode()
_CONTENT = Content.of(WORKER, "text/javascript")
WORKER_ADDRESS = f"/scripts/{_CONTENT.digest}/worker.js"  # below the application's own path


async def worker(request: Request) -> Response:
    """The worker that runs a network; 404 for an address of other content."""
    known = request.path_params["digest"] == _CONTENT.digest
    return _CONTENT.answer(request) if known else gone()


ROUTES = [Route("/scripts/{digest}/worker.js", worker)]
