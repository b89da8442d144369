"""The search on the comparison page, run without a browser."""

import contextlib
import shutil
import time
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.experiments import search, searcher
from mnist_core.experiments.search import Space
from mnist_core.training import queue

ROOT = Path(__file__).parent.parent.parent
SPACE = Space(
    layers=(0, 1), widths=(8, 16), epochs=3, learning_rate=(1e-6, 1e-2), optimizers=("adam",)
)


@pytest.fixture
def page(models_dir):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)

    def open_page():
        app.run()
        app.switch_page("pages/compare.py")
        app.query_params["view"] = "Search"
        app.run()
        assert not app.exception
        return app

    yield open_page
    for process in psutil.process_iter(["environ"]):
        with contextlib.suppress(psutil.Error):
            if (process.info["environ"] or {}).get("MODELS_DIR") == str(models_dir):
                process.kill()


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(tmp_path_factory.mktemp("models")))
        search.create("mine", "optical-digits", 6, seed=2, space=SPACE)
        searcher.run_search("mine")
        return search.folder()


@pytest.fixture
def mine(searched, models_dir):
    """A finished search of six trials, free to be changed."""
    return shutil.copytree(searched, search.folder()) / "mine.db"


def said(app):
    parts = [*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.error]
    return " ".join(element.value for element in parts)


def keys(app):
    return {button.key for button in app.button}


def test_without_a_search_the_page_asks_for_one(page):
    app = page()
    assert "search_start" in keys(app)
    assert app.text_input(key="search_new_name").value == "search-1"
    assert "validation digits alone" in said(app)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda app: app.number_input(key="search_trials").set_value(0), "number of trials"),
        (lambda app: app.multiselect(key="search_widths").set_value([]), "at least one width"),
        (lambda app: app.number_input(key="search_epochs").set_value(0), "number of epochs"),
    ],
)
def test_settings_that_contradict_themselves_cannot_be_started(page, change, says):
    app = page()
    change(app).run()
    assert not app.exception
    assert says in app.error[0].value
    assert app.button(key="search_start").disabled


def test_a_search_is_started_stopped_and_resumed(page):
    app = page()
    app.selectbox(key="search_dataset").set_value("optical-digits")
    app.number_input(key="search_trials").set_value(500)
    app.number_input(key="search_epochs").set_value(1)
    app.text_input(key="search_new_name").set_value("live").run()
    app.button(key="search_start").click().run()
    assert not app.exception
    assert app.selectbox(key="search_name").value == "live"
    limit = time.monotonic() + 120
    while len(search.state("live").trials) < 2:
        assert time.monotonic() < limit, search.state("live")
        time.sleep(0.2)
    app.run()
    assert "of 500" in app.get("progress")[0].proto.text
    assert "left" in app.get("progress")[0].proto.text
    assert "Best so far" in said(app)
    assert "search_winner" not in keys(app)
    app.button(key="search_stop").click().run()
    while search.state("live").active:
        assert time.monotonic() < limit
        time.sleep(0.2)
    app.run()
    assert "Stopped after" in said(app)
    assert {"search_resume", "search_winner"} <= keys(app)
    app.button(key="search_resume").click().run()
    assert not app.exception
    assert search.state("live").active


def test_a_finished_search_shows_its_trials_in_pictures_and_words(page, mine):
    app = page()
    best = search.state("mine").best
    assert f"trial {best.number} with {best.value:.2%}" in said(app)
    shown = app.get("plotly_chart")
    words = " ".join(element.proto.alt for element in shown)
    assert f"The best is trial {best.number}" in words
    assert "A line for each of 6 trials" in words
    assert f"Shown once {search.ENOUGH} trials" in said(app)
    table = app.dataframe[0].value
    assert list(table["trial"]) == [1, 2, 3, 4, 5, 6]
    assert table["validation"].max() == best.value


def test_the_winner_becomes_a_run_with_a_link(page, mine, monkeypatch):
    monkeypatch.setattr(queue, "tend", lambda: False)
    app = page()
    app.button(key="search_winner").click().run()
    assert not app.exception
    name = search.state("mine").winner
    assert [run.name for run in queue.waiting()] == [name]
    assert "search_winner" not in keys(app)
    link = app.get("page_link")[0].proto
    assert name in link.label
    assert f"run={name}" in link.query_string


def test_a_file_that_cannot_be_read_is_told_and_another_search_can_begin(page, mine):
    mine.write_bytes(b"no database" * 99)
    app = page()
    assert "is damaged" in app.error[0].value
    app.selectbox(key="search_name").set_value("New search").run()
    assert not app.exception
    assert "search_start" in keys(app)


def test_a_file_that_cannot_be_read_can_be_deleted(page, mine):
    mine.write_bytes(b"no database" * 99)
    app = page()
    app.button(key="search_delete").click().run()
    assert not app.exception
    assert not mine.exists()
    assert "search_start" in keys(app)


def test_two_workers_try_at_a_time_and_the_page_shows_them(page):
    app = page()
    app.selectbox(key="search_dataset").set_value("optical-digits")
    app.number_input(key="search_trials").set_value(500)
    app.selectbox(key="search_by").set_value("This machine, 2 at a time").run()
    app.button(key="search_start").click().run()
    assert not app.exception
    limit = time.monotonic() + 120
    while len((found := search.state("search-1")).trials) < 2 or found.workers is None:
        assert found.active, found
        assert time.monotonic() < limit, found
        time.sleep(0.2)
    assert found.settings.at_a_time == 2
    trained = []
    while not any(words.startswith("trial ") for words in trained):
        assert time.monotonic() < limit
        assert not app.run().exception
        assert "2 workers" in app.get("progress")[0].proto.text
        (lines,) = (d.value for d in app.dataframe if "Worker" in d.value)
        trained = list(lines["Trains"])
        assert len(trained) == 2
    app.button(key="search_stop").click().run()
    while search.state("search-1").active:
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert not app.run().exception
    assert "Stopped after" in said(app)


def test_a_cluster_is_offered_where_the_server_was_given_its_address(page, monkeypatch):
    app = page()
    assert app.selectbox(key="search_by").options[0] == "This machine, one at a time"
    assert "A Dask cluster" not in app.selectbox(key="search_by").options
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "nowhere")
    app = page()
    app.selectbox(key="search_dataset").set_value("optical-digits")
    app.selectbox(key="search_by").set_value("A Dask cluster").run()
    app.button(key="search_start").click().run()
    limit = time.monotonic() + 120
    while search.state("search-1").active:
        assert time.monotonic() < limit
        time.sleep(0.2)
    app.run()
    assert "is like tcp://HOST:8786, not 'nowhere'" in app.error[0].value
    assert "search_resume" in keys(app)
