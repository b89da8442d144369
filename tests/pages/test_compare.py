"""The comparison page, run without a browser."""

import shutil
import time
from pathlib import Path

import pandas as pd
import pytest
import tampering
from streamlit.testing.v1 import AppTest

from mnist_core import runs
from mnist_core.evaluation import comparison
from mnist_core.experiments import reproductions
from ui import shared_work
from ui.compare import reports

ROOT = Path(__file__).parent.parent.parent
REPORTS, RUNS = "Reports reproduced", "Runs side by side"


@pytest.fixture
def page(models_dir):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)

    def open_page(view=REPORTS):
        app.run()
        app.switch_page("pages/compare.py")
        app.query_params["view"] = view
        return app.run()

    return open_page


@pytest.fixture
def quick(monkeypatch):
    """Measurements that are known at once, in place of networks that would have to be loaded."""
    known = {}

    def measure(run):
        return comparison.Measured(known.get(run.name, 0.9), 1499, 1.5)

    monkeypatch.setattr(comparison, "measure", measure)
    monkeypatch.setattr(shared_work, "_measured", {})
    return known


def said(app):
    parts = [*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.error]
    return " ".join(element.value for element in parts)


def table(app, first):
    """The table whose first column has that name, by that column."""
    return next(f.value for f in app.dataframe if f.value.columns[0] == first).set_index(first)


def measured(app, seconds=60):
    """Run the page until nothing is being measured any more."""
    limit = time.monotonic() + seconds
    while not all(future.done() for future in shared_work._measured.values()):
        assert time.monotonic() < limit
        time.sleep(0.1)
    return app.run()


# --- reported and reproduced ---------------------------------------------------------


def test_the_page_shows_the_shipped_table_and_its_sentences(page):
    app = page()
    assert not app.exception
    rows = reproductions.read()
    names = list(reproductions.REPORTED)
    shown = pd.DataFrame(reports.lines(names, rows)).set_index("Recipe")
    assert reports.as_html(reports.lines(names, rows)) in [e.proto.body for e in app.get("html")]
    assert list(shown.index) == list(reproductions.REPORTED)
    for name in shown.index:
        for column, figure in (
            ("Measured, test", "test_accuracy"),
            ("Measured, validation", "val_accuracy"),
            ("Measured, training", "train_accuracy"),
            ("Drawn digits", "drawn_accuracy"),
        ):
            assert shown.loc[name, column] == str(reproductions.summary(rows, name, figure))
    assert "A: 97.89 %, A: 97.62 %, B: 97.67 %" in shown.loc["report-ann", "Reported, test"]
    assert "(wrong model)" in shown.loc["mlp", "Reported, test"]
    words = said(app)
    for finding in reproductions.findings(rows):
        assert finding.text in words
    assert reproductions.best_of_documents(rows) in words
    assert reproductions.COMMAND in words
    for letter, document in reproductions.DOCUMENTS.items():
        assert f"**{letter}** {document}" in words


def test_each_recipe_is_one_click_from_being_trained_again(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "home.py").write_text("from ui import links\nlinks.train('wide-mlp')\n")
    (tmp_path / "pages" / "train.py").write_text("")
    app = tmp_path / "app.py"
    app.write_text(
        "import streamlit as st\n"
        "st.navigation([st.Page('pages/home.py', default=True), st.Page('pages/train.py')]).run()\n"
    )
    page = AppTest.from_file(str(app), default_timeout=120).run()
    assert not page.exception
    (link,) = page.get("page_link")
    assert link.proto.page == "train"
    assert link.proto.query_string == "recipe=wide-mlp"


def test_without_a_table_the_page_says_how_to_get_it(page, monkeypatch, tmp_path):
    empty = tmp_path / "none.csv"
    monkeypatch.setattr(reproductions.read, "__defaults__", (empty,))
    app = page()
    assert not app.exception
    assert "Nothing has been measured yet" in said(app)
    empty.write_text("recipe,seed\nx\n")
    app.run()
    assert not app.exception
    assert "cannot be read: delete it" in said(app)


# --- runs side by side ---------------------------------------------------------------


def test_shipped_runs_side_by_side_with_the_best_marked(page, quick, needs_pens):
    quick |= dict.fromkeys(runs.SHIPPED, 0.9) | {runs.DEFAULT_RUN: 0.99}
    app = measured(page(RUNS))
    assert not app.exception
    shown = table(app, "Metric")
    assert set(shown.columns) == set(runs.SHIPPED)
    assert shown.loc["Drawn digits", runs.DEFAULT_RUN] == "★ 99.00%"
    assert shown.loc["Drawn digits", "report-ann"] == "90.00%"
    best = max(runs.SHIPPED, key=lambda n: runs.read(runs.SHIPPED_DIR / n).metrics.test_accuracy)
    assert shown.loc["Test accuracy", best].startswith("★")
    assert f"Use **{runs.DEFAULT_RUN}**: it reads 99.00%" in said(app)
    app.segmented_control(key="cost").set_value("Training time").run()
    app.segmented_control(key="accuracy").set_value("Drawn digits").run()
    app.segmented_control(key="curve").set_value("Loss").run()
    assert not app.exception


def test_a_run_that_is_deleted_while_it_is_compared(page, quick, own_run):
    app = measured(page(RUNS))
    assert "mine" in app.multiselect(key="compared").value
    shutil.rmtree(own_run.path)
    app.run()
    assert not app.exception
    assert "The run mine has been deleted." in said(app)
    assert "mine" not in app.multiselect(key="compared").value
    app.run()
    assert "has been deleted" not in said(app)


def test_runs_on_other_digits_are_not_set_against_each_other(page, quick, own_run):
    app = measured(page(RUNS))
    assert "figures on different digits are not compared" in said(app)
    shown = table(app, "Metric")
    assert shown.loc["Test digits of", "mine"] == "optical-digits"
    assert shown.loc["Test digits of", "cnn"] == "mnist"
    assert not shown.loc["Test accuracy", "mine"].startswith("★")


def test_runs_that_cannot_be_compared_are_listed_with_the_reason(page, quick, own_run):
    runs.create(own_run.recipe, "mnist", 0, "waiting")
    tampering.write_json(own_run.path, {**tampering.as_json(own_run), "format": 99})
    app = measured(page(RUNS))
    assert not app.exception
    assert {"mine", "waiting"}.isdisjoint(app.multiselect(key="compared").options)
    assert "newer than this program reads" in said(app)
    assert "The run waiting is queued" in said(app)


def test_a_network_that_cannot_be_loaded_is_told(page, own_run, monkeypatch):
    monkeypatch.setattr(shared_work, "_measured", {})
    app = page(RUNS)
    app.multiselect(key="compared").set_value(["mine", "report-ann"]).run()
    damaged = own_run.model_file.read_bytes()
    own_run.model_file.write_bytes(damaged[:-200] + bytes(200))
    tampering.rewrite(own_run, litert=None)
    app = measured(app.run(), 240)
    assert not app.exception
    assert "mine" in said(app)


def test_nothing_chosen_asks_for_runs(page, quick):
    app = page(RUNS)
    app.multiselect(key="compared").set_value([]).run()
    assert not app.exception
    assert "Choose two runs or more." in said(app)


def test_without_pens_it_says_what_is_missing(page, quick, monkeypatch, tmp_path):
    monkeypatch.delenv("PENDIGITS_PATH", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    app = measured(page(RUNS))
    assert "The dataset pen-strokes is not on this machine" in said(app)


def test_there_is_a_report_of_every_run_that_is_compared(page, quick, own_run):
    app = measured(page(RUNS))
    chosen = app.selectbox(key="report_run")
    assert {"mine", *runs.SHIPPED} <= set(chosen.options)
    assert "One HTML file" in said(app)
    tampering.write_json(own_run.path, {**tampering.as_json(own_run), "metrics": {}})
    chosen.set_value("mine").run()
    assert not app.exception
    assert "holds no final figures" in said(app)


def test_runs_are_averaged_and_the_average_joins_them(page, quick, own_run):
    app = measured(page(RUNS))
    app.multiselect(key="compared").set_value(["report-ann"]).run()
    assert "Choose 2 to 8 runs to average them" in said(app)
    app.multiselect(key="compared").set_value(["report-ann", "mine"]).run()
    app.text_input(key="average_name").set_value("no/name")
    app.button(key="average").click().run()
    assert "name must be" in said(app)
    app.text_input(key="average_name").set_value("both")
    app.button(key="average").click().run()
    assert not app.exception
    limit = time.monotonic() + 120
    while runs.read("both").active:
        assert time.monotonic() < limit
        time.sleep(0.2)
    app = measured(app.run())
    assert not app.exception
    assert app.multiselect(key="compared").value == ["report-ann", "mine", "both"]
    app = measured(app)
    assert "both averages report-ann and mine." in said(app)
    assert "times the room" in said(app)
    assert "both" in table(app, "Metric").columns


def test_an_average_that_fails_says_why(page, quick, own_run, monkeypatch):
    app = measured(page(RUNS))

    def start(name, members):
        return runs.create(
            own_run.recipe,
            "optical-digits",
            0,
            name,
            status=runs.FAILED,
            reason="There is no room.",
        )

    monkeypatch.setattr("mnist_core.training.ensembles.start", start)
    app.button(key="average").click().run()
    assert "The ensemble failed: There is no room." in said(app)
    app.button(key="average_close").click().run()
    assert not app.exception
    assert app.button(key="average")
