"""The lesson: seven steps, each of which opens a page with everything ready."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import drawing, predictor, runs
from mnist_core.training import queue
from ui import glossary
from ui.lesson import stage
from ui.lesson.steps import STEPS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def page(models_dir, monkeypatch):
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/lesson.py")
    app.run()
    assert not app.exception
    return app


def press(page, number):
    page.button(key=f"ready-{number}").click().run()
    assert not page.exception
    return page


def test_it_takes_forty_five_minutes_in_seven_steps():
    assert (len(STEPS), sum(step.minutes for step in STEPS)) == (7, 45)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_each_step_says_something_asks_something_and_sets_a_page_up(step):
    assert step.say
    assert step.do
    assert step.question.endswith("?")
    assert step.answer
    assert step.ready in stage.READY
    assert set(step.terms) <= set(glossary.TERMS)


def test_all_steps_are_shown_with_their_questions(page):
    shown = " ".join(element.value for element in page.markdown)
    for step in STEPS:
        assert step.question in shown


def test_the_training_step_prepares_a_training_that_needs_no_network(page, no_datasets):
    press(page, 3)
    assert page.selectbox(key="report-ann-dataset").value == "optical-digits"
    assert page.number_input(key="report-ann-epochs").value == stage.EPOCHS
    page.switch_page("pages/train.py")  # where the browser is now
    page.run()
    page.button(key="train").click().run()
    assert not page.exception
    assert runs.read("lesson").status == runs.QUEUED
    assert stage.free_name() == "lesson 2"


@pytest.mark.parametrize("number", [4, 5])
def test_figures_are_shown(page, number):
    press(page, number)
    key = {4: "run", 5: "study"}[number]
    assert key in page.query_params or page.selectbox(key=key).value == "dropout"


def test_the_drawing_steps_put_a_digit_on_the_canvas(page):
    press(page, 6)
    assert page.selectbox(key="run").value == "report-ann"
    assert len(page.session_state["drawing"]) == 1


def test_the_reports_network_misses_that_hand_and_another_does_not():
    seen = drawing.from_image(stage.stroke(stage.FOREIGN_ONE))[None]
    assert predictor.load("report-ann").predict(seen).argmax() != 1
    assert predictor.load(runs.DEFAULT_RUN).predict(seen).argmax() == 1
