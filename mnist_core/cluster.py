"""Trials of studies on the machines of a Dask cluster (`pip install "dask[distributed]"`).

    python -m mnist_core study --scheduler tcp://HOST:8786
    python -m mnist_core study --workers 2     # a cluster on this machine, while it lasts

Every worker gets the files of the datasets once, whenever it joins. It trains each trial as
the queue does, in a process of its own, so that a crash takes nothing else with it and
TensorFlow's threads are divided by what runs beside on the same machine. The run directory
comes back whole and becomes a row by the same code as that of a trial trained here.

As many trials are handed out as the workers have threads: what waits, waits here. If a worker
dies, Dask gives its trial to another; a row is told by its trial, so that none is there twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.metadata
import io
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from dask.system import CPU_COUNT
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    Security,
    Worker,
    WorkerPlugin,
    get_worker,
    rpc,
)

from mnist_core import datasets, jobs, runs, trials
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from mnist_core.trials import Row, Trial

ANSWER_SECONDS = 10.0  # for the scheduler to answer
WORKERS_SECONDS = 60.0  # to wait while there is no worker
RESULT_SECONDS = 30.0  # for a run directory to come over
TRIAL_BYTES = 1.2e9  # of memory, for a worker and its trial
LOOK_SECONDS = 0.5  # between two looks at the cluster, and at a training
ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(\[[0-9A-Fa-f:.]+\]|[\w.-]+):(\d{1,5})")


# --- in a worker ---------------------------------------------------------------------


def version() -> str:
    """The version of this program and of TensorFlow on this machine, as the files say."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    try:
        tensorflow = importlib.metadata.version("tensorflow")
    except importlib.metadata.PackageNotFoundError:
        tensorflow = "missing"
    return f"mnist_core {digest.hexdigest()[:8]}, TensorFlow {tensorflow}"


class Data(WorkerPlugin):
    """The files of the datasets, which Dask gives to every worker once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files  # by the name of the dataset
        self.folder: Path | None = None

    def setup(self, worker: Worker) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="data-", dir=worker.local_directory))
        for name, content in self.files.items():
            (self.folder / datasets.FILES[name][1]).write_bytes(content)
        self.files = dict.fromkeys(self.files, b"")  # they lie on the disk from now on

    def teardown(self, worker: Worker) -> None:
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """The variables by which `datasets` finds the files."""
        assert self.folder is not None
        found = (datasets.FILES[name] for name in self.files)
        return {variable: str(self.folder / file) for variable, file in found}


def train(task: Mapping[str, Any]) -> bytes:
    """Train a trial in a process of its own.

    Args:
        task: of `_task`.

    Returns:
        The run directory as a ZIP archive, whether the training went well or not.

    Raises:
        InputError: this worker has another version of the program.
    """
    worker = get_worker()
    if (found := version()) != task["version"]:
        raise InputError(_other_version({worker.address: found}, task["version"]))
    data: Data = worker.plugins[task["data"]]
    lanes = min(task["lanes"].get(worker.address, worker.state.nthreads), task["trials"])
    with tempfile.TemporaryDirectory(prefix="trial-", dir=worker.local_directory) as folder:
        run = runs.create(
            recipe := Recipe.from_dict(task["recipe"]),
            recipe.dataset,
            task["seed"],
            task["name"],
            Path(folder),
            study=task["study"],
        )
        environment = os.environ | data.environment() | _threads(lanes)
        # Elsewhere, so that the run is not made a row and removed there.
        environment["MODELS_DIR"] = str(Path(folder, "none"))
        state = worker.state.tasks.get(task["key"])
        _train_apart(run, environment, lambda: state is None or state.state != "cancelled")
        return _pack(run.path)


def _threads(lanes: int) -> dict[str, str]:
    """The environment in which TensorFlow takes its share of the processors."""
    share = str(max(1, CPU_COUNT // max(1, lanes)))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    return dict.fromkeys(names, share)


def _train_apart(run: runs.Run, environment: Mapping[str, str], wanted: Callable[[], bool]) -> None:
    """Train a run in a process that ends with this one; it says how it ended if it cannot."""
    with (run.path / "log.txt").open("a", encoding="utf-8") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "mnist_core", "resume", str(run.path), "--with-parent"],
            cwd=jobs.PROJECT,
            env=environment,
            stdin=subprocess.PIPE,  # never written to: it breaks when this process dies
            stdout=log,
            stderr=log,
        )
    try:
        while child.poll() is None and wanted():
            time.sleep(LOOK_SECONDS / 2)
    finally:
        child.kill()
        code = child.wait()
        assert child.stdin is not None
        child.stdin.close()
    after = runs.read(run.path)
    if "finished" not in after.info:
        reason = jobs.why(code, after)
        runs.change(run, status=runs.FAILED, reason=reason, finished=runs.now(), process=None)


def _pack(path: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.iterdir()):
            if file.name != "checkpoint.npz":
                archive.write(file, file.name)
    return packed.getvalue()


# --- where the command runs ----------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """How far the trials are."""

    total: int
    measured: int
    seconds_left: float | None  # None where nothing can be said
    workers: Mapping[str, Sequence[Trial]]  # what each has, by its address
    note: str = ""  # what is wrong at the moment


@dataclass
class _Study:
    """The trials that are missing, and who has which."""

    client: Client
    total: int
    todo: deque[Trial]
    data: str  # the plugin's name
    version: str
    running: dict[Future, Trial] = field(default_factory=dict)
    ended: float = 0.0  # seconds that those trials were expected to take
    wake: threading.Event = field(default_factory=threading.Event)

    def hand_out(self, workers: Mapping[str, Any]) -> None:
        """Give the workers as many trials as they have threads."""
        free = sum(worker["nthreads"] for worker in workers.values()) - len(self.running)
        if free <= 0 or not self.todo:
            return
        known = {row.key for row in trials.read()}
        while free > 0 and self.todo:
            trial = self.todo.popleft()
            if trial.key in known:  # somebody else was faster
                continue
            task = self._task(trial, workers)
            future = self.client.submit(train, task, key=task["key"], pure=False)
            self.running[future] = trial
            future.add_done_callback(lambda _: self.wake.set())
            free -= 1

    def _task(self, trial: Trial, workers: Mapping[str, Any]) -> dict[str, Any]:
        """A trial in plain words, which any version of this program understands."""
        lanes: dict[str, int] = {}
        for worker in workers.values():
            lanes[worker["host"]] = lanes.get(worker["host"], 0) + worker["nthreads"]
        return {
            "key": f"{trial.name}-{uuid.uuid4().hex}",
            "version": self.version,
            "data": self.data,
            "name": trial.name,
            "recipe": trial.recipe.to_dict(),
            "seed": trial.seed,
            "study": trial.mark,
            "lanes": {address: lanes[worker["host"]] for address, worker in workers.items()},
            "trials": self.total,
        }

    def take_in(self) -> list[Row]:
        """The rows of the trials that have ended since the last time."""
        new: list[Row] = []
        for future, trial in list(self.running.items()):
            if future.status == "pending":
                continue
            if future.status in ("cancelled", "lost"):  # the scheduler began anew
                self.todo.appendleft(trial)
            else:
                try:
                    packed = future.result(timeout=RESULT_SECONDS)
                except TimeoutError:  # its worker died with it: Dask has it trained again
                    continue
                except InputError:
                    raise
                except Exception as error:
                    _fail(trial, error)
                else:
                    new += _unpack(trial, packed)
                self.ended += _expected(trial)
            del self.running[future]
        return new


@contextlib.contextmanager
def local(workers: int) -> Iterator[str]:
    """A cluster on this machine alone, for one trial a worker at a time; its address.

    Raises:
        InputError: more workers than there are processors or than there is memory for.
    """
    fit = int(psutil.virtual_memory().available / TRIAL_BYTES)
    most = max(1, min(CPU_COUNT, fit))
    if not 1 <= workers <= most:
        raise InputError(f"Take 1 to {most} workers on this machine, not {workers}.")
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command alone
        try:
            found = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                local_directory=folder,
                silence_logs=logging.CRITICAL,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        with found:
            yield found.scheduler_address


def train_all(
    address: str,
    wanted: Sequence[Trial],
    on_look: Callable[[Look, list[Row]], None],
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Train what is missing on a cluster; each row is written as soon as it is known.

    Trials that this machine trains at the moment are left to it; those that wait in its queue
    are not. A trial that fails is kept as its run says, and the others go on.

    Args:
        address: of the scheduler, as in tcp://HOST:8786.
        on_look: called with every look, with the rows that are new since the last one.
        stopping: whether no further trial is to be begun.

    Raises:
        InputError: a scheduler that does not answer or goes, no worker for `WORKERS_SECONDS`,
            a worker with another version of this program, or a table that cannot be read or
            written.
    """
    known = {row.key for row in trials.read()}
    todo = [
        trial
        for trial in wanted
        if trial.key not in known
        and not ((run := trial.run()) is not None and run.status == runs.RUNNING)
    ]
    with _connected(address) as client:
        here = version()
        _check(client, here)
        with _data(client, todo) as data:
            _follow(_Study(client, len(todo), deque(todo), data, here), wanted, on_look, stopping)


def _follow(
    study: _Study,
    wanted: Sequence[Trial],
    on_look: Callable[[Look, list[Row]], None],
    stopping: Callable[[], bool],
) -> None:
    began = alone_since = time.monotonic()
    while study.running or (study.todo and not stopping()):
        new = study.take_in()
        workers, processing = _workers(study.client)
        if workers:
            alone_since = time.monotonic()
            if not stopping():
                study.hand_out(workers)
        alone = time.monotonic() - alone_since
        if alone > WORKERS_SECONDS:
            raise InputError(
                f"For {WORKERS_SECONDS:.0f} s there has been no worker: start some with `dask "
                "worker` and give the same command again, which goes on."
            )
        names = {future.key: trial for future, trial in study.running.items()}
        rows = trials.read()
        known = {row.key for row in rows}
        on_look(
            Look(
                len(wanted),
                sum(trial.key in known for trial in wanted),
                _seconds_left(study, workers, time.monotonic() - began),
                {
                    address: [names[key] for key in processing.get(address, ()) if key in names]
                    for address in workers
                },
                "" if workers else f"no workers: waiting {WORKERS_SECONDS - alone:.0f} s for one",
            ),
            new,
        )
        study.wake.wait(LOOK_SECONDS)
        study.wake.clear()


def _seconds_left(study: _Study, workers: Mapping[str, Any], passed: float) -> float | None:
    """As the estimates of the trials say, corrected by the pace so far."""
    lanes = sum(worker["nthreads"] for worker in workers.values())
    if not lanes:
        return None
    under_way = sum(_expected(trial) for trial in study.running.values()) / 2  # on average
    left = under_way + sum(_expected(trial) for trial in study.todo)
    if study.ended:
        return left * passed / (study.ended + under_way)
    return left / min(lanes, len(study.running) + len(study.todo) or 1)


def _expected(trial: Trial) -> float:
    return trials.expected(trial, {})


def _workers(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
    """The workers by address, and the keys of what each has."""
    try:
        return dict(client.scheduler_info()["workers"]), dict(client.processing())
    except (OSError, TimeoutError, KeyError) as error:  # KeyError: the client has given up
        raise InputError(
            "The scheduler has gone: start it again and give the same command, which goes on."
        ) from error


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    """A client of the scheduler.

    Raises:
        InputError: nobody answers as a scheduler does.
    """
    match = ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match[2]) < 2**16:
        raise InputError(
            f"The address of a scheduler is like tcp://HOST:8786, not {address!r}: take the one "
            "that `dask scheduler` prints."
        )
    for name in ("distributed", "distributed.client"):  # what goes wrong is said here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        # A client would wait for ever for somebody who takes the call and says nothing.
        kind = asyncio.run(asyncio.wait_for(_kind(address), ANSWER_SECONDS))
        if kind != "Scheduler":
            raise OSError(f"a {kind} answers")
        client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except Exception as error:  # whatever Dask makes of an answer that it does not understand
        raise InputError(
            f"No Dask scheduler answers at {address}: start one with `dask scheduler`, or give "
            "the address that it prints."
        ) from error
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.close(timeout=ANSWER_SECONDS)


async def _kind(address: str) -> str:
    """What answers there: `Scheduler`, `Worker` or `Nanny`."""
    arguments = Security().get_connection_args("client")
    async with rpc(address, connection_args=arguments) as other:
        return str((await other.identity())["type"])


def _check(client: Client, here: str) -> None:
    """Refuse workers, and a scheduler, that do not have this version of the program."""
    found: dict[str, Any] = client.run(version, on_error="return")
    try:
        client.run_on_scheduler(version)
    except Exception as error:
        found["scheduler"] = error
    others = {
        worker: said
        for worker, said in found.items()
        if said != here and not isinstance(said, OSError)
    }
    if others:
        raise InputError(_other_version(others, here))


def _other_version(found: Mapping[str, Any], here: str) -> str:
    listed = "; ".join(
        f"{who}: {said if isinstance(said, str) else f'none that can be used ({said})'}"
        for who, said in found.items()
    )
    return (
        f"All of a cluster must have the same version of this program ({here}), which these do "
        f"not: {listed}. Start them again from a folder that has it."
    )


@contextlib.contextmanager
def _data(client: Client, wanted: Sequence[Trial]) -> Iterator[str]:
    """Give every worker, also those that will join, the datasets; the plugin's name."""
    names = {trial.recipe.dataset for trial in wanted}
    if datasets.at_hand(trials.DRAWN):
        names.add(trials.DRAWN)
    files = {part: _file(part) for name in names for part in datasets.files_of(name)}
    name = f"mnist-core-data-{uuid.uuid4().hex}"
    try:
        client.register_plugin(Data(files), name=name)
    except Exception as error:
        raise InputError(f"The workers cannot take the datasets ({error}).") from error
    try:
        yield name
    finally:
        with contextlib.suppress(Exception):  # the scheduler or the workers may have gone
            client.unregister_worker_plugin(name)


def _file(name: str) -> bytes:
    """A dataset as one file."""
    path = datasets.find(name)
    assert path is not None  # it has been loaded
    for file in (path, path / datasets.FILES[name][1]):
        if file.is_file():
            return file.read_bytes()
    digits = datasets.load(name)  # from the four files of MNIST
    packed = io.BytesIO()
    arrays = {key: getattr(digits, key) for key in ("x_train", "y_train", "x_test", "y_test")}
    np.savez_compressed(packed, **arrays)
    return packed.getvalue()


def _unpack(trial: Trial, packed: bytes) -> list[Row]:
    """What `train` gave, made a row; or, if the training failed, a run that says why."""
    with _beside_the_runs() as folder:
        path = folder / trial.name
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            archive.extractall(path)
        return trials.take_in(trial, runs.read(path))


def _fail(trial: Trial, error: Exception) -> None:
    """Keep why a trial could not even be trained."""
    reason = f"No worker could train it ({error})."
    if isinstance(error, KilledWorker):
        reason = f"{error.allowed_failures + 1} workers were lost while they trained it."
    with _beside_the_runs() as folder:
        run = runs.create(
            trial.recipe,
            trial.recipe.dataset,
            trial.seed,
            trial.name,
            folder,
            study=trial.mark,
            status=runs.FAILED,
            reason=reason,
            finished=runs.now(),
        )
        trials.take_in(trial, run)


@contextlib.contextmanager
def _beside_the_runs() -> Iterator[Path]:
    """A folder for a moment, which is not taken for a run, on the disk of the runs."""
    place = runs.models_dir()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=place) as folder:
            yield Path(folder)
    except OSError as error:
        raise InputError(
            f"Cannot write to {place} ({error.strerror or error}): free some space or set "
            "MODELS_DIR to a folder that can be written to."
        ) from error
