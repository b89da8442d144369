"""The data page, run without a browser."""

import dataclasses
import functools
import http.server
import json
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import datasets
from mnist_core.datasets import mnist as mnist_source
from ui import shared_work
from ui.data import opened

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(shared_work, "_downloads", {})
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)

    def open_page(dataset="optical-digits", part="Overview"):
        app.run()
        app.switch_page("pages/data.py")
        app.query_params["dataset"] = dataset
        if part != "Overview":
            app.query_params["part"] = part
        return app.run()

    return open_page


def html(app):
    return " ".join(element.proto.body for element in app.get("html"))


def said(app):
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.warning]
    return " ".join(element.value for element in parts)


@pytest.mark.parametrize("part", ["Overview", "Samples", "Typical", "Map", "Odd ones"])
def test_every_part_of_the_data_that_is_always_there(page, part):
    app = page(part=part)
    assert not app.exception
    assert app.segmented_control(key="part").value == part
    assert "1,437" in html(app)
    assert "360" in html(app)


def test_the_overview_says_what_was_counted(page, digits):
    app = page()
    words = said(app)
    counts = [int((digits.y_train == digit).sum()) for digit in range(10)]
    assert f"({max(counts)})" in words
    assert f"({min(counts)})" in words
    assert f"label {digits.y_train[0]}" in html(app)
    assert "<td><b>1</b></td>" in html(app)


def test_nine_samples_with_label_and_index_and_more_if_asked_for(page, digits):
    app = page(part="Samples")
    assert html(app).count("<figure") == 9
    app.segmented_control(key="sample_count").set_value(100).run()
    text = html(app)
    assert text.count("<figure") == 100
    for index in (0, 1, 2):
        if f"#{index}<" in text:
            assert f"{digits.y_train[index]} · #{index}<" in text
    app.segmented_control(key="sample_part").set_value("Test").run()
    assert "Test image" in html(app)
    before = html(app)
    app.number_input(key="sample_seed").set_value(7).run()
    assert html(app) != before


def test_samples_of_chosen_digits_only(page):
    app = page(part="Samples")
    app.get("button_group")  # pills
    app.pills(key="sample_digits").set_value([3, 8]).run()
    labels = {word.split(" ·")[0] for word in html(app).split("<figcaption>")[1:]}
    assert labels <= {"3", "8"}
    assert labels


def test_what_another_dataset_lacks_is_left(page, needs_mnist, needs_pens):
    app = page("pen-strokes", "Pens")
    app.selectbox(key="writer").set_value(5).run()
    app.segmented_control(key="dataset").set_value("mnist+pen-strokes").run()
    assert not app.exception  # writer 5 is kept for testing, and not in this one
    app.segmented_control(key="dataset").set_value("mnist").run()
    assert not app.exception  # there are no pens
    assert app.segmented_control(key="part").value == "Overview"


def test_a_part_or_a_dataset_that_does_not_exist_is_left_out(page):
    assert not page("fashion", "Weather").exception


def test_pens_only_where_there_are_strokes(page):
    assert "Pens" not in page().segmented_control(key="part").options


def test_the_pens_of_thirty_writers(page, needs_pens):
    app = page("pen-strokes", "Pens")
    assert not app.exception
    writer = app.selectbox(key="writer")
    assert len(writer.options) == 30
    assert "5, kept for testing" in writer.options
    writer.set_value(30).run()
    assert not app.exception


@pytest.mark.parametrize("name", datasets.NAMES)
def test_every_dataset_can_be_looked_at(page, name, needs_mnist, needs_pens):
    app = page(name)
    assert not app.exception
    assert not app.error
    assert datasets.ABOUT[name].text in said(app)


@pytest.fixture
def tsne(monkeypatch, tmp_path):
    """A t-SNE that stays where it is put, of digits whose map does not come with the program."""
    monkeypatch.setattr("mnist_core.datasets.embedding.SHIPPED", tmp_path)
    state = types.SimpleNamespace(points=None, error=None, share=0.4, seconds_left=12.3, done=False)
    asked = []

    def embedding(key, images, again=False):
        asked.append(again)
        return state

    monkeypatch.setattr(shared_work, "embedding", embedding)
    state.asked = asked
    return state


def test_a_map_by_tsne_shows_its_progress_then_itself(page, tsne, digits):
    app = page(part="Map")
    app.segmented_control(key="map_way").set_value("t-SNE").run()
    assert not app.exception
    (bar,) = app.get("progress")
    assert bar.proto.value == 40
    assert "12 s left" in bar.proto.text
    tsne.points, tsne.done = np.random.default_rng(0).normal(size=(1437, 2)), True
    app.run()
    assert not app.exception
    assert not app.get("progress")
    assert "1,437 random training digits" in said(app)


def test_a_map_that_fails_says_so_and_can_be_tried_again(page, tsne):
    tsne.error, tsne.done = "t-SNE failed (no memory): try again.", True
    app = page(part="Map")
    app.segmented_control(key="map_way").set_value("t-SNE").run()
    assert "no memory" in said(app)
    app.button(key="map_again").click().run()
    assert not app.exception
    assert True in tsne.asked


def test_the_map_of_what_ships_is_there_at_once(page, monkeypatch):
    def never(*_, **__):
        raise AssertionError("it is computed")

    monkeypatch.setattr(shared_work, "embedding", never)
    app = page(part="Map")
    app.segmented_control(key="map_way").set_value("t-SNE").run()
    assert not app.exception
    assert "1,437 random training digits" in said(app)


def test_an_odd_digit_is_opened_and_put_on_the_canvas(page, digits):
    app = page(part="Odd ones")
    (grid,) = [e for e in app.get("bidi_component") if "samples" in e.proto.json]
    index = json.loads(grid.proto.json)["samples"][0]["index"]
    app.session_state[opened.OPENED] = "optical-digits", index
    app.run()
    label = digits.y_train[index]
    assert f"Training digit {index} of optical-digits. Its label says **{label}**" in said(app)
    app.button(key="to_canvas_button").click().run()
    assert not app.exception
    (picture,), note = app.session_state["to_canvas"]
    assert picture["type"] == "Image"
    assert f"**{label}**" in note


# --- datasets that are not here ------------------------------------------------------


def test_a_missing_dataset_says_what_it_is_and_offers_a_download(page, monkeypatch):
    monkeypatch.delenv("MNIST_PATH", raising=False)
    app = page("mnist")
    assert not app.exception
    assert "70,000 digits" in said(app)
    assert "not on this machine" in said(app)
    assert "set MNIST_PATH" in said(app)
    assert app.button(key="download").label == "Download (about 11 MB)"


def test_a_path_that_leads_nowhere_is_told_and_nothing_is_downloaded(page, monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "nowhere.npz"))
    app = page("mnist")
    assert "nowhere.npz" in said(app)
    assert not [button for button in app.button if button.key == "download"]


def test_a_dataset_half_downloaded_is_told_in_a_sentence(page, monkeypatch, tmp_path):
    half = tmp_path / "mnist.npz"
    half.write_bytes(b"PK\x03\x04 no more")
    monkeypatch.setenv("MNIST_PATH", str(half))
    app = page("mnist")
    assert not app.exception
    assert "no readable npz file" in said(app)


class Slow(http.server.SimpleHTTPRequestHandler):
    """Sends a file in two halves, so that a page can be looked at in between."""

    def do_GET(self):
        if not Path(self.translate_path(self.path)).exists():
            self.send_error(404)
            return
        data = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.server.go_on.wait(60)
        self.wfile.write(data[len(data) // 2 :])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Slow, directory=str(folder))
    ) as running:
        running.go_on = threading.Event()
        running.folder = folder
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.go_on.set()
        running.shutdown()


def until(app, done, seconds=60):
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.2)
        app.run()


def test_a_download_shows_its_progress_and_ends_in_the_data(page, monkeypatch, server, mnist):
    source = Path(mnist.source)
    source = source / "mnist.npz" if source.is_dir() else source
    if not source.exists():
        pytest.skip("MNIST is here as four files, not as the one that is downloaded.")
    (server.folder / "mnist.npz").write_bytes(source.read_bytes())
    monkeypatch.delenv("MNIST_PATH", raising=False)
    url = f"http://127.0.0.1:{server.server_port}/mnist.npz"
    monkeypatch.setattr(mnist_source, "FILE", dataclasses.replace(mnist_source.FILE, url=url))
    app = page("mnist")
    app.button(key="download").click().run()
    until(app, lambda: shared_work.download("mnist").received > 0)
    app.run()
    assert not app.exception
    bars = app.get("progress")
    assert bars
    assert " of 11.5 MB" in bars[0].proto.text
    server.go_on.set()
    until(app, lambda: shared_work.download("mnist").done)
    app.run()
    assert not app.exception
    assert not app.error
    assert "60,000" in html(app)


def test_a_download_that_fails_says_why_and_can_be_tried_again(page, monkeypatch, server):
    monkeypatch.delenv("MNIST_PATH", raising=False)
    url = f"http://127.0.0.1:{server.server_port}/mnist.npz"
    monkeypatch.setattr(mnist_source, "FILE", dataclasses.replace(mnist_source.FILE, url=url))
    app = page("mnist")
    app.button(key="download").click().run()
    until(app, lambda: shared_work.download("mnist").done)
    app.run()
    assert "answered with error 404" in said(app)
    assert app.button(key="download")
