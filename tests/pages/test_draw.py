"""The drawing page, run without a browser."""

import html
import json
import shutil
import time
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import runs
from ui import reading as readers

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)


def texts(page):
    return " ".join(element.value for element in [*page.caption, *page.warning, *page.error])


def test_an_empty_canvas_invites_and_guesses_nothing(page):
    page.run()
    assert not page.exception
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "Draw a digit from 0 to 9." in text
    assert "<p></p>" in text  # no guess


def test_the_default_run_reads_with_its_accuracy(page):
    page.run()
    picker = page.selectbox(key="run")
    assert picker.value == runs.DEFAULT_RUN
    accuracy = runs.read(runs.DEFAULT_RUN).metrics.test_accuracy
    assert f"{accuracy:.2%}" in picker.options[0]


def test_another_run_can_be_picked(page):
    page.run()
    page.selectbox(key="run").set_value("report-ann").run()
    assert not page.exception
    assert page.selectbox(key="run").value == "report-ann"


def test_a_test_digit_comes_with_its_label(page):
    page.run()
    page.button(key="test_digit").click().run()
    assert not page.exception
    assert "Its label says" in texts(page)


def test_without_any_dataset_file_the_test_digit_is_an_optical_one(page, monkeypatch, tmp_path):
    monkeypatch.delenv("MNIST_PATH", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    page.run()
    page.button(key="test_digit").click().run()
    assert "optical-digits" in texts(page)


def test_a_damaged_dataset_is_told_in_a_sentence(page, monkeypatch, tmp_path):
    broken = tmp_path / "mnist.npz"
    broken.write_bytes(b"PK\x03\x04 no more")
    monkeypatch.setenv("MNIST_PATH", str(broken))
    page.run()
    page.button(key="test_digit").click().run()
    assert not page.exception
    assert "no readable npz file" in texts(page)


def test_a_broken_run_is_shown_as_broken_and_the_default_reads(page, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{")
    page.run()
    picker = page.selectbox(key="run")
    assert "mine – broken" in picker.options
    picker.set_value("mine").run()
    assert not page.exception
    assert "cannot be read" in texts(page)
    assert f"{runs.DEFAULT_RUN} reads" in texts(page)


def test_undo_and_clear_on_an_empty_canvas_do_no_harm(page):
    page.run()
    page.button(key="undo").click().run()
    page.button(key="clear").click().run()
    assert not page.exception


def test_numbers_have_a_canvas_of_their_own(page):
    page.run()
    page.segmented_control(key="mode").set_value("A number").run()
    assert not page.exception
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "Draw a number of several digits." in text


def test_damage_that_shows_only_on_loading_leaves_the_default_reading(page, tmp_path):
    run = tmp_path / "mine"
    shutil.copytree(runs.SHIPPED_DIR / "report-ann", run)
    model = run / "model.keras"
    size = model.stat().st_size
    with zipfile.ZipFile(model, "w") as archive:  # as long as it was, and a zip file
        archive.writestr("padding", b"0" * (size - 114))
    model.write_bytes(model.read_bytes().ljust(size, b"0"))
    info = json.loads((run / "run.json").read_text())
    info["model"]["bytes"] = model.stat().st_size
    del info["litert"]  # as in a run of an older version: it is made of the model file
    (run / "run.json").write_text(json.dumps(info))
    page.run()
    page.selectbox(key="run").set_value("mine").run()
    seen = texts(page)
    for _ in range(300):
        if "model file of mine is damaged" in texts(page):
            break
        time.sleep(0.2)
        page.run()
        seen += texts(page)
    assert not page.exception
    assert f"mine is being prepared for reading. {runs.DEFAULT_RUN} reads for now." in seen
    assert "model file of mine is damaged" in texts(page)
    assert f"{runs.DEFAULT_RUN} reads" in texts(page)


def reading(page):
    """The server's reading that lies in the page for the bars."""
    bodies = [element.proto.body for element in page.get("html")]
    body = next(body for body in bodies if "server-reading" in body)
    return json.loads(html.unescape(body.split('data-reading="')[1].split('"')[0]))


def wait_until_started(page):
    for _ in range(600):
        page.run()
        if readers.active().started:
            return
        time.sleep(0.2)
    pytest.fail("The network did not start.")


def test_the_reading_lies_in_the_page_for_the_bars(page):
    wait_until_started(page)
    assert reading(page)["probabilities"] is None
    page.button(key="test_digit").click().run()
    given = reading(page)
    assert len(given["probabilities"]) == 10
    assert sum(given["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert given["picture"]
    assert given["count"] == 1
    best = max(range(10), key=given["probabilities"].__getitem__)
    assert f"most probable are {best} with" in given["alt"]
    assert given["guess"] in (str(best), "")


def test_every_replaced_drawing_has_a_number_of_its_own(page):
    page.run()
    numbers = [reading(page)["number"]]
    for key in ("clear", "test_digit", "undo"):
        page.button(key=key).click().run()
        numbers.append(reading(page)["number"])
    assert len(set(numbers)) == 4


def test_words_with_special_characters_do_not_break_the_reading(page):
    page.run()
    assert reading(page)["words"] == "Draw a digit from 0 to 9."
    assert '"' not in next(
        element.proto.body.split('data-reading="')[1].split('" hidden')[0]
        for element in page.get("html")
        if "server-reading" in element.proto.body
    )
