"""The pages of a server that is open to a network, for a visitor; and what is sent past them."""

import inspect
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import background, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.training import ensembles, queue
from ui import access, actions, shared_work, warm

ROOT = Path(__file__).parent.parent.parent
PAGES = {
    "draw": [{}],
    "train": [{}, {"run": "waits"}, {"run": "trains"}, {"run": "broke"}],
    "confusion": [{}, {"run": "report-ann", "dataset": "optical-digits"}],
    "compare": [{"view": v} for v in ("Runs side by side", "What each choice does", "Search")],
    "data": [{"dataset": "optical-digits", "part": part} for part in ("Overview", "Map")],
}
# Buttons that only somebody with the key has; "train" stays, and is disabled.
TEACHERS = (
    "stop", "discard", "resume", "delete", "undelete", "average", "run_study", "stop_study",
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


def open_to_network(monkeypatch):
    monkeypatch.setenv("OPEN_TO_NETWORK", "1")


def visit(name, parameters):
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    page.switch_page(f"pages/{name}.py")
    page.query_params.update(parameters)
    page.run()
    assert not page.exception
    return page


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
        whole = name != "draw" and parameters not in (PAGES["confusion"][0], PAGES["data"][0])
        assert len(notes) == whole, parameters
        if name == "train":
            assert page.button(key="train").disabled
    assert contents(class_room) == before


def calls(monkeypatch):
    """What the core was asked to do, by name."""
    made = []
    for owner, names in (
        (queue, ("submit", "stop", "discard", "resume")),
        (runs, ("change", "rename", "delete", "restore")),
        (results, ("start",)),
        (ensembles, ("start",)),
        (warm, ("import_keras",)),
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


def test_a_disabled_button_that_is_pressed_all_the_same_is_refused(class_room, monkeypatch):
    made = calls(monkeypatch)
    open_to_network(monkeypatch)
    page = visit("train", {})
    page.button(key="train").click().run()
    assert not page.exception
    assert not made
    assert access.SENTENCE in page.error[0].value


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
    token = access.rule().token
    monkeypatch.setattr(type(access.st.context), "cookies", {"teacher": token})
    assert access.allowed()
    assert not visit("train", {}).button(key="train").disabled


@pytest.mark.parametrize("sent", ["{own}", "../models/mine", "..", "x\n\n![](http://h.example/a)"])
def test_a_value_that_is_no_option_is_not_taken(sent, class_room, tmp_path):
    """The run picker's message may hold anything, for instance the path of a run elsewhere."""
    elsewhere = shutil.copytree(class_room / "mine", tmp_path / "elsewhere")
    sent = sent.format(own=elsewhere)
    page = visit("draw", {})
    page.selectbox(key="run").set_value(sent).run()
    assert not page.exception
    assert page.selectbox(key="run").value == runs.DEFAULT_RUN
    assert str(elsewhere) not in " ".join(w.value for w in page.warning)
    page = visit("compare", {"view": "Runs side by side"})
    page.multiselect(key="compared").set_value([sent, "cnn"]).run()
    assert not page.exception
    page = visit("confusion", {"run": sent, "other": sent})
    (warning,) = page.warning
    assert "\n" not in warning.value
    assert "![](" not in warning.value
    assert page.selectbox(key="confusion_run").value == runs.DEFAULT_RUN
    for key in ("study", "search_name", "search_dataset"):
        page = visit("compare", {"view": "Search" if "search" in key else "What each choice does"})
        if key in {box.key for box in page.selectbox}:
            page.selectbox(key=key).set_value(sent).run()
            assert not page.exception
    page = visit("train", {"run": sent, "recipe": sent})
    for key in ("recipe", "start_from"):
        page.selectbox(key=key).set_value(sent).run()
        assert not page.exception
