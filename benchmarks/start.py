"""How soon the application is there, and how much a browser has to load for it.

Starts the server as `make run` does, several times: the first time as after an installation,
without any compiled module of the application's own. Chromium waits already, opens the page the
moment that the port does, and draws a stroke the moment that it can.

Then the page's weight, for a browser that has never been there: until the canvas can be drawn on,
and until all has come, beside a page of Streamlit's that has nothing but the canvas.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from live_latency import CHROMIUM_OPTIONS, free_port

from common import ROOT, print_table

FOLDERS = ("mnist_core", "routes", "ui", "web", "pages", ".streamlit")
BARE = """import streamlit as st
from streamlit_drawable_canvas import st_canvas
st_canvas(stroke_width=22, stroke_color="#ffffff", background_color="#101010",
          width=340, height=340, key="drawing_canvas")
"""
# The one on which the pen is followed, within the component's shadow root.
CANVAS = "canvas.upper-canvas"
STROKE = [(170, 60), (168, 120), (166, 200), (165, 280)]


# Notes when the canvas is there, in seconds since 1970.
NOTE_CANVAS = """(() => {
    const look = () => {
        const there = [...document.querySelectorAll('*')].some(
            element => element.shadowRoot?.querySelector('canvas.upper-canvas'));
        if (there) window.canvasAt = Date.now() / 1000;
        else requestAnimationFrame(look);
    };
    look();
})()"""


@dataclass(frozen=True)
class Loaded:
    """What a page has loaded."""

    until: float  # seconds from the request for the page
    bytes: float
    requests: int

    def __str__(self) -> str:
        return f"{self.bytes / 1e6:.2f} MB, {self.requests} requests"


@contextlib.contextmanager
def served(folder: Path, script: str) -> Iterator[tuple[str, float]]:
    """The address of a server, once it answers, and the time at which it was started."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    streamlit = str(Path(sys.executable).with_name("streamlit"))
    command = [streamlit, "run", script, "--server.headless", "true"]
    began = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers(address):
            if server.poll() is not None:
                sys.exit("The application did not start: try `make run`.")
            time.sleep(0.005)
        yield address, began
    finally:
        server.terminate()
        server.wait(30)


def answers(address: str) -> bool:
    """Whether the page is served."""
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def first_stroke(browser: Any, folder: Path) -> tuple[float, float]:
    """Seconds from the start of a server to the page, and to the first answered stroke."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    with served(folder, "streamlit_app.py") as (address, began):
        there = time.perf_counter() - began
        page.goto(address, wait_until="commit")
        canvas = page.locator(f".st-key-canvas {CANVAS}")
        box = canvas.bounding_box(timeout=60_000)
        (x, y), *rest = [(box["x"] + x, box["y"] + y) for x, y in STROKE]
        page.mouse.move(x, y)
        page.mouse.down()
        for spot in rest:
            page.mouse.move(*spot)
        page.mouse.up()
        page.locator(".live-bars[data-by=server] .best").wait_for(timeout=60_000)
        answered = time.perf_counter() - began
    context.close()
    return there, answered


def weight(browser: Any, address: str) -> tuple[Loaded, Loaded]:
    """What the page has loaded when the canvas is there, and when it has come to rest."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.add_init_script(NOTE_CANVAS)
    network = context.new_cdp_session(page)
    asked: list[tuple[float, float]] = []  # both clocks: since 1970, and that of the events
    came: list[tuple[float, float]] = []  # by the latter; bytes
    network.on(
        "Network.requestWillBeSent",
        lambda event: asked.append((event["wallTime"], event["timestamp"])),
    )
    network.on(
        "Network.loadingFinished",
        lambda event: came.append((event["timestamp"], event["encodedDataLength"])),
    )
    network.send("Network.enable")
    page.goto(address, wait_until="commit")
    page.wait_for_function("window.canvasAt", timeout=60_000)
    page.wait_for_timeout(4000)
    (wall, begun), canvas = asked[0], page.evaluate("canvasAt")
    context.close()
    found = []
    for end in (canvas - wall + begun, came[-1][0]):
        sizes = [size for at, size in came if at <= end]
        found.append(Loaded(end - begun, sum(sizes), len(sizes)))
    return found[0], found[1]


def installed(folder: Path) -> None:
    """The application's files as they are after an installation, nothing compiled."""
    leave_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
    shutil.copy(ROOT / "streamlit_app.py", folder)
    shipped = [path for path in (ROOT / "models").iterdir() if (path / "run.json").is_file()]
    for run in shipped:
        shutil.copytree(run, folder / "models" / run.name)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--starts", type=int, default=5)
    starts = options.parse_args().starts
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: install it (Debian: apt install chromium).")
    os.environ.pop("MODELS_DIR", None)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder, bare = Path(place, "app"), Path(place, "bare")
        for new in (folder, bare):
            new.mkdir()
        installed(folder)
        (bare / "app.py").write_text(BARE)
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        measured = np.array([first_stroke(browser, folder) for _ in range(starts + 1)])
        weights = {}
        for name, where, script in (
            ("the drawing page", folder, "streamlit_app.py"),
            ("Streamlit and the canvas", bare, "app.py"),
        ):
            with served(where, script) as (address, _):
                weight(browser, address)  # the server's own first time
                weights[name] = weight(browser, address)
        browser.close()
    first, (there, answered) = measured[0], np.median(measured[1:], axis=0)
    print_table(
        ["start", "to the page", "to the first answered stroke"],
        [
            ["the first", f"{first[0]:.2f} s", f"{first[1]:.2f} s"],
            ["again", f"{there:.2f} s", f"{answered:.2f} s"],
        ],
    )
    print()
    print_table(
        ["page, loaded for the first time", "to the canvas", "until then", "in the end"],
        [
            [name, f"{canvas.until:.1f} s", str(canvas), str(end)]
            for name, (canvas, end) in weights.items()
        ],
    )


if __name__ == "__main__":
    main()
