"""How soon the bars move: while the pen moves, and after it is lifted.

Starts the application, drives Chromium on the same machine, and draws fifty digits of people
whom no network here was trained on, each in one stroke on an empty canvas, at the pace of a
hand. A page counts its own frames: the bars have moved when one of them has another length on
the screen than when the pen came down, or was lifted.

First without the network in the browser (its weights are kept from arriving), so that the bars
are the server's after pen-up; then with it. All that once more while a network is trained on the
same processors, by a process of its own.
"""

import argparse
import itertools
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from application import application, training
from common import median_seconds, need, print_table
from mnist_core import datasets, predictor
from ui import canvas

WAIT = 200  # milliseconds that the canvas component waits before it sends a drawing
PACE = 1 / 60  # seconds between two points of the pen
BRUSH = 22
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Notes for each stroke when the pen came down and was lifted, when the bars next moved after
# each, when they showed the server's reading, and how many readings there were in between.
PROBE = """
(() => {
    const lengths = () => [...document.querySelectorAll('.live-bars .fill')].map(
        fill => fill.getBoundingClientRect().width);
    const moved = from => lengths().some((length, at) => Math.abs(length - from[at]) > 0.5);
    window.strokes = [];
    let stroke = null;
    const note = (name, since, done) => {
        const look = () => {
            if (done()) stroke[name] = performance.now() - since;
            else if (stroke && performance.now() - since < 20000) requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    };
    addEventListener('mousedown', event => {
        if (event.composedPath()[0].tagName !== 'CANVAS') return;
        stroke = {down: performance.now()};
        window.strokes.push(stroke);
        const before = lengths();
        note('inkToBars', stroke.down, () => moved(before));
    }, true);
    addEventListener('mouseup', event => {
        if (!stroke || stroke.up) return;
        stroke.up = performance.now();
        stroke.readings = Number(document.querySelector('.live-bars').dataset.readings ?? 0);
        const before = lengths();
        const text = document.querySelector('.server-reading').dataset.reading;
        note('upToBars', stroke.up, () => moved(before));
        note('upToServer', stroke.up, () =>
            document.querySelector('.live-bars').dataset.by === 'server'
            && ![...document.querySelectorAll('.server-reading')].some(
                reading => reading.dataset.reading === text));
    }, true);
})();
"""


@dataclass
class Frames:
    """What went over the page's websocket."""

    sent: int = 0
    received: int = 0
    received_bytes: int = field(default=0)


def drawings(count: int) -> list[np.ndarray]:
    """Digits in one stroke, in pixels of the canvas, a point for each sixtieth of a second."""
    pens = datasets.load("pen-strokes")
    single = [strokes[0] for strokes in pens.strokes_test if len(strokes) == 1]
    paths = []
    for index in np.random.default_rng(0).choice(len(single), count, replace=False):
        path = np.asarray(single[index], float)
        path = (path - path.min(axis=0)) / np.ptp(path, axis=0).max() * 200
        path += (canvas.SIDE - np.ptp(path, axis=0)) / 2
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        places = np.linspace(0, along[-1], max(20, round(along[-1] / 10)))
        paths.append(np.stack([np.interp(places, along, path[:, axis]) for axis in (0, 1)], 1))
    return paths


def draw(browser: Any, address: str, paths: list[np.ndarray], live: bool) -> tuple[Any, Frames]:
    """Draw each path on an empty canvas; what the page noted, and what it sent and got."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.add_init_script(PROBE)
    frames = Frames()

    def on_frame(message: Any) -> None:
        frames.received += 1
        frames.received_bytes += len(message)

    def on_sent(_: Any) -> None:
        frames.sent += 1

    def on_socket(websocket: Any) -> None:
        websocket.on("framereceived", on_frame)
        websocket.on("framesent", on_sent)

    page.on("websocket", on_socket)
    if not live:
        page.route("**/networks/*", lambda route: route.abort())
    page.goto(address)
    page.locator(".st-key-canvas canvas").last.wait_for()
    state = ".live-bars[data-live=true]" if live else ".live-bars"
    page.locator(state).wait_for(timeout=300_000)
    box = page.locator(".st-key-canvas canvas").last.bounding_box()
    words = page.locator(".st-key-confidence")
    mouse = page.mouse
    sent = [0, 0, 0]
    for number, path in enumerate([paths[0], *paths]):  # the first does not count
        before = frames.sent, frames.received, frames.received_bytes
        mouse.move(box["x"] + path[0][0], box["y"] + path[0][1])
        mouse.down()
        begun = time.perf_counter()
        for step, (x, y) in enumerate(path[1:], 1):
            time.sleep(max(0, begun + step * PACE - time.perf_counter()))
            mouse.move(box["x"] + x, box["y"] + y)
        mouse.up()
        page.wait_for_function("strokes.at(-1).upToServer", timeout=300_000)
        page.wait_for_function("!/starting/.test(document.body.innerText)", timeout=300_000)
        page.wait_for_timeout(150)
        after = frames.sent, frames.received, frames.received_bytes
        if number:
            sent = [s + b - a for s, a, b in zip(sent, before, after, strict=True)]
        page.locator(".st-key-clear button").click()
        words.get_by_text("Draw a digit").wait_for(timeout=60_000)
        page.wait_for_timeout(500)  # the emptied canvas reports itself too
    strokes = json.loads(page.evaluate("JSON.stringify(strokes)"))[1:]
    context.close()
    return strokes, Frames(*sent)


def milliseconds(values: list[float]) -> str:
    return f"{np.median(values):.0f} / {np.percentile(values, 95):.0f} ms"


def server_share() -> float:
    """Milliseconds for drawing form, prediction and what is sent to the page, in process."""
    from ui import live_bars

    reader = predictor.load()
    path = drawings(1)[0]
    stroke = {
        "type": "Path",
        "path": [["M", *path[0]], *(["Q", *a, *(a + b) / 2] for a, b in itertools.pairwise(path))],
        "strokeWidth": BRUSH,
    }

    def answer() -> None:
        image = canvas.read([stroke])
        live_bars.reading_data([stroke], reader.predict(image[None])[0], "1", "")

    return 1e3 * median_seconds(answer, 200)


def asked() -> tuple[int, list[str]]:
    """How many strokes are drawn, and on what machines."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--strokes", type=int, default=50)
    options.add_argument(
        "--training",
        action=argparse.BooleanOptionalAction,
        help="only with, or only without a training run in the background",
    )
    given, loads = options.parse_args(), ["no training", "training"]
    return given.strokes, loads if given.training is None else [loads[given.training]]


def main() -> None:
    count, loads = asked()
    need("pen-strokes")
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: install it (Debian: apt install chromium).")
    paths = drawings(count)
    rows, split = [], []
    with (
        tempfile.TemporaryDirectory() as models,
        application(models) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        for load in loads:
            with training(models, load == "training"):
                share = server_share()
                for live in (False, True):
                    strokes, frames = draw(browser, server.address, paths, live)
                    ups = [stroke["upToServer"] for stroke in strokes]
                    if not live:
                        # The bars move a moment after the reading has come.
                        ups = [stroke["upToBars"] for stroke in strokes]
                        rest = float(np.median(ups)) - WAIT
                        split.append(
                            [load, f"{np.median(ups):.0f} ms", f"{np.percentile(ups, 95):.0f} ms"]
                            + [f"{WAIT} ms", f"{rest:.0f} ms", f"{share:.1f} ms"]
                        )
                    rates = [1e3 * s["readings"] / (s["up"] - s["down"]) for s in strokes]
                    ink = [stroke.get("inkToBars", np.nan) for stroke in strokes]
                    rows.append(
                        [
                            load,
                            "while the pen moves" if live else "after pen-up",
                            milliseconds(ink),
                            f"{np.median(rates):.0f}" if live else "–",
                            milliseconds(ups),
                            f"{frames.sent / count:.1f}",
                            f"{frames.received_bytes / count / 1000:.1f} kB",
                        ]
                    )
        browser.close()
    print("Pen-up to changed bars, read by the server:\n")
    print_table(
        ["machine", "median", "95th percentile", "canvas waits", "the rest", "of it the server"],
        split,
    )
    print("\nMedian / 95th percentile of each stroke:\n")
    print_table(
        ["machine", "bars move", "first ink to bars", "readings a second"]
        + ["pen-up to the server's reading", "requests a stroke", "sent to the page"],
        rows,
    )


if __name__ == "__main__":
    main()
