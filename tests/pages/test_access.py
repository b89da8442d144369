"""The pages of a server that is open to a network, for a visitor; and what is sent past them."""

import inspect
import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from mnist_core import background, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.training import ensembles, imports, queue
from ui import access, actions, shared_work

ROOT = Path(__file__).parent.parent.parent
PAGES = {
    "draw": [{}],
    "train": [{}, {"run": "waits"}, {"run": "trains"}, {"run": "broke"}],
    "confusion": [{}, {"run": "report-ann", "dataset": "optical-digits"}],
    "compare": [{"view": v} for v in ("Runs side by side", "What each choice does", "Search")],
    "classroom": [{}],
    "data": [{"dataset": "optical-digits", "part": part} for part in ("Overview", "Map")],
}
# Where a quiet line says what is not for visitors; elsewhere there is nothing of that kind.
TOLD = (PAGES["confusion"][1], PAGES["compare"][0], PAGES["compare"][2])
TOLD_EVERYWHERE = ("train", "classroom")
# Buttons that only somebody with the key has; "train" stays, and is disabled.
TEACHERS = (
    "stop", "discard", "resume", "start_again", "delete", "undelete", "average", "run_study",
    "stop_study",
    "search_start", "search_resume", "search_delete", "download", "find_neighbours",
    "evaluate_report-ann", "out-waits", "map_again",
)  # fmt: skip


@pytest.fixture
def class_room(own_run, models_dir, monkeypatch):
    """Runs in every state, and a server that nothing is done on but is noted."""
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    monkeypatch.setattr(shared_work, "_measured", {})
    here = background.this_process()
    states = {
        "waits": {"status": runs.QUEUED},
        "trains": {"status": runs.RUNNING, "process": here},
        "broke": {"status": runs.FAILED, "reason": "The power failed."},
    }
    for name, entries in states.items():
        found = runs.read(shutil.copytree(own_run.path, models_dir / name))
        runs.change(found, name=name, **entries)
    (models_dir / "broke" / "checkpoint.npz").touch()
    return models_dir


def open_to_network(monkeypatch, **cookies):
    """As if the server were open to a network, and the page's browser had sent these cookies."""
    monkeypatch.setenv("OPEN_TO_NETWORK", "1")
    monkeypatch.setattr(type(st.context), "cookies", cookies)


def visit(name, parameters):
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    page.switch_page(f"pages/{name}.py")
    page.query_params.update(parameters)
    page.run()
    assert not page.exception
    return page


def send(page, **values):
    """Send a message past the page: `True` presses a button, other values are a widget's own."""
    states = page._tree.get_widget_states()
    for key, value in values.items():
        widget = next(w for w in [*page.button, *page.selectbox, *page.multiselect] if w.key == key)
        states.widgets.extend([] if any(s.id == widget.id for s in states.widgets)
                              else [WidgetState(id=widget.id)])  # fmt: skip
        (state,) = (s for s in states.widgets if s.id == widget.id)
        if value is True:
            state.trigger_value = True
        elif isinstance(value, str):
            state.string_value = value
        else:
            state.string_array_value.data[:] = value
    page._run(states)
    assert not page.exception


def contents(folder):
    """Every file below a folder, with its content."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_looks_at_every_page_and_is_told_what_is_not_for_them(
    name, class_room, monkeypatch
):
    open_to_network(monkeypatch)
    before = contents(class_room)
    for parameters in PAGES[name]:
        page = visit(name, parameters)
        assert not page.error or parameters.get("run") == "broke"
        assert not {button.key for button in page.button}.intersection(TEACHERS)
        notes = [c.value for c in page.caption if "with the teacher's link only" in c.value]
        assert len(notes) == (parameters in TOLD or name in TOLD_EVERYWHERE), parameters
        if name == "train":
            assert page.button(key="train").disabled
    assert contents(class_room) == before


def calls(monkeypatch):
    """What the core was asked to do, by name."""
    made = []
    for owner, names in (
        (queue, ("submit", "stop", "discard", "resume", "start_again")),
        (runs, ("change", "rename", "delete", "restore")),
        (results, ("start",)),
        (ensembles, ("start",)),
        (imports, ("import_keras",)),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, lambda *_, name=name, **__: made.append(name))
    return made


@pytest.mark.parametrize(
    ("name", "parameters", "keys", "done"),
    [
        ("train", {"run": "trains"}, ["stop"], "stop"),
        ("train", {"run": "trains"}, ["discard"], "discard"),
        ("train", {"run": "broke"}, ["resume"], "resume"),
        ("train", {"run": "mine"}, ["out-waits"], "discard"),
        ("confusion", PAGES["confusion"][1], ["evaluate_report-ann"], "start"),
    ],
)
def test_a_button_pressed_past_the_page_does_nothing(
    name, parameters, keys, done, class_room, monkeypatch
):
    made = calls(monkeypatch)
    page = visit(name, parameters)  # by whoever sits at the machine, so that the button is there
    for key in keys:
        page.button(key=key).click()
    open_to_network(monkeypatch)
    page.run()
    assert not page.exception
    assert not made
    assert any(access.SENTENCE in error.value for error in page.error)
    monkeypatch.delenv("OPEN_TO_NETWORK")
    page = visit(name, parameters)
    for key in keys:
        page.button(key=key).click()
    page.run()
    assert made == [done]


def test_a_disabled_button_that_is_pressed_all_the_same_does_nothing(class_room, monkeypatch):
    made = calls(monkeypatch)
    open_to_network(monkeypatch)
    page = visit("train", {})
    send(page, train=True)
    assert not made


@pytest.mark.parametrize("name", [n for n, _ in inspect.getmembers(actions, inspect.isfunction)
                                  if getattr(actions, n).__module__ == "ui.actions"])  # fmt: skip
def test_every_action_is_refused_before_it_begins(name, own_run, monkeypatch):
    open_to_network(monkeypatch)
    action = getattr(actions, name)
    arguments = [own_run, *[None] * (len(inspect.signature(action).parameters) - 1)]
    with pytest.raises(InputError, match="takes the teacher's key"):
        action(*arguments)


def test_with_the_cookie_a_visitor_is_a_teacher(class_room, monkeypatch):
    open_to_network(monkeypatch)
    assert not access.allowed()
    open_to_network(monkeypatch, teacher=access.rule().token)
    assert access.allowed()
    assert not visit("train", {}).button(key="train").disabled


@pytest.mark.parametrize("sent", ["{own}", "../models/mine", "..", "x\n\n![](http://h.example/a)"])
def test_a_value_that_is_no_option_is_not_taken(sent, class_room, tmp_path):
    """The run picker's message may hold anything, for instance the path of a run elsewhere."""
    elsewhere = shutil.copytree(class_room / "mine", tmp_path / "elsewhere")
    sent = sent.format(own=elsewhere)
    page = visit("draw", {})
    send(page, run=sent)
    assert page.selectbox(key="run").value == runs.DEFAULT_RUN
    assert str(elsewhere) not in " ".join(w.value for w in page.warning)
    page = visit("compare", {"view": "Runs side by side"})
    send(page, compared=[sent, "cnn"])
    assert sent not in page.multiselect(key="compared").value
    page = visit("confusion", {"run": sent, "other": sent})
    (warning,) = page.warning
    assert "\n" not in warning.value
    assert "![](" not in warning.value
    assert page.selectbox(key="confusion_run").value == runs.DEFAULT_RUN
    for key in ("study", "search_name", "search_dataset"):
        page = visit("compare", {"view": "Search" if "search" in key else "What each choice does"})
        if key in {box.key for box in page.selectbox}:
            send(page, **{key: sent})
    page = visit("train", {"run": sent, "recipe": sent})
    for key in ("recipe", "start_from"):
        send(page, **{key: sent})
