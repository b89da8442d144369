"""What goes wrong around a run: processes that are killed or paused, clocks, two servers, links."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import msgspec
import psutil
import pytest
from tampering import rewrite

from mnist_core import background, files, limits, runs
from mnist_core.background import Job, Process, claim, claimed
from mnist_core.errors import InputError
from mnist_core.experiments import search
from mnist_core.recipes import Recipe, dense
from mnist_core.training import queue

LONG = Recipe("long", "long", (dense(8),), epochs=9000, batch_size=32)


HOLD = (
    "from mnist_core.background import claim; from pathlib import Path\n"
    "held = claim(Path({!r})); held.__enter__()"
)


class Other:
    """A process of ours that does something and then waits."""

    def __init__(self, code):
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{code}\nprint('there', flush=True)\ninput()"],
            cwd=background.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "there\n"

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def other():
    """Starts other processes, which are ended after the test."""
    begun = []

    def start(code):
        begun.append(Other(code))
        return begun[-1]

    yield start
    for each in begun:
        each.kill()


@pytest.fixture
def folder(models_dir):
    """A folder for runs whose processes are ended after the test."""
    yield models_dir
    for process in psutil.process_iter(["environ"]):
        with contextlib.suppress(psutil.Error):
            if (process.info["environ"] or {}).get("MODELS_DIR") == str(models_dir):
                process.kill()


# --- which process it is ---------------------------------------------------------------


def test_a_step_of_the_clock_ends_no_process(own_run):
    mine = background.this_process()
    if mine.machine is None:
        pytest.skip("Only Linux tells a process without the clock.")
    stepped = msgspec.structs.replace(mine, created=mine.created + 7200)
    assert background.alive(stepped)
    run = rewrite(own_run, status=runs.RUNNING, process=msgspec.to_builtins(stepped))
    assert run.training
    later = msgspec.structs.replace(mine, ticks=mine.ticks + 1)  # another one with that number
    assert not background.alive(later)
    rebooted = msgspec.structs.replace(mine, machine="another boot")
    assert not background.alive(rebooted)
    assert not rewrite(own_run, process=msgspec.to_builtins(rebooted)).training


def test_a_process_with_any_name_is_told(tmp_path):
    odd = tmp_path / ") R 1 (odd) Z"
    shutil.copy(shutil.which("sleep"), odd)
    process = subprocess.Popen([odd, "60"])
    try:
        mark = background.process_of(process.pid)
        assert background.alive(mark)
        process.send_signal(signal.SIGSTOP)
        while not background.paused(mark):
            time.sleep(0.01)
        assert background.alive(mark)
    finally:
        process.kill()
        process.wait()
    assert not background.alive(mark)
    assert background.process_of(process.pid) is None


# --- one at a time ---------------------------------------------------------------------


def test_a_claim_is_one_processes_until_it_ends_in_whatever_way(tmp_path, other):
    place = tmp_path / "x.claim"
    holder = other(HOLD.format(str(place)))
    assert claimed(place)
    with pytest.raises(background.ClaimedError, match="Another process is at it"), claim(place):
        pass
    holder.kill()
    assert not claimed(place)
    with claim(place), claim(place):  # within one process it is one
        assert claimed(place)
    assert not claimed(place)
    assert not place.exists()
    with pytest.raises(InputError, match="Cannot write"), claim(tmp_path / "gone" / "x"):
        pass


def test_a_run_that_trains_in_another_container_is_in_training(own_run, other):
    there = Process(1, 5.0, 5, "another boot or another container")
    run = rewrite(own_run, status=runs.RUNNING, process=msgspec.to_builtins(there))
    assert run.status == runs.FAILED
    place = runs.job(run.path).claim_file
    holder = other(HOLD.format(str(place)))
    assert runs.read(run.path).training
    with pytest.raises(InputError, match="in training: stop it first"):
        runs.delete(run)
    holder.kill()
    assert runs.read(run.path).status == runs.FAILED


def test_two_trainers_never_share_a_directory(folder, tiny, other, monkeypatch):
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    run = queue.submit(tiny, "optical-digits", name="x")
    place = runs.job(run.path).claim_file
    holder = other(HOLD.format(str(place)))
    command = [sys.executable, "-m", "mnist_core.training.trainer", str(run.path)]
    ended = subprocess.run(command, cwd=background.PROJECT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "Another process is at it" in ended.stderr
    assert runs.read(run.path).status == runs.QUEUED  # it is the other's, who will say more
    holder.kill()


def test_a_job_is_done_by_one_process(tmp_path, other):
    job = Job.named(tmp_path, "job")
    code = (
        "from mnist_core.background import Job; from pathlib import Path\n"
        f"job = Job.named(Path({str(tmp_path)!r}), 'job').at_work(); job.__enter__()"
    )
    holder = other(code)
    before = job.status()
    assert before.active
    with pytest.raises(background.ClaimedError), job.at_work():
        pass
    assert job.status() == before
    holder.kill()
    assert job.status().lost
    with job.at_work():
        assert job.status().active


@pytest.fixture
def soon(wait):
    """As `wait`, and somebody looks at the queue meanwhile."""

    def looked(condition):
        queue.tend()
        return condition()

    return lambda condition: wait(lambda: looked(condition))


def test_a_paused_worker_holds_up_nobody(folder, tiny, wait, soon):
    first = queue.submit(LONG, "optical-digits", name="first")
    assert soon(lambda: runs.read(first.path).training)
    worker = queue._worker()
    os.kill(worker.pid, signal.SIGSTOP)
    assert wait(lambda: background.paused(worker))
    second = queue.submit(tiny, "optical-digits", name="second")
    assert soon(lambda: not background.alive(worker))
    assert runs.read(first.path).training  # it goes on without the worker
    queue.discard(first)
    assert soon(lambda: runs.read(second.path).status == runs.FINISHED)


# --- killed ----------------------------------------------------------------------------


def test_a_run_killed_before_its_first_epoch_starts_again_with_one_press(folder, tiny, soon):
    run = queue.submit(tiny, "optical-digits", 3, "x")
    assert soon(lambda: runs.read(run.path).training)
    background.kill(runs.read(run.path).record.process)
    assert soon(lambda: runs.read(run.path).status == runs.FAILED)
    killed = runs.read(run.path)
    assert killed.restartable
    (run.path / runs.HISTORY_FILE).write_text("epoch,loss\n1,5\n2,4\n3,9\n")
    again = queue.start_again(killed)
    assert again.active
    assert queue.start_again(again).record.order == again.record.order  # pressed twice
    assert soon(lambda: runs.read(run.path).status == runs.FINISHED)
    assert len(runs.read_history(run)) == tiny.epochs
    with pytest.raises(InputError, match="cannot be started again"):
        queue.start_again(runs.read(run.path))


def test_what_a_killed_process_had_half_written_is_removed(models_dir, tiny, other):
    run = runs.create(tiny, "optical-digits", 0, "x")
    killed = other(
        "from mnist_core.files import scratch, written_whole; from pathlib import Path\n"
        f"one = written_whole(Path({str(run.path / 'run.json')!r})); one.__enter__()\n"
        f"two = scratch(Path({str(models_dir)!r})); two.__enter__()"
    )

    def half_written():
        return [*run.path.glob(".*~*"), *models_dir.glob(".*~")]

    assert len(half_written()) == 2
    runs.tidy()
    assert len(half_written()) == 2  # it is at it
    killed.kill()
    runs.tidy()
    assert half_written() == []
    assert runs.read(run.path).record == run.record


def test_what_another_machine_is_writing_is_left_alone_for_a_day(tmp_path):
    there = tmp_path / ".abcdef-1-5-xyz~run.json"
    there.touch()
    files.sweep(tmp_path)
    assert there.exists()
    os.utime(there, (time.time() - 2 * files.DAY,) * 2)
    files.sweep(tmp_path)
    assert not there.exists()


def test_a_deleted_run_does_not_come_back_by_its_trainer(folder, tmp_path, wait):
    """Its directory is taken away at one moment after another while a process trains in it."""
    for number, moment in enumerate(("run.json", "train", runs.HISTORY_FILE, runs.CHECKPOINT)):
        run = runs.create(LONG, "optical-digits", 0, f"run-{number}")
        trainer = background.start("training.trainer", str(run.path), log=tmp_path / "log.txt")
        assert wait(lambda run=run, moment=moment: (run.path / moment).exists())
        run.path.rename(tmp_path / run.name)
        assert wait(lambda trainer=trainer: trainer.poll() is not None)
        assert trainer.returncode != 0
        assert not run.path.exists()


# --- files that are none ---------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "run.json",
        "history.csv",
        "live.csv",
        "evaluation.npz",
        "model.keras",
        "log.txt",
        "progress.json",
        "stop",
    ],
)
@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "device"])
def test_a_pipe_a_link_or_a_folder_in_a_files_place_holds_up_nothing(own_run, tmp_path, name, kind):
    place = own_run.path / name
    place.unlink(missing_ok=True)
    secret = tmp_path / "secret"
    secret.write_text('{"state": "secret"}\nsecret\n')
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(secret if kind == "link" else "/dev/zero")
    found = runs.read_if_changed(own_run.path)
    said = [found.problem, runs.log_end(found), runs.read_progress(found), runs.read_history(found)]
    said += [runs.read_live(found), runs.read_evaluation(found), runs.asked_to_stop(found.path)]
    assert "secret" not in str(said)
    assert (found.problem is not None) == (name in ("run.json", "model.keras"))
    assert found in runs.all_runs() or found.problem
    for write in (
        lambda: runs.log(place.parent, "x"),
        lambda: runs.add_live(place.parent, 1, 1, 1),
    ):
        with contextlib.suppress(OSError):
            write()
    assert secret.read_text() == '{"state": "secret"}\nsecret\n'
    assert not runs.delete(found).parent.parent.is_symlink()


def test_a_file_that_is_too_large_is_not_read_whole(own_run):
    with (own_run.path / "run.json").open("ab") as file:
        file.truncate(2**40)
    assert "cannot be read" in runs.read(own_run.path).problem
    with (own_run.path / "log.txt").open("wb") as file:
        file.truncate(2**40)
        file.seek(0, os.SEEK_END)
        file.write(b"\nthe end\n")
    assert runs.log_end(own_run, 1) == "the end"


# --- limits ----------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch):
    """Limits that are reached soon."""
    for name in ("MOST_WAITING", "MOST_WAITING_TRIALS", "MOST_SEARCHES", "MOST_RUNS"):
        monkeypatch.setattr(limits, name, 3)
    monkeypatch.setattr(queue, "tend", lambda *_: False)


def test_so_many_runs_wait_and_no_more(models_dir, few, tiny, monkeypatch):
    monkeypatch.setattr(limits, "MOST_RUNS", 100)
    waiting = [queue.submit(tiny, "optical-digits") for _ in range(3)]
    with pytest.raises(InputError, match="3 runs wait, and 3 are the most: take one out"):
        queue.submit(tiny, "optical-digits")
    queue.discard(waiting[0])
    assert queue.submit(tiny, "optical-digits").active


def test_so_many_runs_and_searches_are_kept_and_no_more(models_dir, few, tiny):
    for _ in range(3):
        queue.submit(tiny, "optical-digits")
    with pytest.raises(InputError, match="3 runs are kept, and 3 are the most: delete some"):
        runs.create(tiny, "optical-digits", 0)
    for number in range(3):
        search.create(f"s{number}", "optical-digits", 5)
    with pytest.raises(InputError, match="3 searches are kept, and 3 are the most: delete some"):
        search.create("s", "optical-digits", 5)


def test_on_a_disk_that_is_nearly_full_nothing_is_started(own_run, tiny, monkeypatch):
    from mnist_core.evaluation import results

    search.create("s", "optical-digits", 5)
    failed = rewrite(own_run, status=runs.FAILED)
    whole = rewrite(
        runs.read(shutil.copytree(own_run.path, own_run.path.with_name("whole"))),
        status=runs.FINISHED,
    )
    monkeypatch.setattr(limits, "free_bytes", lambda _: 3 * limits.MB)
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    for start in (
        lambda: queue.submit(tiny, "optical-digits"),
        lambda: queue.start_again(failed),
        lambda: runs.create(tiny, "optical-digits", 0),
        lambda: search.create("t", "optical-digits", 5),
        lambda: search.start("s"),
        lambda: results.start(whole, "optical-digits"),
    ):
        with pytest.raises(InputError, match="nearly full: 3 MB are free, 200 MB are needed"):
            start()


def test_the_order_of_the_queue_does_not_hang_on_the_clock(models_dir, tiny, monkeypatch):
    monkeypatch.setattr(queue, "tend", lambda *_: False)
    names = []
    for clock in (9, 5, 7):
        monkeypatch.setattr("time.time_ns", lambda clock=clock: clock)
        names.append(queue.submit(tiny, "optical-digits", name=f"at-{clock}").name)
    assert [run.name for run in queue.waiting()] == names
