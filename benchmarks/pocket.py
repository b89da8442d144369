"""The pocket page beside Streamlit's: what it weighs, how soon it reads, how often a second.

Starts the application and opens both pages in Chromium as a phone would: with the processor slowed
four times, 10 Mbit/s and 60 ms to the server. "Drawable" is when a stroke shows ink, "first bars"
when the bars have read a stroke that lay on the canvas before the network had come. Then readings
a second while the pen moves for two seconds, slowed and not.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from live_latency import CHROMIUM_OPTIONS

from application import application
from common import print_table
from mnist_core import pocket, runs
from mnist_core.networks import browser

SLOWED, MEGABITS, LATENCY = 4, 10, 60  # times the processor, Mbit/s, ms to the server and back
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
SECONDS, PACE = 2.0, 1 / 60  # of a stroke, and between two points of it

# Notes in milliseconds since the page was asked for when its canvas is there and has its size, and
# draws a stroke on it at once; and when the bars then show what was read.
PROBE = """(() => {
    const canvasOf = root => {
        for (const element of root.querySelectorAll('*')) {
            if (element.matches('#canvas, canvas.upper-canvas')) return element;
            const inner = element.shadowRoot && canvasOf(element.shadowRoot);
            if (inner) return inner;
        }
        return null;
    };
    const send = (canvas, kind, x, y) => {
        const box = canvas.getBoundingClientRect();
        const at = {clientX: box.left + x * box.width, clientY: box.top + y * box.height};
        const given = {...at, bubbles: true, composed: true, cancelable: true, buttons: 1};
        canvas.dispatchEvent(new PointerEvent('pointer' + kind, {...given, pointerId: 1}));
        canvas.dispatchEvent(new MouseEvent('mouse' + kind, given));
    };
    const ready = canvas => canvas?.width && (canvas.id !== 'canvas' || !document.hidden
        && document.querySelector('#bars .row'));
    const look = () => {
        const canvas = canvasOf(document);
        if (!ready(canvas)) { requestAnimationFrame(look); return; }
        if (!window.drawableAt) {
            window.drawableAt = performance.now();
            send(canvas, 'down', 0.3, 0.2);
            for (let step = 1; step <= 10; step++) send(canvas, 'move', 0.3 + 0.04 * step, 0.2);
            for (let step = 1; step <= 10; step++) {
                send(canvas, 'move', 0.7 - 0.02 * step, 0.2 + 0.06 * step);
            }
            send(canvas, 'up', 0.5, 0.8);
        }
        if (document.querySelector('.live-bars .best')) window.barsAt = performance.now();
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})()"""


@dataclass(frozen=True)
class Opened:
    """What opening a page took, in seconds, and what came for it."""

    drawable: float
    bars: float
    bytes: float
    requests: int


def opened(context: Any, address: str, slow: bool = True) -> tuple[Any, Opened]:
    """A page of its own and how it opened."""
    page = context.new_page()
    page.add_init_script(PROBE)
    session = context.new_cdp_session(page)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    if slow:
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        speed = MEGABITS * 1e6 / 8
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY,
                "downloadThroughput": speed,
                "uploadThroughput": speed,
            },
        )
    page.goto(address, wait_until="commit")
    page.wait_for_function("window.barsAt", timeout=120_000)
    drawable, bars = page.evaluate("[drawableAt, barsAt]")
    page.wait_for_timeout(1500)
    return page, Opened(drawable / 1e3, bars / 1e3, sum(sizes), len(sizes))


def readings(page: Any, canvas: str) -> float:
    """Readings a second while the pen moves."""
    box = page.locator(canvas).last.bounding_box()
    middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    page.mouse.move(*middle)
    page.mouse.down()
    begun = time.perf_counter()
    while (now := time.perf_counter() - begun) < SECONDS:
        angle, radius = 4 * now, box["width"] * 0.35
        page.mouse.move(*(middle + radius * np.array([np.cos(angle), np.sin(angle)])))
        time.sleep(PACE)
    count = int(page.locator(".live-bars").get_attribute("data-readings") or 0)
    took = time.perf_counter() - begun
    page.mouse.up()
    return count / took


def measured(chromium: Any, address: str, canvas: str, times: int) -> list[str]:
    """The median of several first and second openings, and readings a second."""
    first, second, rates = [], [], []
    for _ in range(times):
        context = chromium.new_context(**PHONE)
        page, new = opened(context, address)
        first.append(new)
        slowed = readings(page, canvas)
        page.close()
        page, again = opened(context, address)
        second.append(again)
        page.close()
        page, _ = opened(context, address, slow=False)
        rates.append((slowed, readings(page, canvas)))
        context.close()

    def of(name: str, among: list[Opened]) -> float:
        return float(np.median([getattr(one, name) for one in among]))

    slowed, fast = np.median(rates, axis=0)
    return [
        f"{of('bytes', first) / 1e3:,.0f} kB in {of('requests', first):.0f} requests",
        f"{of('drawable', first):.2f} s",
        f"{of('bars', first):.2f} s",
        f"{of('bytes', second) / 1e3:,.0f} kB",
        f"{of('bars', second):.2f} s",
        f"{fast:.0f}",
        f"{slowed:.0f}",
    ]


def print_weights() -> None:
    """What the page and the networks weigh, as they are and as they are sent."""
    run = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    page = pocket.served(run, pocket.Addresses("networks/0123456789abcdef", "worker.js")).encode()
    rows: list[tuple[str, bytes]] = [("the page without a network", page)]
    rows += [(f"{run.name} in {bits} bits", browser.pack(run, bits)) for bits in (8, 16)]
    rows += [("both in one file", pocket.alone(run).encode())]
    print_table(
        ["", "bytes", "compressed"],
        [[name, f"{len(data):,}", f"{len(gzip.compress(data)):,}"] for name, data in rows],
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=5)
    times = options.parse_args().times
    print_weights()
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        sys.exit("There is no Chromium on this machine: install it (Debian: apt install chromium).")
    pages = {
        "the pocket page": ("/pocket", "#canvas"),
        "Streamlit's drawing page": ("/", ".st-key-canvas canvas"),
    }
    rows = []
    with (
        tempfile.TemporaryDirectory() as models,
        application(models) as server,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        for name, (page, canvas) in pages.items():
            opened(chromium.new_context(**PHONE), server.address + page)  # the server's first time
            rows.append([name, *measured(chromium, server.address + page, canvas, times)])
        chromium.close()
    print(f"\nProcessor slowed {SLOWED} times, {MEGABITS} Mbit/s, {LATENCY} ms:\n")
    print_table(
        ["", "loaded", "drawable", "first bars", "loaded again", "bars then"]
        + ["readings a second", "slowed"],
        rows,
    )


if __name__ == "__main__":
    main()
