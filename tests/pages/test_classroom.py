"""The teacher's page of a class: opening it, what it does, who is in it, and the end of it."""

import datetime
import itertools
import shutil
import uuid
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import classroom, runs
from mnist_core.report import lesson
from mnist_core.training import classes, queue
from ui.classroom import door

ROOT = Path(__file__).parent.parent.parent
ONE = [[[100, 20], [100, 220]]]
SEVEN = [[[40, 30], [200, 30], [110, 240]]]


@pytest.fixture
def store(models_dir, monkeypatch):
    """The database of classes, empty; nothing is trained."""
    monkeypatch.delenv("CLASSROOM_DATABASE", raising=False)
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    monkeypatch.setattr(door, "HERE_SECONDS", 3600)  # a busy machine is slow to show the page
    return classroom.store()


@pytest.fixture
def code(store):
    """A class in which two members have written."""
    code = store.open_class("7b").code
    for label, strokes, read in ((1, ONE, (1, 0.99)), (1, SEVEN, (7, 0.8))):
        token, _ = store.join(code)
        for _ in range(3):
            store.add(code, token, drawn(label, strokes), read)
    return code


def drawn(label, strokes, **more):
    return {"id": str(uuid.uuid4()), "label": label, "guess": None, "strokes": strokes} | more


def visit(code=None):
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    page.switch_page("pages/classroom.py")
    if code:
        page.query_params["class"] = code
    return run(page)


def run(page):
    page.run()
    assert not page.exception
    return page


def press(page, key):
    page.button(key=key).click()
    return run(page)


def shown(page):
    return " ".join(element.proto.body for element in page.get("html"))


def open_digit(page, digit):
    """Press a digit on the wall, which is not there without a browser."""
    page.session_state["class_digit"] = digit
    return run(page)


def test_a_class_is_opened_and_shows_the_way_in(store):
    page = visit()
    page.text_input(key="new_class_name").input("7b, *Tuesday*")
    press(page, "open_class")
    (found,) = store.classes()
    assert found.name == "7b, *Tuesday*"
    assert f"/join/{found.code}" in shown(page)  # the words beside the QR code
    assert f"<p>{found.code}</p>" in shown(page)
    assert any("HOST=0.0.0.0" in caption.value for caption in page.caption)
    press(page, "begin_class")
    assert page.button(key="large_code")


def test_a_name_is_needed_and_a_class_that_is_gone_is_said_to_be(store, code):
    page = press(visit(), "open_class")
    assert len(page.error) == 1
    assert [one.code for one in store.classes()] == [code]
    store.delete_class(code)
    page = visit(code)
    assert len(page.error) == 1
    assert page.button(key="open_class")


@pytest.mark.parametrize("kind", ["write", "free", "pause"])
def test_an_activity_is_chosen(kind, store, code):
    page = visit(code)
    page.button_group(key="activity-0").set_value(kind)
    run(page)
    assert store.get(code).activity.kind == kind


def test_doubtful_digits_are_voted_on_one_after_another(store, code):
    page = visit(code)
    page.button_group(key="activity-0").set_value("what")
    run(page)
    first = store.get(code).activity
    own = {digit.id for digit in store.digits(code) if digit.label == 1 and digit.read[0] == 7}
    assert first.kind == "what"
    assert first.subject in own  # the class's own doubtful ones come first
    press(page, "next_subject")
    assert store.get(code).activity.subject not in (first.subject, None)


def test_the_best_foolers_are_those_that_classmates_read(store, code):
    page = visit(code)
    page.button_group(key="activity-0").set_value("fool")
    press(run(page), "next_subject")
    assert len(page.error) == 1  # nobody has fooled it yet
    token, _ = store.join(code)
    for _ in range(2):
        store.add(code, token, drawn(1, SEVEN), (7, 0.9))
    page = press(visit(code), "next_subject")
    subject = store.get(code).activity.subject
    for value in (1, 1, 7):
        store.vote(code, subject, store.join(code)[0], value)
    assert "a 1 for 2 of 3 votes" in shown(visit(code))
    assert press(page, "draw_again")
    assert store.get(code).activity.subject is None


def test_members_are_let_in_one_by_one_taken_out_and_brought_back(store, code, monkeypatch):
    page = visit(code)
    page.toggle(key="one_by_one-0").set_value(True)
    run(page)
    waiting = store.join(code)[1].id
    with monkeypatch.context() as later:  # who is there no more waits for nothing
        later.setattr(door, "HERE_SECONDS", 0)
        assert f"admit-{waiting}" not in {button.key for button in visit(code).button}
    page = press(visit(code), f"admit-{waiting}")
    assert store.members(code)[-1].admitted
    page.selectbox(key="member").set_value(waiting)
    press(run(page), "remove")
    assert store.members(code)[-1].removed
    press(page, "bring_back")
    assert not store.members(code)[-1].removed
    press(page, "delete_member")
    assert waiting not in {member.id for member in store.members(code)}


def test_the_door_is_closed_and_opened(store, code):
    page = press(visit(code), "door")
    assert store.get(code).state == "closed"
    press(page, "door")
    assert store.get(code).state == "open"


def test_a_digit_on_the_wall_is_hidden_shown_relabelled_and_deleted(store, code):
    page = visit(code)
    digit = store.digits(code)[0].id
    press(open_digit(page, digit), "hide_digit")
    assert store.digit(code, digit).hidden
    press(page, f"show-{digit}")
    assert not store.digit(code, digit).hidden
    open_digit(page, digit).button_group(key=f"relabel-{digit}").set_value(4)
    run(page)
    assert (store.digit(code, digit).label, store.digit(code, digit).label_source) == (4, "teacher")
    press(open_digit(page, digit), "delete_digit")
    assert digit not in {one.id for one in store.digits(code, hidden=True)}


def test_a_digit_goes_to_the_canvas(store, code):
    page = visit(code)
    press(open_digit(page, store.digits(code)[0].id), "to_canvas_button")
    assert page.session_state["label"] == 1
    assert len(page.session_state["drawing"]) == 1


def test_training_begins_with_enough_digits_and_somebody_to_test_on(store, code):
    page = press(visit(code), "train_together")
    assert any(str(classes.FEWEST) in error.value for error in page.error)
    assert not classes.runs_of(code, runs.all_runs())
    token, _ = store.join(code)
    for label in itertools.islice(itertools.cycle(range(10)), classes.FEWEST):
        store.add(code, token, drawn(label, ONE))
    for key in ("train_together", "train_from_nothing"):
        press(visit(code), key)
        newest = classes.runs_of(code, runs.all_runs())[0]
        assert newest.status == runs.QUEUED
        assert newest.dataset.startswith(f"class-{code}")
        assert (newest.recipe.start_from is None) == (key == "train_from_nothing")
        runs.delete(newest)


def test_before_and_after_are_compared_and_the_network_is_given_to_all(store, code, own_run):
    name = f"class-{code}"
    mine = runs.read(shutil.copytree(own_run.path, own_run.path.parent / name))
    used = runs.DatasetUsed(name=f"{name}+mnist-3000", checksum="")
    runs.change(mine, name=name, dataset=used)
    page = visit(code)
    seen = shown(page)
    assert "held out" in seen
    assert "Confusion matrix after minus that before" in seen
    text = lesson.make(code)
    assert f"{name}, from fresh weights" in text
    assert "Confusion after minus before" in text
    press(page, "give_network")
    assert store.get(code).network == name
    press(page, "take_network_back")
    assert store.get(code).network is None


def test_a_class_is_deleted_for_good(store, code):
    press(visit(code), "delete_class")
    assert store.classes() == []


def test_all_classes_are_deleted_for_good(store, code):
    press(visit(), "delete_all_classes")
    assert store.classes() == []


def test_what_nobody_opens_is_said_to_be_deleted(store, code, monkeypatch):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=10)
    found = store.get(code)
    monkeypatch.setattr(
        type(store), "get", lambda *_: type(found)(**(vars(found) | {"expires": soon}))
    )
    assert any("will be deleted on" in warning.value for warning in visit(code).warning)


def test_the_report_of_a_lesson_is_one_file_without_names(store, code):
    store.set_activity(code, "write")
    member = store.members(code)[1]
    text = lesson.make(code)
    assert "<script" not in text
    assert 'src="http' not in text
    assert "1 as 7" in text
    assert f"{member.colour} {member.animal}" in text  # whose hand was hardest
    assert "Draw freely" in text
    assert "No network has been trained on this class." in text
