"""The JavaScript that runs beside a page, at an address made from its content."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mnist_core import javascript
from routes.content import Content, gone

WORKER = javascript.join(javascript.WEB / "worker.js").encode()  # it reads drawings
INSPECTION = javascript.join(javascript.WEB / "inspection_worker.js").encode()  # and this looks in
_SCRIPTS = {
    "worker.js": Content.of(WORKER, "text/javascript"),
    "inspection_worker.js": Content.of(INSPECTION, "text/javascript"),
}


def _address(name: str) -> str:
    return f"/scripts/{_SCRIPTS[name].digest}/{name}"


WORKER_ADDRESS = _address("worker.js")  # below the application's own path
INSPECTION_ADDRESS = _address("inspection_worker.js")


async def script(request: Request) -> Response:
    """A worker's script; 404 for an address of other content."""
    found = _SCRIPTS.get(request.path_params["name"])
    known = found is not None and request.path_params["digest"] == found.digest
    return found.answer(request) if found and known else gone()


ROUTES = [Route("/scripts/{digest}/{name}", script)]
