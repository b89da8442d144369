"""The server never loads TensorFlow or Keras, whatever is done on its pages."""

import re
import signal
import sys
from pathlib import Path

import pytest
from browser.conftest import Server
from browser.hand import Hand
from browser.test_confusion import click_cell, samples
from browser.test_train import select_row
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("needs_mnist")]
SLOW = 180_000  # milliseconds that a busy machine may take to start TensorFlow
HEAVY = re.compile(r"(tensorflow|keras|tf_keras|jax|torch)(\W|_|$)")


class WatchedServer(Server):
    """The application in a process that says what it has loaded."""

    def __init__(self, models, log):
        super().__init__(models, log)
        self.report = log.with_name("loaded.txt")

    def python(self):
        return [sys.executable, str(Path(__file__).with_name("witness.py")), str(self.report)]

    def loaded(self, wait):
        """The names of its modules, and of the files in its memory."""
        self.report.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        assert wait(self.report.exists), "the server does not say what it has loaded"
        return self.report.read_text().splitlines()


@pytest.fixture
def watched(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    server = WatchedServer(tmp_path / "models", tmp_path / "log.txt")
    server.models.mkdir()
    server.start()
    yield server
    server.stop()


def heavy(names):
    """The names among them that are TensorFlow's or Keras'."""
    parts = [name.rpartition("site-packages/")[2] for name in names]
    return [name for name in parts if HEAVY.match(name)]


def draw(page):
    hand = Hand(page)
    hand.wait_for_rest()
    hand.draw(3)
    assert hand.wait_for_guess("3") == "3"
    hand.wait_for_server()


def ask_why(page, address):
    """Open a misread digit, and wait for occlusion and integrated gradients."""
    page.goto(f"{address}/confusion?run=report-ann")
    click_cell(page, 4, 9, "4 read as 9")
    samples(page).first.click()
    expect(page.locator(".st-key-evidence img")).to_have_count(2, timeout=SLOW)


def bring_in_and_take_out(page, address, file):
    """Import a network on the page where one trains, and download it in another format."""
    page.goto(f"{address}/train")
    page.get_by_role("button", name="Import a .keras file").click()
    page.locator("input[type=file]").last.set_input_files(file)
    page.get_by_role("textbox", name="Name of the run").fill("again")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".st-key-watch h2")).to_have_text("again", timeout=SLOW)
    expect(page.locator(".st-key-table canvas").first).to_be_visible()
    page.wait_for_timeout(2000)  # the table takes no click before it has come to rest
    select_row(page, "again")
    page.locator(".st-key-actions").get_by_role("button", name="Download").first.click()
    with page.expect_download(timeout=SLOW) as found:
        page.get_by_role("button", name=".tflite").locator("visible=true").click()
    assert b"TFL3" in Path(found.value.path()).read_bytes()[:8]


def rest(page):
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=SLOW)


def test_the_server_stays_without_tensorflow(watched, visit, wait, tiny_run):
    address = watched.address
    page = visit("/", address).page
    draw(page)
    ask_why(page, address)
    bring_in_and_take_out(page, address, tiny_run.model_file)
    links = page.get_by_test_id("stTopNavLink").evaluate_all("all => all.map(one => one.href)")
    assert len(links) >= 5
    for link in links:
        page.goto(link)
        expect(page.locator("h1:visible")).to_be_attached(timeout=SLOW)
        rest(page)
    names = watched.loaded(wait)
    assert "streamlit.runtime" in names
    assert any("ai_edge_litert" in name and ".so" in name for name in names)  # files are seen
    assert heavy(names) == []


def test_what_is_heavy_is_told_from_what_is_light():
    modules = ["tensorflow", "keras.src.layers", "tensorflow.python.eager", "h5py", "kerasify"]
    files = ["/x/site-packages/tensorflow/libtensorflow_cc.so.2", "/x/site-packages/numpy/a.so"]
    assert heavy([*modules, *files]) == [
        "tensorflow",
        "keras.src.layers",
        "tensorflow.python.eager",
        "tensorflow/libtensorflow_cc.so.2",
    ]
