"""The queue: one after another, whatever happens to the processes."""

import contextlib
import dataclasses
import json
import os
import random
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from mnist_core import background, predictor, runs
from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES, Recipe, conv, dense
from mnist_core.training import estimate, queue, queue_worker, reporter, training_run
from mnist_core.training.listeners import Listeners

LONG = Recipe("long", "long", (dense(8),), epochs=9000, batch_size=32)
PATIENT = 120  # seconds that a busy machine may take for what takes five


def wait(condition, seconds=PATIENT, tend=True):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if tend:
            queue.tend()
        if condition():
            return True
        time.sleep(0.1)
    return False


def status(run):
    return runs.read(run.path).status


@pytest.fixture
def no_workers(monkeypatch):
    """Nothing is started: what would be trained is looked at instead."""
    monkeypatch.setattr(queue, "tend", lambda: False)


@pytest.fixture
def folder(models_dir):
    """A folder for runs whose processes are ended after the test."""
    yield models_dir
    for process in psutil.process_iter(["cmdline", "environ"]):
        with contextlib.suppress(psutil.Error):
            if (process.info["environ"] or {}).get("MODELS_DIR") == str(models_dir):
                process.kill()


def test_what_is_submitted_waits_in_its_order(models_dir, no_workers, tiny):
    names = [queue.submit(tiny, "optical-digits", name=f"run-{i}").name for i in (3, 1, 2)]
    assert [run.name for run in queue.waiting()] == names
    assert queue.current() is None


@pytest.mark.parametrize(
    ("changes", "seed", "name", "says"),
    [
        ({"epochs": 0}, 0, None, "number of epochs"),
        ({"hidden": (dense(4), conv(4))}, 0, None, "conv cannot follow"),
        ({}, -1, None, "seed must be"),
        ({}, 0, "a/b", "name must be"),
        ({}, 0, "n" * 300, "name must be"),
    ],
)
def test_nonsense_is_refused_before_anything_waits(
    models_dir, no_workers, tiny, changes, seed, name, says
):
    with pytest.raises(InputError, match=says):
        queue.submit(dataclasses.replace(tiny, **changes), "optical-digits", seed, name)
    assert queue.waiting() == []
    assert not list(models_dir.iterdir())


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path, monkeypatch, no_workers, tiny):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "file"))
    with pytest.raises(InputError, match="Cannot create a run"):
        queue.submit(tiny, "optical-digits")


def test_a_run_that_waits_can_be_taken_out_twice_at_once(models_dir, no_workers, tiny):
    run = queue.submit(tiny, "optical-digits", name="x")
    queue.discard(run)
    queue.discard(run)
    queue.stop(run)
    assert not run.path.exists()
    assert queue.waiting() == []


def test_requests_to_a_run_that_has_ended_change_nothing(own_run, no_workers):
    queue.stop(own_run)
    queue.discard(own_run)
    assert runs.read(own_run.path).record == own_run.record
    assert runs.asked_to_stop(own_run.path) is None
    with pytest.raises(InputError, match="no checkpoint"):
        queue.resume(own_run)


def test_the_queue_is_worked_off(folder, tiny):
    first = queue.submit(tiny, "optical-digits", 1, "first")
    second = queue.submit(dataclasses.replace(tiny, batch_size=5000), "optical-digits", 1, "second")
    third = queue.submit(tiny, "optical-digits", 1, "third")
    assert wait(lambda: status(third) == runs.FINISHED)
    assert status(first) == runs.FINISHED
    # One that cannot be trained says why, and the next has its turn.
    failed = runs.read(second.path)
    assert failed.status == runs.FAILED
    assert "batch size 5000 is larger" in failed.record.reason
    # The same seed gives the same network in this process as in the queue's.
    assert first.record.seed == 1
    here = runs.read_evaluation(runs.read(first.path))
    again = runs.read_evaluation(runs.read(third.path))
    assert (here.probabilities == again.probabilities).all()
    starts = [runs.read(run.path).record.started for run in (first, third)]
    assert starts[0] < starts[1] or runs.read(first.path).record.finished <= starts[1]


def test_one_trains_while_the_others_wait_and_stop_keeps_the_best(folder, tiny):
    run = queue.submit(LONG, "optical-digits", name="long")
    other = queue.submit(tiny, "optical-digits", name="other")
    assert wait(lambda: len(runs.read_history(run)) >= 3)
    assert status(run) == runs.RUNNING
    assert status(other) == runs.QUEUED
    assert queue.current().name == "long"
    with pytest.raises(InputError, match="stop it first"):
        runs.delete(runs.read(run.path))
    progress = runs.read_progress(run)
    assert progress["phase"] == "training"
    assert len(progress["digits"]["guesses"]) == reporter.WATCHED
    queue.stop(run)
    assert wait(lambda: status(other) == runs.FINISHED)
    stopped = runs.read(run.path)
    assert stopped.status == runs.STOPPED
    assert stopped.usable
    history = runs.read_history(stopped)
    assert stopped.metrics.val_loss == pytest.approx(
        min(row["val_loss"] for row in history), rel=1e-4
    )
    assert predictor.load(stopped)
    assert not (run.path / "checkpoint.npz").exists()


def test_stop_and_discard_leaves_nothing(folder):
    run = queue.submit(LONG, "optical-digits", name="long")
    assert wait(lambda: len(runs.read_live(run)) > 0)
    queue.discard(run)
    assert wait(lambda: not run.path.exists())
    assert wait(lambda: queue.current() is None)


def test_a_request_to_discard_that_came_too_late_is_carried_out(own_run, folder):
    runs.ask_to_stop(own_run, runs.DISCARD)
    assert wait(lambda: not own_run.path.exists())


def test_a_killed_worker_leaves_its_training_alone(folder, tiny):
    run = queue.submit(LONG, "optical-digits", name="long")
    other = queue.submit(tiny, "optical-digits", name="other")
    assert wait(lambda: len(runs.read_history(run)) >= 1)
    worker = psutil.Process(runs.read(run.path).record.process.pid).parent()
    assert "mnist_core.training.queue_worker" in worker.cmdline()
    worker.kill()
    rows = len(runs.read_history(run))
    assert wait(lambda: len(runs.read_history(run)) > rows, tend=False)
    assert status(run) == runs.RUNNING
    # Somebody looks: a new worker waits for the old run, then continues.
    queue.tend()
    time.sleep(1)
    assert status(other) == runs.QUEUED
    queue.stop(run)
    assert wait(lambda: status(other) == runs.FINISHED)
    assert status(run) == runs.STOPPED


def test_an_interrupted_run_goes_on_and_ends_as_if_nothing_had_been(models_dir, digits):
    recipe = dataclasses.replace(
        RECIPES["report-ann"],
        epochs=6,
        batch_size=32,
        patience=4,
        schedule="cosine",
        augmentation={"rotation": 10.0, "noise": 0.1},
    )

    class Reboot(BaseException):
        pass

    def reboot(progress):
        if progress.epoch == 4:
            raise Reboot

    whole = training_run.train(recipe, digits, seed=5, name="whole")
    with pytest.raises(Reboot):
        training_run.train(recipe, digits, seed=5, name="cut", listeners=Listeners(reboot))
    cut = runs.read("cut")
    assert cut.resumable
    assert len(runs.read_history(cut)) == 3
    again = training_run.train_run(cut, digits)
    assert again.status == runs.FINISHED
    assert again.record.reason is None
    assert [row["loss"] for row in runs.read_history(again)] == [
        row["loss"] for row in runs.read_history(whole)
    ]
    assert (
        runs.read_evaluation(again).probabilities == runs.read_evaluation(whole).probabilities
    ).all()


def test_a_damaged_checkpoint_is_told(models_dir, digits, tiny):
    run = runs.create(tiny, "optical-digits", 0, "x")
    (run.path / "checkpoint.npz").write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(InputError, match="checkpoint of this run is damaged"):
        training_run.train_run(run, digits)


def test_runs_killed_at_random_leave_readable_runs_and_a_working_queue(folder, tiny):
    """The training process is killed at any moment, its worker now and then too."""
    chance = random.Random(1)
    victims = [
        queue.submit(dataclasses.replace(LONG, epochs=9000), "optical-digits", name=f"victim-{i}")
        for i in range(5)
    ]
    last = queue.submit(tiny, "optical-digits", name="last")
    for number, run in enumerate(victims):
        assert wait(lambda run=run: status(run) == runs.RUNNING), f"{run.name} never ran"
        time.sleep(chance.choice([0, 0.2, 1, 2.5]) * chance.random())
        process = psutil.Process(runs.read(run.path).record.process.pid)
        if number % 5 == 2:
            with contextlib.suppress(psutil.Error):
                process.parent().kill()
        process.kill()
        assert wait(lambda run=run: status(run) == runs.FAILED)
    assert wait(lambda: status(last) == runs.FINISHED)
    for run in victims:
        after = runs.read(run.path)
        assert after.problem is None
        assert after.record.reason
        json.loads((run.path / "run.json").read_text())
        assert all(row["epoch"] == i for i, row in enumerate(runs.read_history(after), 1))
        # Neither what was being written in that moment is left, nor is the trainer's claim held.
        assert {p.name for p in run.path.iterdir() if p.name[0] == "."} <= {".progress.claim"}
        assert not background.claimed(runs.job(run.path).claim_file)
        if after.resumable:
            assert (run.path / "checkpoint.npz").stat().st_size > 0
    assert "killed" in " ".join(runs.read(run.path).record.reason for run in victims)
    # The last victim that has a checkpoint resumes after its last whole epoch.
    chosen = [run for run in victims if runs.read(run.path).resumable]
    if chosen:
        before = len(runs.read_history(chosen[-1]))
        queue.resume(chosen[-1])
        assert wait(lambda: len(runs.read_history(chosen[-1])) > before)
        queue.stop(chosen[-1])
        assert wait(lambda: status(chosen[-1]) == runs.STOPPED)


def test_a_disk_that_fills_up_and_is_emptied_again(folder, tiny, monkeypatch):
    """A small file system of its own, filled to the last byte while a run is in training."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=230m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Only root may make a small file system to fill.")
    monkeypatch.setenv("MODELS_DIR", str(disk))
    try:
        command = [sys.executable, "-m", "mnist_core", "train", "report-ann", "--name", "full"]
        training = subprocess.Popen(
            [*command, "--dataset", "optical-digits", "--epochs", "9000"],
            cwd=background.PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
        full = disk / "full"
        assert wait(lambda: (full / runs.CHECKPOINT).exists(), tend=False)
        later = queue.submit(tiny, "optical-digits", name="later")
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(2**16))
        said = training.communicate(timeout=PATIENT)[1]
        assert training.returncode == 2
        assert "free some space" in said
        assert "Traceback" not in said
        broken = runs.read(full)
        assert broken.status == runs.FAILED
        for start in (lambda: queue.submit(tiny, "mnist"), lambda: queue.resume(broken)):
            with pytest.raises(InputError, match=r"disk is nearly full: \d+ MB are free"):
                start()
        assert "nearly full" in queue.held_up()
        assert status(later) == runs.QUEUED
        (disk / "filler").unlink()
        assert wait(lambda: status(later) == runs.FINISHED)
        before = len(runs.read_history(broken))
        resumed = queue.resume(broken)
        assert wait(lambda: len(runs.read_history(resumed)) > before)
        queue.discard(resumed)
        assert wait(lambda: not full.exists())
    finally:
        for process in psutil.process_iter(["environ"]):
            with contextlib.suppress(psutil.Error):
                if (process.info["environ"] or {}).get("MODELS_DIR") == str(disk) and (
                    process.pid != os.getpid()
                ):
                    process.kill()
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_has_an_estimate(models_dir, name):
    quick, slow = (estimate.estimate(RECIPES[name], images) for images in (1000, 60_000))
    assert 0 < quick < slow


def test_the_estimate_learns_from_what_was_trained_here(models_dir, own_run):
    recipe = own_run.recipe
    before = estimate.estimate(recipe, 10**6)
    rows = runs.read_history(own_run)
    runs.write_history(own_run.path, [{**row, "seconds": 1000.0} for row in rows])
    assert estimate.estimate(recipe, 10**6) > 100 * before


def test_a_worker_leaves_a_run_of_the_command_line_alone_and_it_takes_its_turn(folder, wait):
    """It is no run that waits, for a moment or longer, and it trains when no other does."""
    command = [sys.executable, "-m", "mnist_core", "train", "report-ann", "--dataset"]
    with queue.one_at_a_time():
        process = subprocess.Popen(
            [*command, "optical-digits", "--epochs", "2", "--name", "typed"],
            cwd=background.PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "Waiting for the run that is in training" in process.stdout.readline()
        assert not (folder / "typed").exists()
    seen = set()
    while process.poll() is None:
        if (folder / "typed").is_dir():
            seen.add(runs.read("typed").status)
        assert queue.waiting() == []
        queue_worker.work()  # would train what waits, and mark what nobody trains as failed
    assert process.wait() == 0
    assert seen <= {runs.RUNNING, runs.FINISHED, runs.FAILED}
    run = runs.read("typed")
    assert run.status == runs.FINISHED
    assert run.record.process is None
    assert len(runs.read_history(run)) == 2
