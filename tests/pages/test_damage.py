"""One bad directory harms nobody: run directories damaged in forty ways, before every page."""

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest
from tampering import as_json

from mnist_core import runs
from mnist_core.training import queue
from routes import pocket

ROOT = Path(__file__).parent.parent.parent
HUGE, DEEP = 10**400, [[[[[[[[[[]]]]]]]]]]
# Where in run.json, and what stands there.
DAMAGE = [
    (("format",), "1"), (("format",), 99), (("format",), HUGE), (("name",), 5),
    (("name",), "\ud800"),
    (("recipe",), []), (("recipe", "name"), 3), (("recipe", "hidden"), "dense"),
    (("recipe", "hidden"), [{"kind": "dense"}]), (("recipe", "hidden"), [{"kind": "none"}]),
    (("recipe", "epochs"), "ten"), (("recipe", "epochs"), -4), (("recipe", "learning_rate"), "x"),
    (("recipe", "augmentation"), {"rotation": "far"}), (("recipe", "title"), "\ud800"),
    (("dataset",), "mnist"), (("dataset", "name"), ["mnist"]), (("dataset", "name"), "\ud800"),
    (("status",), "baking"), (("status",), {}), (("created",), 2020), (("created",), None),
    (("order",), "first"), (("order",), 1.5), (("study",), "dropout"), (("process",), [1]),
    (("versions",), {"keras": 3}), (("reason",), 7), (("note",), ["a"]), (("note",), "\ud800"),
    (("parameters",), -1), (("parameters",), [1, 2]), (("epochs",), 1e300), (("seconds",), "long"),
    (("seconds",), HUGE), (("temperature",), 0), (("sure_above",), "often"),
    (("metrics", "test_accuracy"), "97 %"), (("metrics", "test_accuracy"), 1e308),
    (("metrics", "val_accuracy"), [0.9]), (("metrics", "best_epoch"), "last"),
    (("metrics", "test_digit_accuracy"), 0.5), (("metrics", "test_digit_accuracy"), [0.5] * 99),
    (("model", "bytes"), "many"), (("ensemble",), {"members": 3}), (("start",), {"run": None}),
]  # fmt: skip


@pytest.fixture
def damaged(own_run, models_dir, monkeypatch):
    """The names of the run directories, each damaged in its way."""
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    whole = as_json(own_run)
    for number, ((*way, last), value) in enumerate(DAMAGE):
        values = json.loads(json.dumps(whole))
        place = values
        for key in way:
            place = place[key]
        place[last] = value
        path = shutil.copytree(own_run.path, models_dir / f"bad-{number:02}")
        (path / "run.json").write_text(json.dumps(values))
    files = {
        "history.csv": "epoch,loss,accuracy\n1,nan,x\n", "live.csv": "a,b,c\n\0",
        "evaluation.npz": "PK", "log.txt": "\ud83d".encode("utf-8", "surrogatepass"),
        "progress.json": '{"state": "training", "details": {"epoch": "x", "digits": [1]}}',
    }  # fmt: skip
    for name, content in files.items():
        path = shutil.copytree(own_run.path, models_dir / f"file-{name.partition('.')[0]}")
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for kind in ("pipe", "folder"):
        path = shutil.copytree(own_run.path, models_dir / f"run-json-{kind}")
        (path / "run.json").unlink()
        os.mkfifo(path / "run.json") if kind == "pipe" else (path / "run.json").mkdir()
    for name in (".searches", ".evaluations", ".workers", ".conversions"):
        (models_dir / name).mkdir()
        for content, file in ((b"[]", "x.json"), (b"no database", "x.db"), (b"PK", "x.npz")):
            (models_dir / name / file).write_bytes(content)
    (models_dir / "studies.csv").write_text("study\nx\n")
    return sorted(path.name for path in models_dir.iterdir() if path.name[0] != ".")


def looked_at(name, **parameters):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page(f"pages/{name}.py")
    app.query_params.update(parameters)
    app.run()
    assert not app.exception, (name, parameters, [each.message for each in app.exception])
    return app


def test_every_damaged_run_is_a_line_that_says_so(damaged):
    found = {run.path.name: run for run in runs.all_runs(trials=True)}
    for name in damaged:
        if name.startswith(("bad-", "run-json")):
            problem = found[name].problem
            assert problem is None or (problem.endswith(".") and "\n" not in problem)
    sound = [name for name in damaged if name in found and not found[name].problem]
    assert len([name for name in sound if name.startswith("bad-")]) <= 2  # what may be left out
    assert found[runs.DEFAULT_RUN].usable


@pytest.mark.parametrize(
    ("page", "parameters"),
    [
        ("draw", {}), ("train", {}), ("data", {"dataset": "optical-digits"}),
        ("lesson", {}), ("confusion", {}),
        ("confusion", {"run": "mine", "dataset": "optical-digits"}),
        *(("compare", {"view": view}) for view in ("Reports reproduced", "Runs side by side",
                                                   "What each choice does", "Search")),
    ],
)  # fmt: skip
def test_no_page_is_taken_away_by_damaged_runs(damaged, page, parameters):
    looked_at(page, **parameters)


def test_the_page_for_phones_is_there_or_says_that_its_network_is_not(damaged):
    def status(query):
        scope = {"type": "http", "query_string": query.encode("utf-8", "replace"), "headers": []}
        return asyncio.run(pocket.page(Request(scope))).status_code

    assert status("") == 200
    assert {status(f"run={name}") for name in damaged} == {200, 404}


def test_each_damaged_run_can_be_looked_at(damaged):
    """The panel of the training page and the matrix, of one after another."""
    app = looked_at("train")
    for name in damaged:
        app.session_state["watched"] = name
        app.run()
        assert not app.exception, (name, [each.message for each in app.exception])
    for name in damaged[::9]:
        looked_at("confusion", run=name, dataset="optical-digits")
        looked_at("confusion", run=f"{name}\n\n![x](http://x.example/y.png)")
