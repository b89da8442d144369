"""A process that does one thing after another for another."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from mnist_core.background import PROJECT, Helper
from mnist_core.experiments import search


@pytest.fixture
def helper():
    found = Helper({"MARK": "mine"})
    yield found
    found.close()
    assert not found.alive


def test_it_does_one_thing_after_another(helper, tmp_path):
    process, trainer = helper._process.pid, "training.trainer"
    for number, (arguments, code, says) in enumerate(
        [
            ([str(tmp_path / "nobody")], 2, "error: the run nobody does not exist"),
            ([], 1, "list index out of range"),
            ([str(tmp_path / "nobody")], 2, "error: the run nobody does not exist"),
        ]
    ):
        log = tmp_path / f"{number}.txt"
        models = {"MODELS_DIR": str(tmp_path / "none")}
        assert helper.call(trainer, arguments, models, log) == code
        assert says in log.read_text().lower()
    assert helper.alive
    assert helper.calls == 3
    assert helper._process.pid == process


def test_what_fails_leaves_its_traceback_and_the_helper(helper, tmp_path):
    log = tmp_path / "log.txt"
    assert helper.call("no_such_module", [], {}, log) == 1
    assert "ModuleNotFoundError" in log.read_text()
    assert helper.alive


def test_a_helper_that_is_killed_says_so(helper, tmp_path):
    os.kill(helper._process.pid, signal.SIGKILL)
    assert helper.call("training.queue_worker", [], {}, tmp_path / "log.txt") == -signal.SIGKILL
    assert not helper.alive


def test_what_is_not_wanted_any_more_is_ended(helper, tmp_path, monkeypatch):
    # A search that would go on for hours.
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    search.create("long", "optical-digits", 9999)
    models = {"MODELS_DIR": str(tmp_path / "models")}
    began = time.monotonic()
    wanted = lambda: time.monotonic() < began + 2  # noqa: E731
    code = helper.call("experiments.searcher", ["long"], models, tmp_path / "log.txt", wanted)
    assert code == -signal.SIGKILL
    assert not helper.alive


def test_it_ends_with_whoever_started_it():
    code = (
        "from mnist_core.background import Helper; import sys, time\n"
        "helper = Helper({}); print(helper._process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    helper = psutil.Process(int(parent.stdout.readline()))
    time.sleep(3)  # it listens by now
    parent.kill()
    parent.wait()
    helper.wait(60)


@pytest.mark.parametrize(("nice", "idle"), [(0, True), (3, False)])
def test_what_nobody_waits_for_leaves_the_processors_to_others(nice, idle):
    if sys.platform != "linux" or os.nice(0) > nice:
        pytest.skip("Only Linux knows spare time, and only for what has the usual priority.")
    code = (
        f"import os; os.nice({nice} - os.nice(0))\n"
        "from mnist_core import background; background.only_spare_time()\n"
        "print(os.sched_getscheduler(0) == os.SCHED_IDLE, os.nice(0))"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert said.stdout.split() == [str(idle), "10"]
