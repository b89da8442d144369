"""What the networks lose that browsers get in eight bits instead of half precision.

The browser's own code (`web/network`) reads MNIST's test digits and pen strokes of held-out
writers in Chromium, once with each. The page gets weights in eight bits (`networks.browser`).
"""

from __future__ import annotations

import base64
import functools
import http.server
import shutil
import sys
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
from live_latency import CHROMIUM_OPTIONS

from common import need, print_table
from mnist_core import datasets, drawing, javascript, runs
from mnist_core.networks import browser

BATCH = 500  # images handed over at a time

READ = """async ([weights, images]) => {
    const { Network } = await import('/network/network.js');
    const bytesOf = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const network = new Network(bytesOf(weights).buffer);
    const pixels = new Float32Array(bytesOf(images).buffer);
    const found = [];
    for (let at = 0; at < pixels.length; at += 784) {
        found.push([...network.predict(pixels.slice(at, at + 784))]);
    }
    return found;
}"""


class Files(http.server.SimpleHTTPRequestHandler):
    """Gives `web/`, with scripts as such on any machine, and says nothing of it."""

    extensions_map = {"": "application/octet-stream", ".js": "text/javascript"}  # noqa: RUF012

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


def text(array: npt.NDArray[np.float32] | bytes) -> str:
    """The bytes of an array in base64."""
    return base64.b64encode(bytes(array)).decode("ascii")


def right(page: Any, network: bytes, images: npt.NDArray[np.float32], labels: Any) -> int:
    """How many images (n, 28, 28) the browser reads as their labels (n,) say."""
    answers: list[list[float]] = []
    for at in range(0, len(images), BATCH):
        part = np.ascontiguousarray(images[at : at + BATCH], "<f4").tobytes()
        answers += page.evaluate(READ, [text(network), text(part)])
    return int((np.argmax(answers, axis=1) == labels).sum())


def digits() -> list[tuple[str, npt.NDArray[np.float32], npt.NDArray[np.integer[Any]]]]:
    """Name, images float32 (n, 28, 28) and labels (n,) of what is read."""
    mnist, pens = datasets.load("mnist"), datasets.load("pen-strokes")
    drawn = np.stack([drawing.from_strokes(strokes) for strokes in pens.strokes_test])
    return [
        ("MNIST's test digits", datasets.scale(mnist.x_test), mnist.y_test),
        ("pen strokes of held-out writers", drawn, pens.y_test),
    ]


def main() -> int:
    need("mnist")
    need("pen-strokes")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: install it (Debian: apt install chromium).")
    from playwright.sync_api import sync_playwright

    run = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    handler = functools.partial(Files, directory=str(javascript.WEB))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            chrome = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
            page = chrome.new_page()
            page.goto(f"http://127.0.0.1:{files.server_port}")
            rows = []
            for bits in (16, 8):
                network = browser.pack(run, bits)
                row = [f"{bits} bits", f"{len(network):,}"]
                for _, images, labels in digits():
                    found = right(page, network, images, labels)
                    row.append(f"{found:,} of {len(labels):,} ({found / len(labels):.2%})")
                rows.append(row)
            chrome.close()
        files.shutdown()
    print_table([f"{run.name}, weights in", "bytes", *(name for name, _, _ in digits())], rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
