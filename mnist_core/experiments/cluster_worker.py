"""What happens in a Dask worker: tasks run in processes beside it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dask.system import CPU_COUNT
from distributed import (
    Worker,
    WorkerPlugin,
    get_worker,
)

from mnist_core import datasets
from mnist_core.background import Helper
from mnist_core.errors import InputError
from mnist_core.experiments.worker_pool import TaskResult

LEFT_THERE = ("checkpoint.npz",)  # files of a training run that nobody needs here
TASKS = 16  # that one helper does: TensorFlow keeps a little memory of each


def version() -> str:
    """The version of this program and of what it computes with, as the files say."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    found = [f"mnist_core {digest.hexdigest()[:8]}"]
    for name, package in (("TensorFlow", "tensorflow"), ("Optuna", "optuna")):
        try:
            found.append(f"{name} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    return ", ".join(found)


class WorkerSetup(WorkerPlugin):
    """What a worker needs: the files of the datasets, once, and processes that train."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files  # by the name of the dataset
        self.folder: Path | None = None
        self.idle: list[tuple[int, Helper]] = []  # each with its share of the processors

    def setup(self, worker: Worker) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="data-", dir=worker.local_directory))
        for name, content in self.files.items():
            (self.folder / datasets.FILES[name][1]).write_bytes(content)
        self.files = dict.fromkeys(self.files, b"")  # they lie on the disk from now on

    def teardown(self, worker: Worker) -> None:
        while self.idle:
            self.idle.pop()[1].close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """The variables by which `datasets` finds the files."""
        assert self.folder is not None
        found = (datasets.FILES[name] for name in self.files)
        return {variable: str(self.folder / file) for variable, file in found}

    @contextlib.contextmanager
    def helper(self, slots: int) -> Iterator[Helper]:
        """A process for a task, one that did another before if there is one."""
        share = max(1, CPU_COUNT // max(1, slots))
        mine = None
        with contextlib.suppress(IndexError):  # none is left; other threads take some too
            while mine is None:
                threads, helper = self.idle.pop()
                if threads == share and helper.alive and helper.calls < TASKS:
                    mine = helper
                else:
                    helper.close()
        if mine is None:
            names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
            mine = Helper(dict.fromkeys(names, str(share)))
        try:
            yield mine
        except BaseException:
            mine.close()
            raise
        if mine.alive:
            self.idle.append((share, mine))


def run_task(given: Mapping[str, Any]) -> TaskResult:
    """Run a task in a process beside the worker's.

    Args:
        given: of `_Cluster.hand_out`.

    Raises:
        InputError: this worker has another version of the program.
    """
    worker = get_worker()
    if (found := version()) != given["version"]:
        raise InputError(other_version({worker.address: found}, given["version"]))
    setup: WorkerSetup = worker.plugins[given["setup"]]
    slots = min(given["slots"].get(worker.address, worker.state.nthreads), given["most"])
    state = worker.state.tasks.get(given["key"])
    with tempfile.TemporaryDirectory(prefix="task-", dir=worker.local_directory) as place:
        folder = Path(place, "task")
        folder.mkdir()
        for name, content in given["files"].items():
            (folder / name).write_bytes(content)
        # The runs of this machine are none of a task's business.
        environment = {**setup.environment(), "MODELS_DIR": str(Path(place, "none"))}
        with setup.helper(slots) as helper:
            code = helper.call(
                given["module"],
                [*given["arguments"], str(folder)],
                environment,
                folder / "log.txt",
                wanted=lambda: state is None or state.state != "cancelled",
            )
        files = {
            path.name: path.read_bytes()
            for path in sorted(folder.iterdir())
            if path.is_file() and path.name not in LEFT_THERE
        }
    return TaskResult(code, files)


def other_version(found: Mapping[str, Any], here: str) -> str:
    listed = "; ".join(
        f"{who}: {theirs if isinstance(theirs, str) else f'none that can be used ({theirs})'}"
        for who, theirs in found.items()
    )
    return (
        f"All of a cluster must have the same version of this program ({here}), which these do "
        f"not: {listed}. Start them again from a folder that has it."
    )
