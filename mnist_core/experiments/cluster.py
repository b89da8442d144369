"""Training runs on the machines of a Dask cluster (`pip install "dask[distributed]"`).

    python -m mnist_core study --scheduler tcp://HOST:8786
    python -m mnist_core search NAME --scheduler tcp://HOST:8786
    python -m mnist_core study --workers 2     # a cluster on this machine, while it lasts

What there is to train, and what becomes of it, a `Work` knows: `study_tasks.StudyTasks` for a
study, `search_tasks.SearchTasks` for a search. Here it is handed out.

Every worker gets the files of the datasets once, whenever it joins. It runs each task
in a process beside its own, so that a crash takes nothing else with it and TensorFlow's threads
are divided by what runs beside on the same machine. The files that the task wrote come back.

As many tasks are handed out as the workers have threads: what waits, waits here. If a worker
dies, Dask gives its task to another.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import re
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    Security,
    rpc,
)

from mnist_core import datasets
from mnist_core.errors import InputError
from mnist_core.experiments import worker_pool
from mnist_core.experiments.cluster_worker import WorkerSetup, other_version, run_task, version
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus, Task, Work
from mnist_core.files import scratch

ANSWER_SECONDS = 10.0  # for the scheduler to answer
WORKERS_SECONDS = 60.0  # to wait while there is no worker
RESULT_SECONDS = 30.0  # for the files of a task to come over
POLL_SECONDS = 0.5  # between two polls of the cluster
ASSIGNED_SECONDS = 0.1  # until the scheduler has found a worker for a task
ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(\[[0-9A-Fa-f:.]+\]|[\w.-]+):(\d{1,5})")


@dataclass
class _Cluster:
    """Who has which task."""

    client: Client
    work: Work
    setup: str  # the plugin's name
    version: str
    running: dict[Future, Task] = field(default_factory=dict)
    ended: float = 0.0  # seconds that those tasks were expected to take
    wake: threading.Event = field(default_factory=threading.Event)

    def hand_out(self, workers: Mapping[str, Any]) -> bool:
        """Give the workers as many tasks as they have threads; whether there were some."""
        before = len(self.running)
        free = sum(worker["nthreads"] for worker in workers.values()) - len(self.running)
        slots: dict[str, int] = {}
        for worker in workers.values():
            slots[worker["host"]] = slots.get(worker["host"], 0) + worker["nthreads"]
        while free > 0 and (task := self.work.next()) is not None:
            # In plain words, which any version of this program understands.
            given = {
                "key": f"{task.name}-{uuid.uuid4().hex}",
                "version": self.version,
                "setup": self.setup,
                "module": task.module,
                "arguments": list(task.arguments),
                "files": dict(task.files),
                "slots": {address: slots[worker["host"]] for address, worker in workers.items()},
                "most": self.work.at_a_time,
            }
            future = self.client.submit(run_task, given, key=given["key"], pure=False)
            self.running[future] = task
            future.add_done_callback(lambda _: self.wake.set())
            free -= 1
        return len(self.running) > before

    def take_in(self) -> None:
        """Give what has ended since the last time to whoever asked for it."""
        for future, task in list(self.running.items()):
            if future.status == "pending":
                continue
            if future.status in ("cancelled", "lost"):  # the scheduler began anew
                self.work.again(task)
            else:
                try:
                    result = future.result(timeout=RESULT_SECONDS)
                except TimeoutError:  # its worker died with it: Dask has it done again
                    continue
                except InputError:
                    raise
                except KilledWorker as error:
                    self.work.failed(
                        task,
                        f"{error.allowed_failures + 1} workers were lost while they trained it.",
                    )
                except Exception as error:
                    self.work.failed(task, f"No worker could train it ({error}).")
                else:
                    self.work.done(task, result)
                self.ended += task.seconds
            del self.running[future]

    def seconds_left(self, workers: Mapping[str, Any], passed: float) -> float | None:
        """As the estimates of the tasks say, corrected by the pace so far."""
        slots = min(
            sum(worker["nthreads"] for worker in workers.values()), self.work.at_a_time or 1
        )
        if not slots:
            return None
        under_way = sum(task.seconds for task in self.running.values()) / 2  # on average
        left = under_way + self.work.seconds_to_come()
        if self.ended:
            return left * passed / (self.ended + under_way)
        return left / slots


@contextlib.contextmanager
def at(where: ClusterSpec) -> Iterator[str]:
    """The address of a scheduler: the one that was asked for, or one of this machine's own.

    Raises:
        InputError: more workers than there are processors or than there is memory for.
    """
    if where.scheduler is not None:
        yield where.scheduler
        return
    with local(where.workers or 0) as address:
        yield address


@contextlib.contextmanager
def local(count: int) -> Iterator[str]:
    """A cluster on this machine alone, for one task a worker at a time; its address.

    Raises:
        InputError: more workers than there are processors or than there is memory for.
    """
    most = worker_pool.most()
    if not 1 <= count <= most:
        raise InputError(f"Take 1 to {most} workers on this machine, not {count}.")
    with scratch() as folder:
        before = signal.getsignal(signal.SIGINT)
        main_thread = threading.current_thread() is threading.main_thread()
        if main_thread:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command alone
        try:
            found = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                local_directory=str(folder),
                silence_logs=logging.CRITICAL,
            )
        finally:
            if main_thread:
                signal.signal(signal.SIGINT, before)
        with found:
            yield found.scheduler_address


def run_all(
    address: str,
    work: Work,
    on_status: Callable[[PoolStatus], None],
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Have a cluster run all tasks.

    Args:
        address: of the scheduler, as in tcp://HOST:8786.
        on_status: called with every look, about twice a second.
        stopping: whether nothing more is to be begun.

    Raises:
        InputError: a scheduler that does not answer or goes, no worker for `WORKERS_SECONDS`,
            a worker with another version of this program, or what the work raises.
    """
    with _connected(address) as client:
        here = version()
        _check(client, here)
        with _set_up(client, work.datasets) as setup:
            _follow(_Cluster(client, work, setup, here), on_status, stopping)


def _follow(
    cluster: _Cluster, on_status: Callable[[PoolStatus], None], stopping: Callable[[], bool]
) -> None:
    began = alone_since = time.monotonic()
    while cluster.running or not (cluster.work.all_begun or stopping()):
        cluster.take_in()
        workers = _ask_scheduler(lambda: cluster.client.scheduler_info()["workers"])
        if workers:
            alone_since = time.monotonic()
            if not stopping() and cluster.hand_out(workers):
                time.sleep(ASSIGNED_SECONDS)
        alone = time.monotonic() - alone_since
        if alone > WORKERS_SECONDS:
            raise InputError(
                f"For {WORKERS_SECONDS:.0f} s there has been no worker: start some with `dask "
                "worker` and give the same command again, which resumes."
            )
        processing = _ask_scheduler(cluster.client.processing)
        tasks = {future.key: task.words for future, task in cluster.running.items()}
        done, total = cluster.work.progress()
        on_status(
            PoolStatus(
                total,
                done,
                cluster.seconds_left(workers, time.monotonic() - began),
                {
                    worker: [tasks[key] for key in processing.get(worker, ()) if key in tasks]
                    for worker in workers
                },
                "" if workers else f"no workers: waiting {WORKERS_SECONDS - alone:.0f} s for one",
            )
        )
        cluster.wake.wait(POLL_SECONDS)
        cluster.wake.clear()


def _ask_scheduler(question: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the scheduler answers."""
    try:
        return dict(question())
    except Exception as error:  # a client without its scheduler fails in many ways
        raise InputError(
            "The scheduler has gone: start it again and give the same command, which resumes."
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
        worker: theirs
        for worker, theirs in found.items()
        if theirs != here and not isinstance(theirs, OSError)
    }
    if others:
        raise InputError(other_version(others, here))


@contextlib.contextmanager
def _set_up(client: Client, names: Sequence[str]) -> Iterator[str]:
    """Give every worker, also those that will join, the datasets; the plugin's name."""
    files = {part: _file(part) for name in names for part in datasets.files_of(name)}
    name = f"mnist-core-setup-{uuid.uuid4().hex}"
    try:
        client.register_plugin(WorkerSetup(files), name=name)
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
    if (content := datasets.content(name, path)) is not None:
        return content
    digits = datasets.load(name)  # from the four files of MNIST
    packed = io.BytesIO()
    arrays = {key: getattr(digits, key) for key in ("x_train", "y_train", "x_test", "y_test")}
    np.savez_compressed(packed, **arrays)
    return packed.getvalue()
