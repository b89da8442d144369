"""Networks that are kept in memory: which are loaded, and which one gives way."""

import os
import shutil
import time

import pytest

from mnist_core import runs
from mnist_core.networks.kept import DEFAULT, KEPT, Kept
from routes import networks, readers
from ui import reading


@pytest.fixture
def kept():
    """A cache that only notes for which runs something was made."""
    made = []

    def make(run):
        made.append(run.name)
        return run.name

    cache = Kept(make, "test", in_use_seconds=0)
    return cache, made


@pytest.fixture
def default():
    return runs.read(DEFAULT)


def made_up(name):
    return runs.Run(runs.SHIPPED_DIR / name)


def ask(cache, *asked):
    for run in asked:
        assert cache.get(run).result(10) == run.name


def test_what_was_made_once_is_kept(kept):
    cache, made = kept
    ask(cache, made_up("one"), made_up("two"), made_up("one"))
    assert made == ["one", "two"]


def test_the_least_recently_used_gives_way(kept):
    cache, made = kept
    others = [made_up(f"run-{number}") for number in range(KEPT + 1)]
    ask(cache, *others[:-1])
    ask(cache, others[0])  # loaded first, but used last
    ask(cache, others[-1])
    made.clear()
    ask(cache, others[0], *others[2:])
    assert made == []
    ask(cache, others[1])
    assert made == [others[1].name]


def test_the_default_run_never_gives_way(kept, default):
    cache, made = kept
    ask(cache, default)
    for number in range(3 * KEPT):
        ask(cache, made_up(f"run-{number}"))
    ask(cache, default)
    assert made.count(default.name) == 1


def test_no_more_are_kept_than_allowed(kept, default):
    cache, made = kept
    others = [made_up(f"run-{number}") for number in range(2 * KEPT)]
    ask(cache, default, *others)
    made.clear()
    ask(cache, *reversed(others))
    assert len(made) == len(others) - (KEPT - 1)  # the default one has its place


def test_networks_in_use_do_not_give_way_to_each_other():
    made = []
    cache = Kept(lambda run: made.append(run.name) or run.name, "test")
    class_of = [made_up(f"run-{number}") for number in range(3 * KEPT)]
    for _ in range(3):  # a stroke of everybody, each with another network
        ask(cache, *class_of)
    assert len(made) == len(class_of)


def test_another_model_file_in_the_same_place_is_loaded_anew(kept, tmp_path):
    cache, made = kept
    run = runs.read(shutil.copytree(runs.SHIPPED_DIR / "report-ann", tmp_path / "mine"))
    ask(cache, run, run)
    later = run.model_file.stat().st_mtime + 10
    os.utime(run.model_file, (later, later))
    ask(cache, run, run)
    assert made == ["mine", "mine"]


def test_the_page_s_own_networks_are_kept_by_these_rules(monkeypatch, default):
    monkeypatch.setattr(readers, "_readers", Kept(lambda run: run.name, "test"))
    monkeypatch.setattr(networks, "_packed", Kept(lambda run: run.name, "test"))
    for get in (reading.reader, networks.packed):
        first = get(default)
        for number in range(2 * KEPT):
            get(made_up(f"run-{number}"))
        assert get(default) is first


@pytest.mark.slow
def test_the_files_of_a_run_are_looked_at_once_a_second_while_people_draw(
    models_dir, monkeypatch, wait
):
    path = shutil.copytree(runs.SHIPPED_DIR / "report-ann", models_dir / "mine")
    monkeypatch.setattr(reading, "picked", lambda: "mine")
    assert wait(lambda: reading.active().started)
    clock = [time.monotonic()]
    monkeypatch.setattr(reading.time, "monotonic", lambda: clock[0])
    first = reading.active()
    assert (first.run.path, first.problem) == (path, None)
    shutil.rmtree(path)
    for _ in range(100):
        clock[0] += 0.9 * reading.LOOK_SECONDS / 100
        assert reading.active(lately=True) is first
    clock[0] += 0.2 * reading.LOOK_SECONDS
    assert "mine" in reading.active(lately=True).problem


@pytest.mark.slow
def test_what_a_page_has_seen_is_known_to_whoever_draws(models_dir, monkeypatch, wait):
    path = shutil.copytree(runs.SHIPPED_DIR / "report-ann", models_dir / "mine")
    monkeypatch.setattr(reading, "picked", lambda: "mine")
    assert wait(lambda: reading.active().started)
    first = reading.active()
    runs.change(first.run, note="another")
    assert reading.active(lately=True) is first
    assert reading.active().run.record.note == "another"
    assert reading.active(lately=True).run.record.note == "another"
    shutil.rmtree(path)
    seen = reading.active()
    assert "mine" in seen.problem
    assert reading.active(lately=True) == seen
