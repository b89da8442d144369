"""The networks that browsers read with, each at an address made from its content.

A page asks for the address of a run's network and hands it to the browser, which fetches it once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mnist_core import runs
from mnist_core.networks.kept import DEFAULT, Kept
from mnist_core.runs import Run
from routes.content import Content, gone

FOLDER = "/networks"


def _pack(run: Run) -> Content:
    from mnist_core.networks import browser  # it takes long to import

    return Content.of(browser.pack(run), "application/octet-stream")


_packed = Kept(_pack, "packer")


def packed(run: Run) -> concurrent.futures.Future[Content]:
    """The run's network for the browser, now or soon.

    Its `result()` raises InputError if the network cannot run in a browser.
    """
    return _packed.get(run)


def address_of(content: Content) -> str:
    """Where the browser gets it, below the application's own path."""
    return f"{FOLDER}/{content.digest}"


def address(run: Run) -> str:
    """Where the browser gets the run's network, below the application's own path.

    It is packed first, if it has not been: a tenth of a second for the default run.

    Raises:
        InputError: the network cannot run in a browser.
    """
    return address_of(packed(run).result())


async def network(request: Request) -> Response:
    """The bytes of a network; 404 for an address of other content."""
    digest = request.path_params["digest"]
    if (found := _find(digest)) is None:
        # Many pages need the default network, also those that another server has made.
        await asyncio.wait([asyncio.wrap_future(packed(runs.read(DEFAULT)))])
        found = _find(digest)
    return found.answer(request) if found else gone()


def _find(digest: str) -> Content | None:
    return next((made for made in _packed.made() if made.digest == digest), None)


ROUTES = [Route(FOLDER + "/{digest}", network)]
