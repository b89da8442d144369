"""The page that looks inside: frames a second while one draws, a broken network graded, memory.

Starts the application, drives Chromium on the same machine, and draws circles on the canvas with
everything of the page in view: all layers, one unit from near, and where the network looks. A frame
is all layers painted anew. Then half of a layer is dropped, as often as asked for, and 1,000 test
digits are read. With `--minutes`, the drawing goes on so long, and what the page holds in memory is
measured before and afterwards, after the browser has collected its garbage.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from typing import Any

import numpy as np

from application import application
from common import need, print_table
from mnist_core import runs

CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOWED = (1, 4)  # times that the page's processor is slowed
PACE = 1 / 60  # seconds between two points of the pen
FRAMES = "Number(document.querySelectorAll('[data-layer]')[1].dataset.frame)"
# The time between two frames of the screen, while one draws: how long the pen may have to wait.
GAPS = """
(() => {
    window.gaps = [];
    let last = performance.now();
    (function look(now) {
        window.gaps.push(now - last);
        last = now;
        requestAnimationFrame(look);
    })(last);
})();
"""


def opened(browser: Any, address: str, run: str) -> Any:
    """The page with a network that runs and one unit from near."""
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.add_init_script(GAPS)
    page.goto(f"{address}/inside?run={run}")
    page.locator(".inside[data-live=true]").wait_for(timeout=300_000)
    page.locator("[data-layer] .open").first.click()
    return page


def draw(page: Any, seconds: float) -> None:
    """Circles of several sizes, for so long, with the pen lifted now and then."""
    box = page.locator(".st-key-canvas canvas").last.bounding_box()
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    until, turn = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        radius = box["width"] * (0.2 + 0.05 * (turn % 4))
        page.mouse.move(centre[0] + radius, centre[1])
        page.mouse.down()
        begun = time.perf_counter()
        for step in range(1, 121):
            time.sleep(max(0, begun + step * PACE - time.perf_counter()))
            angle = 2 * math.pi * step / 120
            page.mouse.move(
                centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)
            )
        page.mouse.up()
        turn += 1
        if turn % 4 == 0:
            page.locator(".inside .clear").click()


def rate(page: Any, slowed: int, seconds: float) -> list[str]:
    """Frames a second, and the gaps between what the screen shows, while one draws."""
    control = page.context.new_cdp_session(page)
    control.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    draw(page, 2)  # the first does not count
    page.evaluate("window.gaps.length = 0")
    before, begun = page.evaluate(FRAMES), time.perf_counter()
    draw(page, seconds)
    took = time.perf_counter() - begun
    frames = page.evaluate(FRAMES) - before
    gaps = np.array(page.evaluate("window.gaps"))
    control.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    median, late = np.percentile(gaps, [50, 95])
    return [
        f"{slowed} times" if slowed > 1 else "no",
        f"{frames / took:.1f}",
        f"{median:.0f} / {late:.0f} ms",
    ]


def graded(page: Any, repeats: int) -> float:
    """Median seconds in which 1,000 test digits are read after a part was broken."""
    found = []
    for number in range(repeats + 1):  # the first fetches the digits
        page.get_by_role("button", name="Drop half").click()
        page.locator(f".accuracy[data-grades='{number + 1}'][data-accuracy]").wait_for()
        found.append(float(page.locator(".accuracy").get_attribute("data-seconds")))
    return float(np.median(found[1:]))


def held(page: Any) -> float:
    """Megabytes of JavaScript that the page holds, without what nobody needs any more."""
    control = page.context.new_cdp_session(page)
    control.send("HeapProfiler.collectGarbage")
    return float(control.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def main() -> None:
    """Measure, and print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=10, help="of drawing for each row")
    options.add_argument("--minutes", type=float, default=1, help="of drawing for the memory")
    asked = options.parse_args()
    need("mnist")
    from playwright.sync_api import sync_playwright

    rates, grades = [], []
    with (
        tempfile.TemporaryDirectory() as models,
        application(models) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_OPTIONS
        )
        for run in runs.SHIPPED:
            page = opened(browser, server.address, run)
            rates += [[run, *rate(page, slowed, asked.seconds)] for slowed in SLOWED]
            grades.append([run, f"{graded(page, 5):.2f} s"])
            page.close()
        page = opened(browser, server.address, runs.DEFAULT_RUN)
        draw(page, 10)
        before = held(page)
        draw(page, 60 * asked.minutes)
        after = held(page)
        browser.close()
    print_table(["network", "slowed", "frames a second", "screen, median / p95"], rates)
    print_table(["network", "1,000 test digits read, median"], grades)
    print_table(
        ["drawing", "page's JavaScript before", "afterwards"],
        [[f"{asked.minutes:g} minutes", f"{before:.1f} MB", f"{after:.1f} MB"]],
    )


if __name__ == "__main__":
    main()
