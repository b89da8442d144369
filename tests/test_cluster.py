"""Studies and searches on a Dask cluster: real workers, some of which are killed."""

import dataclasses
import functools
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from mnist_core import recipes, runs
from mnist_core.__main__ import main
from mnist_core.errors import InputError
from mnist_core.experiments import (
    cluster,
    cluster_worker,
    search,
    searcher,
    studies,
    study_progress,
    study_trials,
)
from mnist_core.experiments.studies import STUDIES, Study
from mnist_core.experiments.study_tasks import StudyTasks
from mnist_core.recipes import Recipe, dense

PATIENT = 120  # seconds that a busy machine may take for what takes ten
SMALL = Recipe("small", "small", (dense(8),), epochs=2, batch_size=64, dataset="optical-digits")
WIDTHS = Study(
    "small",
    "Width",
    "How wide?",
    {str(n): dataclasses.replace(SMALL, hidden=(dense(n),)) for n in (2, 8, 16)},
)


@pytest.fixture
def small(monkeypatch):
    """A study of a second a trial."""
    monkeypatch.setitem(STUDIES, "small", WIDTHS)


def local_cluster(**settings):
    return LocalCluster(
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        **settings,
    )


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """A cluster of two workers, each a process for one trial at a time."""
    with local_cluster(n_workers=2, local_directory=str(tmp_path_factory.mktemp("dask"))) as found:
        yield found


def trained_by(workers):
    """The processes in which workers train, by the worker's own."""
    found = {}
    for nanny in workers.workers.values():
        worker = psutil.Process(nanny.pid)
        for child in worker.children():
            if "mnist_core.background.helper" in child.cmdline():
                found[child] = worker
    return found


@pytest.fixture
def killing(two_workers):
    """Kill a worker while it trains; gives a list that then holds what it trained with."""
    killed = []

    def kill():
        until = time.monotonic() + PATIENT
        while not killed and time.monotonic() < until:
            try:
                for trained, worker in trained_by(two_workers).items():
                    if trained.cpu_times().user > 1:  # it has begun
                        worker.kill()
                        killed.append(trained)
                        return
            except psutil.Error:
                pass
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    yield killed
    killer.join()


def test_a_study_survives_a_worker_that_is_killed(small, models_dir, two_workers, killing, capsys):
    """The command, two workers, one of them killed in a trial: each trial has one row."""
    address = two_workers.scheduler_address
    assert main(["study", "small", "--seeds", "1", "--scheduler", address]) == 0
    assert killing
    assert not killing[0].is_running()  # what it trained has ended with it
    after = study_trials.read()
    mine = [row for row in after if row.study == "small"]
    assert sorted(row.key for row in mine) == sorted(t.key for t in WIDTHS.trials(1))
    for row in mine:
        width = int(row.value)
        assert row.parameters == 784 * width + width + width * 10 + 10
        assert row.fingerprint == recipes.fingerprint(WIDTHS.values[row.value])
        assert 0 < row.test_accuracy < 1
        assert 0 < row.train_accuracy < 1
        assert row.epochs == 2
    text = " ".join(capsys.readouterr().out.split())
    assert "2 workers" in text
    for trial in WIDTHS.trials(1):
        assert text.count(f"{trial.words}: test accuracy") == 1
    left = {path.name for path in models_dir.iterdir()}
    assert not {name for name in left if name.startswith(("trial-", ".incoming-"))}
    before = study_trials.table().read_bytes()
    assert main(["study", "small", "--seeds", "1", "--scheduler", address]) == 0
    assert study_trials.table().read_bytes() == before


def test_a_search_survives_a_worker_that_is_killed(models_dir, two_workers, killing, capsys):
    """It ends with the trials of a search that nothing disturbed, each once."""
    settings = ["--dataset", "optical-digits", "--seed", "5", "--trials", "6", "--epochs", "4"]
    settings += ["--layers", "0", "2", "--widths", "8", "16", "--optimizers", "adam"]
    settings += ["--learning-rate", "1e-7", "1e-2"]
    by = ["--scheduler", two_workers.scheduler_address]
    assert main(["search", "disturbed", *settings, "--at-a-time", "2", *by]) == 0
    assert killing
    assert not killing[0].is_running()
    text = " ".join(capsys.readouterr().out.split())
    assert [text.count(f"trial {n}: ") for n in range(1, 7)] == [1] * 6
    space = search.state("disturbed").settings.space
    search.create("calm", "optical-digits", 6, seed=5, space=space, at_a_time=2)
    searcher.run_search("calm")
    there, here = search.state("disturbed"), search.state("calm")
    assert [trial.number for trial in there.trials] == [1, 2, 3, 4, 5, 6]
    for one, other in zip(there.trials, here.trials, strict=True):
        assert (one.state, one.params, one.recipe) == (other.state, other.params, other.recipe)
        assert one.curve == pytest.approx(other.curve, abs=0.01)
    assert here.best.number == there.best.number


def test_a_scheduler_that_dies_is_told_and_nothing_is_lost(wait, small, models_dir, tmp_path):
    file = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "dask"]
    alone = ["--no-dashboard", "--scheduler-file", str(file)]
    begin = functools.partial(subprocess.Popen, stderr=subprocess.DEVNULL)
    others = [begin([*command, "scheduler", "--host", "127.0.0.1", "--port", "0", *alone])]
    try:
        assert wait(file.exists)
        others.append(begin([*command, "worker", "--nthreads", "1", "--no-nanny", *alone]))
        address = json.loads(file.read_text())["address"]
        seen = []

        def kill_after_the_first(row):
            seen.append(row)
            others[0].kill()
            others[0].wait()

        work = StudyTasks(studies.trials_of(["small"], 1), kill_after_the_first)
        with pytest.raises(InputError, match="scheduler has gone: start it again"):
            cluster.run_all(address, work, lambda _: None)
        assert len(seen) == 1
        assert [row.key for row in study_trials.read() if row.study == "small"] == [seen[0].key]
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_a_trial_that_fails_says_why_and_the_others_go_on(models_dir, two_workers, monkeypatch):
    large = dataclasses.replace(SMALL, batch_size=5000)
    study = dataclasses.replace(WIDTHS, values={"8": SMALL, "large": large})
    wanted = study.trials(1)
    work = StudyTasks(wanted)
    cluster.run_all(two_workers.scheduler_address, work, lambda _: None)
    state = study_progress.progress(wanted)
    assert (state.measured, len(state.failed)) == (1, 1)
    assert "batch size 5000 is larger" in study_trials.why(state.failed[0])


def test_workers_with_another_version_are_refused(wait, small, models_dir, two_workers, tmp_path):
    package = Path(cluster.__file__).parents[1]
    shutil.copytree(package, tmp_path / "mnist_core", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "mnist_core" / "errors.py").open("a") as file:
        file.write("# as it was last year\n")
    (tmp_path / "dask").mkdir()
    command = [sys.executable, "-m", "dask", "worker", two_workers.scheduler_address]
    other = subprocess.Popen(
        [*command, "--no-nanny", "--no-dashboard", "--name", "other", "--nthreads", "1"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENT
        while len(two_workers.scheduler.workers) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        (theirs,) = (w.address for w in two_workers.scheduler.workers.values() if w.name == "other")
        work = StudyTasks(studies.trials_of(["small"], 1))
        with pytest.raises(InputError, match="same version") as refusal:
            cluster.run_all(two_workers.scheduler_address, work, lambda _: None)
        assert f"not: {theirs}: mnist_core" in str(refusal.value)
        assert cluster.version() in str(refusal.value)
        assert not list(models_dir.iterdir())
    finally:
        other.terminate()
        other.wait()


def test_a_worker_of_this_machine_trains(models_dir, monkeypatch, capsys):
    one = dataclasses.replace(WIDTHS, values={"8": SMALL})
    monkeypatch.setitem(STUDIES, "small", one)
    assert main(["study", "small", "--seeds", "1", "--workers", "1"]) == 0
    keys = [row.key for row in study_trials.read() if row.study == "small"]
    assert keys == [trial.key for trial in one.trials(1)]
    assert "Traceback" not in capsys.readouterr().err


def test_a_search_refuses_nonsense_for_workers_too(models_dir, capsys):
    command = ["search", "none", "--dataset", "optical-digits", "--trials", "1", "--workers", "0"]
    assert main(command) == 2
    assert "workers on this machine, not 0." in capsys.readouterr().err
    assert search.state("none").trials == ()


@pytest.mark.parametrize("workers", ["0", "-1", "1000000"])
def test_nonsense_for_workers_is_refused(small, models_dir, workers, capsys):
    assert main(["study", "small", "--workers", workers]) == 2
    assert f"workers on this machine, not {workers}." in capsys.readouterr().err


def test_without_dask_it_is_said_how_to_get_it(models_dir):
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from mnist_core.__main__ import main\n"
        "sys.exit(main(['study', 'images', '--scheduler', 'tcp://127.0.0.1:8786']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 2
    assert 'install it with pip install "dask[distributed]"' in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_scheduler_that_does_not_answer_is_told(small, models_dir, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        assert main(["study", "small", "--scheduler", address]) == 2
        captured = capsys.readouterr()
        assert f"error: No Dask scheduler answers at {address}: start one" in captured.err
        assert "Traceback" not in captured.err
    assert main(["study", "small", "--scheduler", address]) == 2  # nobody there at all
    assert "No Dask scheduler answers" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["host", "http://host:8786", "host:99999", "host:0", ""])
def test_nonsense_for_an_address_is_refused(small, models_dir, address, capsys):
    assert main(["study", "small", "--scheduler", address]) == 2
    assert "is like tcp://HOST:8786, not" in capsys.readouterr().err


def test_a_cluster_without_workers_is_not_waited_for_for_ever(small, models_dir, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS_SECONDS", 1.0)
    looks = []
    work = StudyTasks(studies.trials_of(["small"], 1))
    with (
        local_cluster(n_workers=0) as empty,
        pytest.raises(InputError, match="there has been no worker"),
    ):
        cluster.run_all(empty.scheduler_address, work, looks.append)
    assert "no workers" in looks[0].note
    assert not [run for run in runs.all_runs(trials=True) if run.record.study]


def test_a_helper_that_has_trained_often_is_replaced(monkeypatch):
    """TensorFlow keeps a little memory of each network."""
    setup = cluster_worker.WorkerSetup({})
    with setup.helper(1) as first:
        first.calls = cluster_worker.TASKS - 1
    with setup.helper(1) as same:
        assert same is first
        same.calls += 1
    with setup.helper(1) as other:
        assert other is not first
        assert not first.alive
    setup.teardown(None)
    assert not other.alive
