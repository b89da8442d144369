"""Run directories: made, read whatever state they are in, listed, deleted."""

import contextlib
import copy
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import unicodedata

import msgspec
import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tampering import as_json, rewrite

from mnist_core import background, limits, recipes, runs
from mnist_core.errors import InputError
from mnist_core.runs import Metrics, Run, directory

CNN = recipes.RECIPES["cnn"]


def assert_broken(run, says):
    assert says in run.problem
    assert "\n" not in run.problem
    assert run.problem.endswith(".")
    assert not run.usable


# --- create --------------------------------------------------------------------------


def test_a_new_run_is_queued_and_can_be_read(models_dir):
    run = runs.create(CNN, "mnist", 7, "first")
    assert run.path == models_dir / "first"
    again = runs.read("first")
    assert again.path == run.path
    assert again.record == run.record
    assert again.problem is None
    assert again.status == runs.QUEUED
    assert not again.usable
    assert again.recipe == CNN
    assert (again.record.seed, again.dataset) == (7, "mnist")
    assert again.metrics == Metrics()


def test_names_are_made_of_recipe_and_time_and_never_taken_twice(models_dir):
    names = [runs.create(CNN, "mnist", 0).name for _ in range(5)]
    assert len(set(names)) == 5
    assert all(name.startswith("cnn-20") for name in names)
    assert {p.name for p in models_dir.iterdir()} == set(names)


def test_the_folder_of_runs_is_made_when_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "a" / "b"))
    assert runs.create(CNN, "mnist", 0, "x").path == tmp_path / "a" / "b" / "x"


NO_NAMES = [
    "",
    " ",
    ".",
    "..",
    "a/b",
    "../a",
    "/tmp/a",
    "a\\b",
    "a\0",
    "a\x1bb",
    "a\u202eb",
    "\ud800",
]
NO_NAMES += ["-", "?!", "\u200d", "x" * 81, "é" * 300]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_can_be_no_name_is_refused(models_dir, own_run, name):
    for take in (lambda: runs.create(CNN, "mnist", 0, name), lambda: runs.rename(own_run, name)):
        with pytest.raises(InputError, match="1 to 80 characters") as refusal:
            take()
        assert str(refusal.value).isprintable()
        assert len(str(refusal.value)) < 500
    assert [path.name for path in models_dir.iterdir()] == ["mine"]


NAMES = [
    "手書き",
    "Anna's net",
    "élan",
    "a b",
    "nul",
    "LPT1.x",
    "a.",
    "-x",
    ".hidden",
    "π ≈ 3?",
    "🦊",
]
FOLDER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_may_hold_whatever_people_write(models_dir, name):
    run = runs.create(CNN, "mnist", 7, f"  {name}\n")
    assert (run.name, run.record.name) == (name, name)
    assert FOLDER.fullmatch(run.path.name)  # every file system and every command line takes it
    assert run.path.name.split(".")[0] not in ("nul", "LPT1")
    for way in (name, run.path.name, run.path, unicodedata.normalize("NFD", name)):
        assert runs.read(way).record.seed == 7
    assert runs.named(name).path == run.path
    assert name in [other.name for other in runs.all_runs()]
    with pytest.raises(InputError, match="already"):
        runs.create(CNN, "mnist", 8, name)


@given(st.text(max_size=90))
def test_every_name_is_refused_or_found_again(models_folder, name):
    try:
        run = runs.create(CNN, "mnist", 0, name)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what is refused is told in a line
        return
    try:
        assert FOLDER.fullmatch(run.path.name)
        assert runs.read(run.name).path == runs.named(name).path == run.path
    finally:
        shutil.rmtree(run.path)


def test_names_that_differ_have_directories_that_differ(models_dir):
    found = [runs.create(CNN, "mnist", 0, name) for name in ("élan", "elan", "e lan", "elan?")]
    assert len({run.path for run in found}) == 4
    with pytest.raises(InputError, match="already"):
        runs.create(CNN, "mnist", 0, "ÉLAN")


def test_a_directory_that_was_copied_or_made_by_older_programs_is_called_as_it_is(own_run):
    copy = shutil.copytree(own_run.path, own_run.path.with_name("copy of mine"))
    older = shutil.copytree(own_run.path, own_run.path.with_name("a."))
    for path in (copy, older):
        assert runs.read(path).name == path.name
        assert runs.read(path.name).path == path
        assert runs.named(path.name).usable
    assert rewrite(own_run, name=runs.DEFAULT_RUN).name == "mine"  # no run passes for another
    assert rewrite(own_run, name="a\nb").name == "mine"


def test_the_longest_name_is_allowed(models_dir):
    assert runs.create(CNN, "mnist", 0, "x" * 80).problem is None


def test_a_taken_name_is_refused_and_the_run_stays(models_dir):
    runs.create(CNN, "mnist", 1, "mine")
    with pytest.raises(InputError, match="a run mine already"):
        runs.create(CNN, "mnist", 2, "mine")
    assert runs.read("mine").record.seed == 1


@pytest.mark.parametrize("name", ["mine", None])
def test_a_folder_that_cannot_hold_runs_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "models"):
        monkeypatch.setenv("MODELS_DIR", str(folder))
        with pytest.raises(InputError, match=r"Cannot create a run in .* set MODELS_DIR"):
            runs.create(CNN, "mnist", 0, name)


# --- read ----------------------------------------------------------------------------


def test_a_whole_run_has_no_problem(own_run):
    assert own_run.problem is None
    assert own_run.usable
    for way in ("mine", own_run.path, str(own_run.path)):
        assert runs.read(way).path == own_run.path


def test_a_missing_run_is_said_to_be_missing(models_dir):
    for run in ("nobody", models_dir / "nobody"):
        assert_broken(runs.read(run), "nobody does not exist")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "ü" * 200, "~", "$HOME", "*"])
def test_a_strange_name_is_a_missing_run(models_dir, name):
    run = runs.read(name)
    assert not run.usable
    assert run.problem


def test_a_folder_without_run_json_is_no_run(own_run):
    (own_run.path / "run.json").unlink()
    assert_broken(runs.read("mine"), "mine has no run.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"nonsense", b"[]", b"null", b"3", b"\xff\xfe", b"\0" * 100, b"[" * 100_000],
)
def test_a_garbled_run_json_is_a_problem(own_run, content):
    (own_run.path / "run.json").write_bytes(content)
    assert_broken(runs.read("mine"), "cannot be read")


def test_a_truncated_run_json_is_a_problem(own_run):
    whole = (own_run.path / "run.json").read_bytes()
    for length in range(0, len(whole) - 2, 97):
        (own_run.path / "run.json").write_bytes(whole[:length])
        assert_broken(runs.read("mine"), "cannot be read")


def test_a_run_json_that_is_a_folder_is_a_problem(own_run):
    (own_run.path / "run.json").unlink()
    (own_run.path / "run.json").mkdir()
    assert_broken(runs.read("mine"), "cannot be read")


def test_a_newer_format_asks_for_a_newer_program(own_run):
    assert_broken(rewrite(own_run, format=runs.FORMAT + 1), "update the program")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "1"}, "format"),
        ({"recipe": None}, "recipe"),
        ({"recipe": 5}, "recipe"),
        ({"recipe": {"name": "x"}}, "recipe"),
        ({"recipe": {"name": "x", "hidden": [3]}}, "recipe"),
        ({"recipe": {"name": "x", "hidden": [], "augmentation": 4}}, "recipe"),
        ({"status": None}, "status"),
        ({"status": "baking"}, "status"),
        ({"status": ["finished"]}, "status"),
        ({"dataset": None}, "garbled"),
        ({"dataset": "mnist"}, "garbled"),
        ({"dataset": {"name": 3}}, "garbled"),
        ({"metrics": [1, 2]}, "garbled"),
        ({"model": 7}, "garbled"),
    ],
)
def test_entries_that_make_no_sense_are_a_problem(own_run, changes, says):
    assert_broken(rewrite(own_run, **changes), says)


def test_an_older_run_lacks_what_came_later(own_run):
    recipe = {k: v for k, v in as_json(own_run)["recipe"].items() if k in ("name", "hidden")}
    run = rewrite(own_run, recipe=recipe, model=None, metrics=None, versions=None)
    assert run.problem is None
    assert run.usable
    assert run.metrics == Metrics()


def test_what_older_runs_have_by_another_name_is_still_written_by_it(own_run):
    recipe = dataclasses.replace(own_run.recipe, tta_angle=8.0)
    run = runs.change(own_run, recipe=recipe, confidence_threshold=0.8)
    assert (run.recipe.tta_angle, run.confidence_threshold) == (8.0, 0.8)
    written = as_json(run)
    assert written["sure_above"] == 0.8
    assert written["recipe"]["turned"] == 8.0
    assert "tta_angle" not in written["recipe"]
    newer = {"tta_angle" if key == "turned" else key: v for key, v in written["recipe"].items()}
    assert rewrite(run, recipe=newer).recipe == recipe


def test_a_missing_model_file_is_a_problem(own_run):
    own_run.model_file.unlink()
    assert_broken(runs.read("mine"), "model file of mine is missing")


def test_a_truncated_model_file_is_a_problem(own_run):
    own_run.model_file.write_bytes(own_run.model_file.read_bytes()[:-100])
    assert_broken(runs.read("mine"), "incomplete or altered")
    assert_broken(rewrite(own_run, model=None), "damaged")  # also where its size is not known


def test_a_model_file_that_is_none_is_a_problem(own_run):
    own_run.model_file.write_bytes(b"x" * own_run.record.model.bytes)
    assert_broken(runs.read("mine"), "damaged")


def test_an_unfinished_run_needs_no_model_file(own_run):
    own_run.model_file.unlink()
    for status in (runs.QUEUED, runs.FAILED):
        run = rewrite(own_run, status=status)
        assert run.problem is None
        assert not run.usable


def test_a_stopped_run_can_be_used(own_run):
    assert rewrite(own_run, status=runs.STOPPED).usable


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
places = st.sampled_from(
    [
        ("format",),
        ("name",),
        ("recipe",),
        ("recipe", "name"),
        ("recipe", "hidden"),
        ("recipe", "augmentation"),
        ("recipe", "optimizer"),
        ("dataset",),
        ("dataset", "name"),
        ("status",),
        ("created",),
        ("process",),
        ("process", "pid"),
        ("process", "created"),
        ("model",),
        ("model", "bytes"),
        ("metrics",),
    ]
)


def look_at(run):
    """Everything that a list of runs asks of a run."""
    assert run.problem is None or "\n" not in run.problem
    assert isinstance(run.status, str)
    assert isinstance(run.usable, bool)
    if run.problem is None:
        assert isinstance(run.recipe.name, str)
        assert run.metrics is not None
        assert isinstance(run.dataset, str)


@pytest.fixture(scope="module")
def models_folder(tmp_path_factory):
    """A folder for runs that are made and removed many times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(tmp_path_factory.mktemp("names")))
        yield


@pytest.fixture(scope="module")
def scratch(tiny_run, tmp_path_factory):
    """A copy of the finished run for tests that overwrite its run.json many times."""
    return runs.read(shutil.copytree(tiny_run.path, tmp_path_factory.mktemp("scratch") / "run"))


@pytest.fixture(scope="module")
def scratch_json(tiny_run):
    return as_json(tiny_run)


@given(st.binary() | st.text().map(str.encode) | json_values.map(lambda v: json.dumps(v).encode()))
def test_any_run_json_can_be_looked_at(scratch, content):
    (scratch.path / "run.json").write_bytes(content)
    look_at(runs.read(scratch.path))


@given(st.dictionaries(places, json_values, min_size=1, max_size=3), st.booleans())
def test_a_run_json_with_anything_anywhere_can_be_looked_at(
    scratch, scratch_json, changes, running
):
    info = copy.deepcopy(scratch_json)
    info["process"] = msgspec.to_builtins(background.this_process())
    if running:
        info["status"] = runs.RUNNING
    for (key, *rest), value in changes.items():
        if rest and isinstance(info[key], dict):
            info[key][rest[0]] = value
        else:
            info[key] = value
    (scratch.path / "run.json").write_text(json.dumps(info))
    look_at(runs.read(scratch.path))


# --- running -------------------------------------------------------------------------


def test_a_run_whose_process_lives_is_running(own_run):
    run = rewrite(own_run, status=runs.RUNNING, process=background.this_process())
    assert run.status == runs.RUNNING
    assert not run.usable


def test_a_run_whose_process_is_gone_has_failed(own_run):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    entry = {"pid": process.pid, "created": psutil.Process(process.pid).create_time()}
    assert rewrite(own_run, status=runs.RUNNING, process=entry).status == runs.RUNNING
    process.communicate()
    run = runs.read("mine")
    assert run.status == runs.FAILED
    assert "ended unexpectedly" in run.record.reason
    assert not run.usable


def test_another_process_with_the_same_number_is_not_the_runs(own_run):
    entry = {"pid": os.getpid(), "created": background.this_process().created - 3600}
    assert rewrite(own_run, status=runs.RUNNING, process=entry).status == runs.FAILED


@pytest.mark.parametrize("process", [None, 5, "x", [], {}, {"pid": -1, "created": 0}])
def test_a_running_run_without_a_process_has_failed(own_run, process):
    assert rewrite(own_run, status=runs.RUNNING, process=process).status == runs.FAILED


# --- list and delete -----------------------------------------------------------------


def test_the_default_comes_first_then_the_newest(models_dir):
    for name, created in (("old", "2020"), ("new", "2099"), ("older", "2019")):
        run = runs.create(CNN, "mnist", 0, name)
        rewrite(run, created=created)
    names = [run.name for run in runs.all_runs()]
    assert names[0] == runs.DEFAULT_RUN
    assert [n for n in names if n in ("old", "new", "older")] == ["new", "old", "older"]
    assert set(runs.SHIPPED) <= set(names)


def test_a_broken_run_is_listed_with_its_problem(own_run):
    (own_run.path / "run.json").write_text("{")
    assert [run.problem for run in runs.all_runs() if run.name == "mine"] != [None]


def test_files_and_hidden_folders_are_no_runs(models_dir):
    (models_dir / "notes.txt").touch()
    (models_dir / ".cache").mkdir()
    (models_dir / "__pycache__").mkdir()
    assert not {"notes.txt", ".cache", "__pycache__"} & {run.name for run in runs.all_runs()}


def test_without_a_folder_of_ones_own_the_shipped_runs_are_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "nowhere"))
    assert set(runs.SHIPPED) <= {run.name for run in runs.all_runs()}


def test_a_shipped_name_is_never_given_away(own_run, models_dir):
    for name in (*runs.SHIPPED, "Pen-CNN", "ｐen-cnn"):
        for take in (
            lambda name: runs.create(CNN, "mnist", 5, name),
            lambda name: runs.rename(own_run, name),
            runs.check_name,
        ):
            with pytest.raises(InputError, match=f"The run {name} is part of the program"):
                take(name)
    usual = runs.DEFAULT_RUN
    shutil.copytree(own_run.path, models_dir / usual)  # put there past the program
    for found in (runs.read(usual), runs.named(usual), runs.all_runs()[0]):
        assert found.path == runs.SHIPPED_DIR / usual
        assert runs.is_shipped(found)
    assert [run.path.parent for run in runs.all_runs()].count(models_dir) == 1


def test_a_page_asks_for_runs_by_name_alone(own_run, models_dir, tmp_path, monkeypatch):
    assert runs.named("mine").path == own_run.path
    assert runs.named("cnn").usable
    assert_broken(runs.named("gone"), "gone does not exist")
    elsewhere = shutil.copytree(own_run.path, tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    hidden = shutil.copytree(own_run.path, models_dir / ".hidden")
    tries = "", ".", "..", "a/b", "../models/mine", "mine/.", "\0", "elsewhere", ".hidden"
    for name in (*tries, str(elsewhere), str(hidden), str(own_run.path)):
        assert_broken(runs.named(name), "no such run")


def test_deleting_removes_a_run_and_no_other(own_run):
    other = runs.create(CNN, "mnist", 0, "other")
    runs.delete(own_run)
    assert not own_run.path.exists()
    assert other.path.exists()
    assert_broken(runs.read("mine"), "does not exist")
    runs.delete(own_run)  # a second time does no harm


def test_a_broken_run_can_be_deleted(own_run):
    (own_run.path / "run.json").write_text("{")
    runs.delete(runs.read("mine"))
    assert not own_run.path.exists()


def test_shipped_runs_are_there_and_whole():
    for name in runs.SHIPPED:
        run = runs.read(runs.SHIPPED_DIR / name)
        assert run.problem is None
        assert runs.is_shipped(run)
        assert runs.file_sha256(run.model_file) == run.record.model.sha256
        assert runs.read_evaluation(run) is not None
        assert len(runs.read_history(run)) == run.record.epochs
    assert runs.DEFAULT_RUN in runs.SHIPPED
    files = [path for name in runs.SHIPPED for path in (runs.SHIPPED_DIR / name).rglob("*")]
    sizes = [path.stat().st_size for path in files]
    assert max(sizes) < 5_000_000
    assert sum(sizes) < 25_000_000


def test_shipped_runs_cannot_be_deleted(tmp_path, monkeypatch, own_run):
    # A stand-in for the project's own folder, in case they can be.
    monkeypatch.setattr(directory, "SHIPPED_DIR", tmp_path.resolve() / "shipped")
    shutil.copytree(own_run.path, tmp_path / "shipped" / "cnn")
    shutil.copytree(own_run.path, tmp_path / "shipped" / "trained-here")
    monkeypatch.chdir(tmp_path)
    for folder in (None, tmp_path / "shipped", "shipped", "./models/../shipped"):
        if folder is None:
            monkeypatch.delenv("MODELS_DIR")
        else:
            monkeypatch.setenv("MODELS_DIR", str(folder))
        with pytest.raises(InputError, match="cnn is part of the program"):
            runs.delete(runs.read("cnn"))
        assert (tmp_path / "shipped" / "cnn" / "model.keras").exists()
    runs.delete(runs.read("trained-here"))
    assert not (tmp_path / "shipped" / "trained-here").exists()


# --- history and evaluation ----------------------------------------------------------


def test_history_is_read_as_it_was_written(models_dir):
    run = runs.create(CNN, "mnist", 0, "x")
    assert runs.read_history(run) == []
    rows = [
        {"epoch": 1, "loss": 0.5, "accuracy": 0.125, "val_loss": 0.75, "seconds": 1.5},
        {"epoch": 2, "loss": 1 / 3, "accuracy": 1.0, "val_loss": 1e-7, "seconds": 2.0},
    ]
    runs.write_history(run.path, rows)
    again = runs.read_history(run)
    assert [set(row) for row in again] == [set(row) for row in rows]  # no empty val_accuracy
    for row, expected in zip(again, rows, strict=True):
        assert row == pytest.approx(expected, rel=1e-5)
    header, first, *_ = (run.path / "history.csv").read_text().splitlines()
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,seconds"
    assert first == "1,0.5,0.125,0.75,,1.5"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\0", b"epoch,loss\n1,high\n", b"epoch,loss\n1," + b"9" * 200_000, b"\0\n\0"],
)
def test_a_garbled_history_is_empty(own_run, content):
    (own_run.path / "history.csv").write_bytes(content)
    assert runs.read_history(own_run) == []


@given(st.binary(max_size=100) | st.text(alphabet='0123456789,.e-"\n\0', max_size=60))
def test_any_history_can_be_read(scratch, content):
    data = content if isinstance(content, bytes) else content.encode()
    (scratch.path / "history.csv").write_bytes(b"epoch,loss\n" + data)
    for row in runs.read_history(scratch):
        assert all(isinstance(value, float) for value in row.values())


def test_an_evaluation_is_read_as_it_was_written(own_run):
    random = np.random.default_rng(0)
    written = runs.Evaluation(
        random.random((50, 10)).astype(np.float32),
        random.integers(0, 10, 50).astype(np.uint8),
        "mnist",
        "sum of the digits",
        "sum of the model",
    )
    runs.write_evaluation(own_run.path, written)
    again = runs.read_evaluation(own_run)
    assert np.array_equal(again.probabilities, written.probabilities)
    assert np.array_equal(again.labels, written.labels)
    assert (again.probabilities.dtype, again.labels.dtype) == (np.float32, np.uint8)
    assert again.dataset == "mnist"
    assert again.dataset_checksum == "sum of the digits"
    assert again.model_sha256 == "sum of the model"


def test_a_missing_evaluation_is_none(own_run):
    (own_run.path / "evaluation.npz").unlink()
    assert runs.read_evaluation(own_run) is None


def test_a_damaged_evaluation_is_none(own_run):
    path = own_run.path / "evaluation.npz"
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, len(whole) // 20):
        path.write_bytes(whole[:length])
        assert runs.read_evaluation(own_run) is None
    for start in range(0, len(whole) // 2, 101):  # within the probabilities
        path.write_bytes(whole[:start] + b"\xff" * 100 + whole[start + 100 :])
        assert runs.read_evaluation(own_run) is None


def test_something_else_in_its_place_is_no_evaluation(own_run):
    path = own_run.path / "evaluation.npz"
    labels = np.zeros(5, np.uint8)
    texts = {"dataset": "x", "dataset_checksum": "x", "model_sha256": "x"}
    with path.open("wb") as file:
        np.save(file, labels)  # an array, but no npz
    assert runs.read_evaluation(own_run) is None
    for arrays in (
        {},
        {"probabilities": np.zeros((5, 10)), "labels": labels},
        {"probabilities": np.zeros((4, 10)), "labels": labels, **texts},
        {"probabilities": np.zeros((5, 9)), "labels": labels, **texts},
        {"probabilities": np.zeros(5), "labels": labels, **texts},
        {"probabilities": np.array([Run] * 5, object), "labels": labels, **texts},
    ):
        np.savez(path, **arrays)
        assert runs.read_evaluation(own_run) is None


def test_empty_places_in_the_trash_displace_nothing(models_dir):
    kept = [runs.delete(runs.create(CNN, "mnist", 0, f"kept-{i}")) for i in range(2)]
    for name in ("a", "b", "c"):
        assert runs.delete(Run(models_dir / name)) is None  # it was gone already
    for _ in range(3):
        back = runs.restore(runs.delete(runs.create(CNN, "mnist", 0, "back")))
        runs.delete(back)
        back = runs.restore(sorted((models_dir / runs.TRASH).iterdir())[-1] / "back")
        shutil.rmtree(back.path)
    assert [place.is_dir() for place in kept] == [True, True]
    assert len(list((models_dir / runs.TRASH).iterdir())) == 2


def test_a_late_word_does_not_bring_back_a_deleted_run(models_dir):
    run = runs.create(CNN, "mnist", 0, "x")
    note = background.Note(runs.job(run.path))
    runs.delete(run)
    note("training", 1, 2)
    for write in (
        lambda: runs.change(run, note="late"),
        lambda: runs.write_history(run.path, []),
        lambda: runs.ask_to_stop(run, runs.KEEP),
    ):
        with pytest.raises(InputError):
            write()
    assert not run.path.exists()


def test_what_has_not_changed_is_not_opened_again(own_run, monkeypatch):
    first = runs.read_if_changed("mine")
    assert first == runs.read("mine")
    with monkeypatch.context() as patch:
        patch.setattr(directory, "read", lambda _: pytest.fail("opened again"))
        assert runs.read_if_changed("mine") is first
    assert runs.read_if_changed(runs.change(own_run, note="new").path).record.note == "new"
    own_run.model_file.unlink()
    assert "model file of mine is missing" in runs.read_if_changed("mine").problem
    waiting = runs.create(CNN, "mnist", 0, "waiting")
    assert runs.read_if_changed("waiting").status == runs.QUEUED
    runs.delete(waiting)
    assert "does not exist" in runs.read_if_changed("waiting").problem


def test_deleted_runs_are_listed_and_had_back_under_their_names(models_dir, monkeypatch):
    names = ["ä", "a b", "plain"]
    for name in names:
        runs.delete(runs.create(CNN, "mnist", 0, name))
        monkeypatch.setattr("time.time_ns", lambda: 5)  # the clock was put back
    assert [gone.name for gone in runs.deleted()] == names[::-1]
    assert runs.restore(runs.deleted()[-1].place).name == "ä"
    assert [gone.name for gone in runs.deleted()] == ["plain", "a b"]
    runs.create(CNN, "mnist", 1, "a b")
    with pytest.raises(InputError, match="another run a b now"):
        runs.restore(runs.deleted()[-1].place)
    assert runs.read("a b").record.seed == 1
    gone = runs.deleted()[0].place
    shutil.rmtree(gone)
    with pytest.raises(InputError, match="not in the trash"):
        runs.restore(gone)
    assert not (models_dir / gone.name).exists()


def test_the_trash_keeps_the_last_of_them_and_less_of_a_full_disk(models_dir, monkeypatch):
    for number in range(limits.MOST_DELETED + 2):
        runs.delete(runs.create(CNN, "mnist", 0, f"run-{number}"))
    assert len(runs.deleted()) == limits.MOST_DELETED
    last = runs.create(CNN, "mnist", 0, "last")
    monkeypatch.setattr(limits, "free_bytes", lambda _: 5)
    runs.delete(last)
    assert [gone.name for gone in runs.deleted()] == ["last"]


def test_a_run_is_given_a_name_and_a_note_at_once_or_neither(own_run):
    runs.create(CNN, "mnist", 0, "taken")
    for name in ("taken", "cnn", "a/b"):
        with pytest.raises(InputError):
            runs.rename(own_run, name, "a note")
        assert runs.read("mine").record == own_run.record
    renamed = runs.rename(own_run, "Größe 3", "a note")
    assert (renamed.name, renamed.record.note) == ("Größe 3", "a note")
    assert runs.read("Größe 3").usable
    again = runs.rename(renamed, "größe 3", "")  # the same directory
    assert (again.name, again.record.note, again.path) == ("größe 3", None, renamed.path)
    assert not (own_run.path).exists()


def test_of_two_who_rename_one_run_the_second_is_told(own_run):
    runs.rename(own_run, "first")
    with pytest.raises(InputError, match="renamed or deleted mine meanwhile"):
        runs.rename(own_run, "second")
    runs.create(CNN, "mnist", 0, "mine")  # another run, by the old name
    with pytest.raises(InputError, match="renamed or deleted mine meanwhile"):
        runs.rename(own_run, "second")
    seen = runs.read("first")
    runs.rename(seen, "first", "one note")
    with pytest.raises(InputError, match="changed the note of first"):
        runs.rename(seen, "first", "another note")
    assert runs.read("first").record.note == "one note"


def test_of_many_who_rename_at_the_same_moment_one_does(own_run, models_dir):
    pair = [own_run, runs.read(shutil.copytree(own_run.path, models_dir / "other"))]
    for turn in range(10):
        done, barrier = [], threading.Barrier(6)

        def rename(run, name, done=done, barrier=barrier):
            barrier.wait()
            with contextlib.suppress(InputError):
                done.append((run.path, runs.rename(run, name).name))

        wanted = [f"{name} {turn}" for name in ("x", "x", "y")]  # two of them want the same
        people = [
            threading.Thread(target=rename, args=(run, name)) for run in pair for name in wanted
        ]
        for person in people:
            person.start()
        for person in people:
            person.join()
        for each in done, [path for path, _ in done], [name for _, name in done]:
            assert len(each) == len(set(each)) > 0
        pair = [run for run in runs.all_runs() if run.path.parent == models_dir]
        assert len(pair) == 2
        assert all(run.usable for run in pair)
        assert {name for _, name in done} <= {run.name for run in pair}
