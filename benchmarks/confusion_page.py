"""How fast the confusion page is, with MNIST's 10,000 test images and a finished evaluation.

On the server: the page's whole script, from its first line to its last. In the browser, if
there is a Chromium: from a click to what it shows, Streamlit and the drawing included.
"""

import os
import shutil
import statistics
import tempfile
import time

from application import application
from common import ROOT, need, print_table
from mnist_core import datasets, evaluation, runs

CELLS = [(4, 9), (9, 4), (7, 2), (3, 5), (8, 0), (5, 3), (6, 0), (2, 7), (9, 7), (7, 1)]
DIGITS = 10  # that are explained

CLOCK = """
import runpy, time
import streamlit as st
started = time.perf_counter()
runpy.run_path("{}")
st.session_state["seconds"] = time.perf_counter() - started
"""


def row(what: str, times: list[float]) -> list[str]:
    return [what, f"{statistics.median(times) * 1e3:.0f} ms", f"{max(times) * 1e3:.0f} ms"]


def on_the_server() -> list[list[str]]:
    from streamlit.testing.v1 import AppTest

    def run(**address: object) -> float:
        page = AppTest.from_string(CLOCK.format(ROOT / "pages" / "confusion.py"))
        page.default_timeout = 60
        for name, value in address.items():
            page.query_params[name] = str(value)
        page.run()
        assert not page.exception
        return float(page.session_state["seconds"])

    first = run(run="report-ann")
    opened = [run(run="report-ann") for _ in range(10)]
    clicked = [run(run="report-ann", true=true, predicted=read) for true, read in CELLS]
    compared = [
        run(run="report-ann", other="cnn", true=true, predicted=read) for true, read in CELLS
    ]
    digit = [run(run="report-ann", digit=index) for index in range(10)]
    return [
        row("server: first opening, with all that is loaded once", [first]),
        row("server: opening", opened),
        row("server: a cell's digits", clicked),
        row("server: a cell's digits, two runs", compared),
        row("server: one digit", digit),
    ]


def explaining() -> list[list[str]]:
    """As the page asks for it: of the process beside the server, which is kept warm."""
    from ui import warm

    rows, first = [], []
    images = datasets.scale(datasets.load("mnist").x_test[: DIGITS + 1])
    for name in runs.SHIPPED:
        run = runs.read(runs.SHIPPED_DIR / name)
        times = []
        for image in images:
            started = time.perf_counter()
            warm.explanation(run, image, 3).result()
            times.append(time.perf_counter() - started)
        first.append(times[0])
        rows.append(row(f"server: occlusion and integrated gradients, {name}", times[1:]))
    return [row("server: the first of them, TensorFlow's start included", first[:1]), *rows]


def in_the_browser(chromium: str, models: str) -> list[list[str]]:
    from playwright.sync_api import expect, sync_playwright

    matrix = evaluation.confusion_matrix
    found = runs.read_evaluation(runs.read(runs.SHIPPED_DIR / "report-ann"))
    assert found is not None
    counts = matrix(found.probabilities, found.labels)
    arrived, opened, clicked = [], [], []
    expect.set_options(timeout=60_000)
    with application(models) as server, sync_playwright() as playwright:
        address = server.address
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1400, "height": 1200})
        matrix_drawn = ".st-key-matrix table"
        for _ in range(6):
            page = context.new_page()
            started = time.perf_counter()
            page.goto(address)
            page.locator(".st-key-canvas canvas").last.wait_for(timeout=60_000)
            arrived.append(time.perf_counter() - started)
            time.sleep(2)
            started = time.perf_counter()
            page.get_by_role("link", name="Confusion").click()
            page.locator(matrix_drawn).first.wait_for(state="attached", timeout=60_000)
            opened.append(time.perf_counter() - started)
            page.close()
        page = context.new_page()
        started = time.perf_counter()
        page.goto(f"{address}/confusion?run=report-ann")
        page.locator(matrix_drawn).first.wait_for(state="attached", timeout=60_000)
        followed = [time.perf_counter() - started]
        page.locator(".st-key-samples button").first.wait_for(timeout=60_000)
        for true, read in CELLS:
            time.sleep(1)
            cell = page.locator(f".st-key-matrix button[data-true='{true}'][data-read='{read}']")
            started = time.perf_counter()
            cell.click()
            expect(page.locator(".st-key-samples button:visible")).to_have_count(
                int(counts[true, read])
            )
            clicked.append(time.perf_counter() - started)
        browser.close()
    return [
        row("browser: from an address to the drawing page, for comparison", arrived[1:]),
        row("browser: from an address to the matrix", followed),
        row("browser: from the drawing page to the matrix", opened[1:]),
        row("browser: from a click on a cell to its digits", clicked),
    ]


def main() -> None:
    need("mnist")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder  # nobody else's runs
        rows = on_the_server()
        names = ("chromium", "chromium-browser", "google-chrome")
        if chromium := next(filter(None, map(shutil.which, names)), None):
            rows += in_the_browser(chromium, folder)
        rows += explaining()
    print_table(["what", "median", "longest"], rows)


if __name__ == "__main__":
    main()
