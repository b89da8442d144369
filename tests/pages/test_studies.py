"""What each choice does: the view on the comparison page, run without a browser."""

import dataclasses
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import studies, study_pool, study_trials
from mnist_core.experiments.study_trials import Row
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus
from mnist_core.training import queue

ROOT = Path(__file__).parent.parent.parent
VIEW = "What each choice does"


@pytest.fixture
def page(models_dir, monkeypatch, tmp_path):
    """The view, where nothing has been measured and nothing is started."""
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    monkeypatch.setattr(study_trials, "SHIPPED_TABLE", tmp_path / "none.csv")

    def open_page(study="layers"):
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
        app.run()
        app.switch_page("pages/compare.py")
        app.query_params["view"] = VIEW
        app.run()
        if study != "layers":
            app.selectbox(key="study").set_value(study).run()
        assert not app.exception
        return app

    return open_page


def said(app):
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return " ".join(element.value for element in parts)


def keys(app):
    return [button.key for button in app.button]


def write(study, accuracies, seeds=3):
    """A table with made-up rows, one in a thousand apart."""
    numbers = {"parameters": 1000, "epochs": 10, "seconds": 5.0}
    rows = [
        Row(
            study=study.name,
            value=value,
            seed=seed,
            dataset="mnist",
            tensorflow="2",
            fingerprint=recipes.fingerprint(study.values[value]),
            measured="2026-01-01",
            train_accuracy=0.99,
            val_accuracy=mean,
            test_accuracy=mean + seed / 1000,
            drawn_accuracy=mean - 0.03 + seed / 1000,
            **numbers,
        )
        for value, mean in accuracies.items()
        for seed in range(seeds)
    ]
    study_trials.tables.write(study_trials.table(), Row, rows)
    return rows


def test_an_empty_view_says_what_to_do(page):
    app = page()
    assert "Nothing has been measured yet." in said(app)
    assert "15 runs, about" in said(app)
    assert "`python -m mnist_core study layers`" in said(app)
    assert "run_study" in keys(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("name", list(studies.STUDIES))
def test_every_study_shows_its_picture_conclusion_claims_and_table(page, name):
    study = studies.STUDIES[name]
    rows = write(study, {value: 0.95 + 0.004 * i for i, value in enumerate(study.values)})
    app = page(name)
    charts = app.get("plotly_chart")
    assert len(charts) == 2
    words = said(app)
    assert studies.conclusion(study, rows) in words
    for claim in study.claims:
        assert claim.text in words
        assert claim.rule(study, rows).figures in words
    shown = app.dataframe[0].value.set_index(study.title)
    assert list(shown.index) == list(study.values)
    for value in study.values:
        assert shown.loc[value, "Test digits"] == str(study.summary(rows, value))
        assert shown.loc[value, "Seeds"] == 3
    assert "run_study" not in keys(app)  # it is complete


def test_the_button_fills_the_queue_once_and_stop_empties_it(page, models_dir):
    study = studies.STUDIES["layers"]
    write(study, {"none": 0.92, "1": 0.97})
    app, other = page(), page()
    app.button(key="run_study").click().run()
    assert len(queue.waiting()) == 9
    other.button(key="run_study").click().run()  # somebody else, who had the old page
    assert not other.exception
    assert len(queue.waiting()) == 9
    assert "stop_study" in keys(app)
    assert "run_study" not in keys(app)
    app.button(key="stop_study").click().run()
    assert not app.exception
    assert queue.waiting() == []
    assert "Measure the rest" in [button.label for button in app.button]


def test_a_trial_that_failed_is_told_and_can_be_tried_again(page):
    trial = studies.trials_of(["layers"])[0]
    study_trials.submit([trial])
    runs.change(trial.run(), status=runs.FAILED, reason="The moon was full.")
    app = page()
    assert "1 failed and will be tried again. layers none, seed 0: The moon was full." in said(app)
    app.button(key="run_study").click().run()
    assert len(queue.waiting()) == 15


def test_a_damaged_table_is_told(page):
    study_trials.table().write_text("study,seed\nx,y\n")
    app = page()
    assert "cannot be read: delete it" in said(app)


def test_the_train_page_counts_trials_and_lists_none(page, tiny, models_dir):
    study_trials.submit(studies.trials_of(["layers"], 1))
    queue.submit(dataclasses.replace(tiny), "optical-digits", name="mine")
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert "5 runs of studies wait until all others are done." in said(app)
    assert not [key for key in keys(app) if key.startswith("out-trial")]
    (listed,) = (frame.value for frame in app.dataframe if "name" in frame.value)
    assert {*runs.SHIPPED, "mine"} == set(listed["name"])


def test_workers_are_shown_and_can_be_stopped(page):
    status = PoolStatus(30, 4, 90.0, {"tcp://127.0.0.1:4001": ["layers 2, seed 1"], "other": []})
    names = list(studies.STUDIES)
    with study_pool.at_work(names) as note:
        note("training", workers=status.to_dict())
        app = page()
        words = app.get("progress")[0].proto.text
        assert "0 of 15 runs" in words
        assert "1 min 30 s left for 10 studies" in words
        assert "2 workers" in words
        lines = app.dataframe[0].value
        assert list(lines["Worker"]) == list(status.workers)
        assert list(lines["Trains"]) == ["layers 2, seed 1", "–"]
        assert "run_study" not in keys(app)
        app.button(key="stop_pool").click().run()
        assert not app.exception
        assert study_pool.job(study_pool.name_of(names)).asked_to_stop()
        assert app.button(key="stop_pool").disabled
    assert "run_study" in keys(page())


def test_workers_are_asked_for_and_what_went_wrong_is_said(page, monkeypatch):
    started = []
    monkeypatch.setattr(study_pool, "start", lambda *given: started.append(given))
    app = page()
    app.selectbox(key="study_by").set_value("This machine, 2 at a time").run()
    app.button(key="run_study").click().run()
    assert started == [(["layers"], ClusterSpec(2))]
    with pytest.raises(InputError), study_pool.at_work(["layers"]):
        raise InputError("The scheduler has gone: start it again.")
    app = page()
    assert "The scheduler has gone" in said(app)
    assert "A Dask cluster" not in app.selectbox(key="study_by").options
