"""Studies on a Dask cluster: real workers in processes of their own, one of which is killed."""

import dataclasses
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

from mnist_core import cluster, recipes, runs, studies, trials
from mnist_core.__main__ import main
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe, dense
from mnist_core.studies import STUDIES, Study

PATIENT = 120  # seconds that a busy machine may take for what takes ten
SMALL = Recipe("small", "small", (dense(8),), epochs=2, batch_size=64, dataset="optical-digits")
WIDTHS = Study(
    "small", "Width", "How wide?",
    {str(n): dataclasses.replace(SMALL, hidden=(dense(n),)) for n in (2, 8, 16)},
)  # fmt: skip


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


def trainings(workers):
    """The processes in which workers train, by the worker's own."""
    found = {}
    for nanny in workers.workers.values():
        worker = psutil.Process(nanny.pid)
        for child in worker.children():
            if "--with-parent" in child.cmdline():
                found[child] = worker
    return found


def test_a_study_survives_a_worker_that_is_killed(small, models_dir, two_workers, capsys):
    """The command, two workers, one of them killed in a trial: each trial has one row."""
    killed = []

    def kill():
        until = time.monotonic() + PATIENT
        while not killed and time.monotonic() < until:
            try:
                for training, worker in trainings(two_workers).items():
                    worker.kill()
                    killed.append(training)
                    return
            except psutil.Error:
                pass
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    address = two_workers.scheduler_address
    assert main(["study", "small", "--seeds", "1", "--scheduler", address]) == 0
    killer.join()
    assert killed
    assert not killed[0].is_running()  # what it trained has ended with it
    after = trials.read()
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
    before = trials.table().read_bytes()
    assert main(["study", "small", "--seeds", "1", "--scheduler", address]) == 0
    assert trials.table().read_bytes() == before


def test_a_trial_that_fails_says_why_and_the_others_go_on(models_dir, two_workers, monkeypatch):
    large = dataclasses.replace(SMALL, batch_size=5000)
    study = dataclasses.replace(WIDTHS, values={"8": SMALL, "large": large})
    wanted = study.trials(1)
    cluster.train_all(two_workers.scheduler_address, wanted, lambda *_: None)
    state = trials.look(wanted)
    assert (state.measured, len(state.failed)) == (1, 1)
    assert "batch size 5000 is larger" in trials.why(state.failed[0])


def test_workers_with_another_version_are_refused(small, models_dir, two_workers, tmp_path):
    package = Path(cluster.__file__).parent
    shutil.copytree(package, tmp_path / "mnist_core", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "mnist_core" / "training.py").open("a") as file:
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
        with pytest.raises(InputError, match="same version") as refusal:
            cluster.train_all(
                two_workers.scheduler_address, studies.wanted(["small"], 1), lambda *_: None
            )
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
    keys = [row.key for row in trials.read() if row.study == "small"]
    assert keys == [trial.key for trial in one.trials(1)]
    assert "Traceback" not in capsys.readouterr().err


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
    with (
        local_cluster(n_workers=0) as empty,
        pytest.raises(InputError, match="there has been no worker"),
    ):
        cluster.train_all(
            empty.scheduler_address,
            studies.wanted(["small"], 1),
            lambda look, _: looks.append(look),
        )
    assert "no workers" in looks[0].note
    assert not [run for run in runs.all_runs(trials=True) if run.study]
