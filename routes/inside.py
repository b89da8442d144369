"""What the page that looks inside a network gets from the server besides itself.

Networks in single precision and the weights after each epoch, as `networks.browser` packs them, and
the test digits on which a browser sees what a broken network is worth.
"""

from __future__ import annotations

import functools
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.networks.kept import Kept
from mnist_core.runs import Run
from routes.content import Content, gone

FOLDER = "/inspection"
DIGITS = 1000  # on which a broken network is measured
BYTES = "application/octet-stream"


def _pack(run: Run) -> Content:
    from mnist_core.networks import browser  # it takes long to import

    return Content.of(browser.pack(run, 32), BYTES)


_packed = Kept(_pack, "whole packer")


def network_address(run: Run) -> str:
    """Where the browser gets the run's network as it is, below the application's own path.

    Raises:
        InputError: the network cannot run in a browser.
    """
    digest = _packed.get(run).result().digest
    return f"{FOLDER}/networks/{quote(run.name, safe='')}/{digest}"


async def network(request: Request) -> Response:
    """The bytes of a network; 404 for one that is gone or another by now."""

    def found() -> Content | None:
        run = runs.named(request.path_params["run"])
        try:
            return None if run.problem or not run.usable else _packed.get(run).result()
        except InputError:
            return None

    content = await anyio.to_thread.run_sync(found)
    known = content is not None and content.digest == request.path_params["digest"]
    return content.answer(request) if content and known else gone()


def epoch_addresses(run: Run) -> list[tuple[int, str]]:
    """The epochs after which the run's weights were kept, and where the browser gets those."""
    name = quote(run.name, safe="")
    return [
        (number, f"{FOLDER}/epochs/{name}/{number}/{_digest(path, *_stamp(path))}")
        for number, path in runs.kept_epochs(run)
    ]


async def epoch(request: Request) -> Response:
    """The bytes of a network after an epoch; 404 where they are gone or others by now."""

    def found() -> Content | None:
        run = runs.named(request.path_params["run"])
        kept = dict(runs.kept_epochs(run))
        path = kept.get(request.path_params["number"])
        return Content.of(runs.read_epoch(path), BYTES) if path else None

    try:
        content = await anyio.to_thread.run_sync(found)
    except OSError:
        content = None
    known = content is not None and content.digest == request.path_params["digest"]
    return content.answer(request) if content and known else gone()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:  # it is gone, and whoever asks for it will see that
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=512)
def _digest(path: Path, *stamp: int) -> str:
    try:
        return Content.digest_of(runs.read_epoch(path))
    except OSError:
        return "gone"


def digits_name() -> str:
    """The dataset whose first test digits a broken network is measured on."""
    return "mnist" if datasets.at_hand("mnist") else "optical-digits"


@functools.lru_cache(maxsize=2)
def _digits(name: str) -> Content:
    dataset = datasets.load(name, fetch=False)
    images = np.ascontiguousarray(dataset.x_test[:DIGITS], np.uint8)
    labels = dataset.y_test[:DIGITS].astype(np.uint8)
    return Content.of(labels.tobytes() + images.tobytes(), BYTES)


async def digits(request: Request) -> Response:
    """Labels, a byte each, and behind them images of 784 bytes each; 404 where there are none."""
    name = request.path_params["name"]
    try:
        if name != digits_name():
            return gone()
        content = await anyio.to_thread.run_sync(_digits, name)
    except InputError:
        return gone()
    return content.answer(request, {"Cache-Control": "no-cache"})


def digits_address() -> str:
    return f"{FOLDER}/digits/{digits_name()}"


ROUTES = [
    Route(FOLDER + "/networks/{run}/{digest}", network),
    Route(FOLDER + "/epochs/{run}/{number:int}/{digest}", epoch),
    Route(FOLDER + "/digits/{name}", digits),
]
