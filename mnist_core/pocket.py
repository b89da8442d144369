"""The pocket page: one HTML file that draws, reads and shows, with a network in it or beside it.

Served to phones, or saved and opened from a disk, a mail or a USB stick without a server. It is
put together of what lies in `web/`: a template, styles, and all modules joined into one script,
which the page's worker runs as well. The page of a class' members is made in the same way.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import re
import string
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mnist_core import javascript, wording
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.runs import Run

FOLDER = javascript.WEB / "pocket"
STYLES = (javascript.WEB / "bars.css", javascript.WEB / "slim_bars.css", FOLDER / "page.css")
MEMBERS = javascript.WEB / "class"  # the page of a class' members
_INDENTATION = re.compile(r"^\s+", re.MULTILINE)
SERVICE_WORKER = FOLDER / "service_worker.js"


@dataclass(frozen=True)
class Addresses:
    """Where a served page finds what is not in it, relative to its own address."""

    network: str  # of the packed network; it ends in the first digits of its SHA-256
    offline: str  # of the service worker


@functools.cache
def script(folder: Path = FOLDER) -> str:
    """All the JavaScript of the page, which is one script that stands within it."""
    return _dense(javascript.join(folder / "main.js"))


def _dense(code: str) -> str:
    """Code without the indentation that only people need: a tenth of the page."""
    return _INDENTATION.sub("", code)


def script_hash(folder: Path = FOLDER) -> str:
    """What a Content-Security-Policy calls that script."""
    digest = hashlib.sha256(script(folder).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def served(run: Run, addresses: Addresses) -> str:
    """The page for a server to give; the network is at its address."""
    return _page(run, _served(addresses), preload=_preload(addresses))


def for_member(run: Run, addresses: Addresses, code: str) -> str:
    """The page of whoever joins a class, one folder below the application's own path.

    Args:
        run: what it reads with until the class has a network of its own.
        code: of the class; letters and digits only.
    """
    own = {"code": code, "api": f"../api/class/{code}", "about": about(run)}
    settings = {**_served(addresses), **own}
    return _page(run, settings, MEMBERS, preload=_preload(addresses))


def _served(addresses: Addresses) -> dict[str, Any]:
    return {
        "digest": addresses.network.rpartition("/")[2],
        "network": addresses.network,
        "offline": addresses.offline,
    }


def _preload(addresses: Addresses) -> str:
    return f'<link rel="preload" as="fetch" crossorigin href="{html.escape(addresses.network)}">'


def alone(run: Run) -> str:
    """The page as a file that needs nothing else and asks for nothing.

    Raises:
        InputError: the run is broken, or its network cannot run in a browser.
    """
    if run.problem or not run.usable:
        raise InputError(run.problem or f"The run {run.name} is {run.status}.")
    from mnist_core.networks import browser  # it takes long to import

    packed = browser.pack(run)
    settings = {"digest": hashlib.sha256(packed).hexdigest(), "network": None, "offline": None}
    rules = (
        f"default-src 'none'; script-src {script_hash()} 'wasm-unsafe-eval'; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data:"
    )
    data = base64.b64encode(packed).decode("ascii")
    return _page(
        run,
        settings,
        policy=f'<meta http-equiv="Content-Security-Policy" content="{rules}">',
        network=f'<script id="network" type="text/plain">{data}</script>',
    )


def export(run: Run, path: Path) -> None:
    """Write the page of a run into one file.

    Raises:
        InputError: as `alone` does, or the file cannot be written.
    """
    page = alone(run)
    with written_whole(path) as beside:
        beside.write_text(page, encoding="utf-8")


def _page(run: Run, settings: dict[str, Any], folder: Path = FOLDER, **parts: str) -> str:
    threshold = wording.for_browser(run.confidence_threshold)
    styles = STYLES if folder == FOLDER else (*STYLES, folder / "page.css")
    texts = {
        "policy": "",
        "preload": "",
        "network": "",
        "about": html.escape(about(run)),
        "style": _dense("".join(path.read_text(encoding="utf-8") for path in styles)),
        # No text of JSON ends an element of HTML where no tag can begin in it.
        "settings": json.dumps({**settings, **threshold}).replace("<", "\\u003c"),
        "script": script(folder),
        **parts,
    }
    template = (folder / "page.html").read_text(encoding="utf-8")
    return string.Template(template).substitute(texts)


def about(run: Run) -> str:
    """The run's name, how well it reads, and when it was trained, in one line."""
    accuracy = run.metrics.test_accuracy
    parts = [run.name]
    if accuracy is not None:
        dataset = run.dataset.split("+")[0].replace("mnist", "MNIST")
        parts.append(f"{accuracy:.2%} of {dataset}’s test digits")
    if run.record.finished:
        parts.append(datetime.fromisoformat(run.record.finished).strftime("%d %b %Y").lstrip("0"))
    return " · ".join(parts)
