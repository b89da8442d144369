"""The pocket page: a canvas and what the network makes of it, without Streamlit."""

from __future__ import annotations

import asyncio
import functools

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mnist_core import pocket, runs
from mnist_core.errors import InputError
from mnist_core.networks.kept import DEFAULT
from routes import networks
from routes.content import Content

PAGE = "/pocket"
OFFLINE = "/pocket_offline.js"
# For a lesson as it is; for a week shown at once while the browser looks for a newer one.
FOR_A_WHILE = {"Cache-Control": "public, max-age=300, stale-while-revalidate=604800"}
EACH_TIME = {"Cache-Control": "no-cache"}
NO_RUN = "No network of that name can read here: choose another one on the drawing page."


async def page(request: Request) -> Response:
    """The page with the default network, or with that of `?run=NAME`; 404 if there is none."""
    try:
        name = request.query_params.get("run")
        run = runs.named(name) if name else runs.read_if_changed(DEFAULT)
        if run.problem or not run.usable:
            return PlainTextResponse(NO_RUN, 404)
        packed = await asyncio.wrap_future(networks.packed(run))
    except InputError:
        return PlainTextResponse(NO_RUN, 404)
    network = networks.address_of(packed).removeprefix("/")
    text = pocket.served(run, pocket.Addresses(network, OFFLINE.removeprefix("/")))
    return content(text, "text/html").answer(request, FOR_A_WHILE)


async def offline(request: Request) -> Response:
    """The service worker, which gives the page where there is no network connection."""
    text = pocket.SERVICE_WORKER.read_text(encoding="utf-8")
    return content(text, "text/javascript").answer(request, EACH_TIME)


@functools.lru_cache(maxsize=16)
def content(text: str, media_type: str) -> Content:
    """A page or a script, compressed once."""
    return Content.of(text.encode(), media_type)


ROUTES = [Route(PAGE, page), Route(OFFLINE, offline)]
