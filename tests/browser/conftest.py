"""A running application and a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The application's address and process, with a folder of its own for runs."""
    port = free_port()
    models = tmp_path_factory.mktemp("models")
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=ROOT,
            env={**os.environ, "MODELS_DIR": str(models)},
            stdout=output,
            stderr=output,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                    break
                except OSError:
                    assert server.poll() is None, log.read_text()
                    time.sleep(0.25)
            else:
                pytest.fail(f"The application did not start: {log.read_text()}")
            yield address, server
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="session")
def app(server):
    """The address of the application."""
    return server[0]


@pytest.fixture(scope="session")
def chromium(unavailable):
    path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        unavailable(
            "There is no Chromium on this machine: install it (Debian: apt install chromium)."
        )
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # a machine that is busy is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


class Visit:
    """A page of the application, with what it asked of other hosts and what went wrong in it."""

    def __init__(self, context, address):
        self.elsewhere, self.errors = [], []
        self.page = context.new_page()
        self.page.on("request", lambda request: self._note(request.url, address))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)

    def _note(self, url, address):
        if not url.startswith((address, "data:", "blob:")):
            self.elsewhere.append(url)


@pytest.fixture
def visit(app, chromium):
    """Opens the application in a new window; options are those of Playwright's new_context."""
    contexts = []

    def open_page(path="", **options):
        context = chromium.new_context(**({"viewport": {"width": 1100, "height": 900}} | options))
        contexts.append(context)
        return Visit(context, app + path)

    yield open_page
    for context in contexts:
        context.close()
