"""A running application, the modules in `web/`, and a real Chromium."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from ports import free_port

from mnist_core import javascript, pocket, runs

ROOT = Path(__file__).parent.parent.parent
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Server:
    """The application, served from a folder for runs."""

    def __init__(self, models, log, **environment):
        self.models, self.log, self.port = models, log, free_port()
        self.environment = {"MODELS_DIR": str(models), **environment}
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = None

    def python(self):
        """What runs the module whose name follows."""
        # Other tests want all the processors: with a priority of its own a training run keeps a
        # share (`background.only_spare_time`).
        return ["nice", "-n", "1", sys.executable, "-m"]

    def start(self):
        command = [*self.python(), "streamlit", "run", "streamlit_app.py"]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port), "--server.address", "127.0.0.1"],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1)
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.25)
        pytest.fail(f"The application did not start: {self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)


def serve(tmp_path_factory, **environment):
    log = tmp_path_factory.mktemp("log") / "log.txt"
    server = Server(tmp_path_factory.mktemp("models"), log, **environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The application, served for all tests with a folder of its own for runs."""
    yield from serve(tmp_path_factory)


@pytest.fixture
def own_server(tmp_path_factory):
    """A server of the test's own, which it may stop and start again."""
    yield from serve(tmp_path_factory)


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """A server as if it were open to a network, with the key `right`."""
    yield from serve(tmp_path_factory, OPEN_TO_NETWORK="1", TEACHER_KEY="right")


@pytest.fixture(scope="session")
def app(server):
    """The address of the application."""
    return server.address


class WebFiles(http.server.SimpleHTTPRequestHandler):
    """The modules as they are, and an empty page at `/`."""

    extensions_map = {"": "application/octet-stream", ".js": "text/javascript"}  # noqa: RUF012

    def do_GET(self):
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html>")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def web_files():
    """The address of `web/`, served by itself, without the application."""
    handler = functools.partial(WebFiles, directory=javascript.WEB)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        thread = threading.Thread(target=files.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{files.server_port}"
        files.shutdown()
        thread.join()


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

    expect.set_options(timeout=45_000)  # a machine that is busy is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


class Visit:
    """A page of the application, with what it asked of other hosts and what went wrong in it."""

    def __init__(self, context, address):
        self.elsewhere, self.errors = [], []
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("request", lambda request: self._note(request.url, address))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)

    def _note(self, url, address):
        host = "/".join(address.split("/")[:3])
        if not url.startswith((host, "data:", "blob:")):
            self.elsewhere.append(url)


@pytest.fixture
def visit(app, chromium):
    """Opens the application in a new window; options are those of Playwright's new_context."""
    contexts = []

    def open_page(path="", address=app, **options):
        context = chromium.new_context(**({"viewport": {"width": 1100, "height": 900}} | options))
        contexts.append(context)
        return Visit(context, address + path)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def hand(visit, app):
    """A hand at the pocket page, in a window as large as a phone."""
    from browser.hand import PocketHand

    seen = visit(address=f"{app}/pocket", viewport={"width": 390, "height": 844})
    found = PocketHand(seen.page)
    found.wait_for_network()
    found.visit = seen
    return found


@pytest.fixture(scope="session")
def pocket_file(tmp_path_factory):
    """The pocket page with the default network in it, as a file; its address."""
    path = tmp_path_factory.mktemp("stick") / "reader.html"
    pocket.export(runs.read(runs.DEFAULT_RUN), path)
    return path.as_uri()


@pytest.fixture(params=["served", "alone"])
def opened(request, visit, app, pocket_file):
    """Opens the pocket page from the server, or from the disk with the network cut."""
    from browser.hand import PocketHand

    def open_page(touch=False, **options):
        address = f"{app}/pocket" if request.param == "served" else pocket_file
        seen = visit(address=address, offline=request.param == "alone", **options)
        hand = PocketHand(seen.page, touch)
        hand.wait_for_network()
        hand.visit = seen
        return hand

    return open_page
