"""Kill -9 at twenty moments of each process: what is lost, what is left, what goes on.

The server, the queue's worker, a trainer, and the processes that evaluate, import and search are
killed at moments that are drawn at random. Afterwards every run directory has to be readable, no
half-written file may be left, no run may be gone, and the next one has to do what was asked.

    python benchmarks/kills.py [--kills 20] [--seed 1] [--only trainer worker server evaluator …]
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from application import application
from common import print_table
from mnist_core import background, files, recipes, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.experiments import search, search_storage
from mnist_core.training import imports, queue

SHORT = recipes.Recipe("tiny", "tiny", (recipes.dense(16),), epochs=2, batch_size=64)
LONG = dataclasses.replace(SHORT, epochs=9000)
SMALL = search.Space(layers=(0, 2), widths=(8, 16), epochs=1, batch_sizes=(64, 128))
PATIENCE = 180.0  # seconds for what takes five on an idle machine


def wait(condition: Callable[[], object], what: str) -> None:
    """Look at the queue until something holds; leave with a sentence if it never does."""

    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"After {PATIENCE:.0f} s still not: {what}.")
        queue.tend()
        time.sleep(0.05)


def wrong(names: list[str]) -> list[str]:
    """What is not as it should be in the folder of runs."""

    runs.tidy()
    found = {run.name: run for run in runs.all_runs(trials=True)}
    said = [f"{name} is gone" for name in names if name not in found]
    said += [str(run.problem) for run in found.values() if run.problem]
    half = [path for path in runs.models_dir().rglob(".*") if files.TEMPORARY.fullmatch(path.name)]
    return said + [f"{path.name} is left" for path in half]


def kill_trainer(chance: random.Random, number: int) -> str:
    """A run is killed in its training, and started again or resumed with one press."""

    run = queue.submit(LONG, "optical-digits", name=f"trainer-{number}")
    wait(lambda: runs.read(run.path).training, "the run trains")
    time.sleep(chance.random() * 3)
    background.kill(runs.read(run.path).record.process)
    wait(lambda: runs.read(run.path).status == runs.FAILED, "the run has failed")
    failed = runs.read(run.path)
    again = queue.resume(failed) if failed.resumable else queue.start_again(failed)
    wait(lambda: runs.read(run.path).training, "the run trains again")
    queue.discard(again)
    wait(lambda: not run.path.exists(), "the run is gone")
    return ""


def kill_worker(chance: random.Random, number: int) -> str:
    """The queue's worker is killed between and within runs."""

    run = queue.submit(SHORT, "optical-digits", name=f"worker-{number}")
    time.sleep(chance.random() * 3)
    background.kill(queue._worker())
    wait(lambda: runs.read(run.path).usable, "the run is finished")
    return run.name


def kill_server(chance: random.Random, number: int) -> str:
    """The server is killed while a run trains, which goes on."""

    with application(str(runs.models_dir())) as server:
        run = queue.submit(SHORT, "optical-digits", name=f"server-{number}")
        time.sleep(chance.random() * 2)
        server.process.kill()
    wait(lambda: runs.read(run.path).usable, "the run is finished")
    return run.name


def kill_evaluator(chance: random.Random, _: int) -> str:
    """A process that evaluates is killed; asked again, it brings the evaluation."""

    run = runs.read("cnn")
    for path in results.folder().glob("evaluation-*"):
        path.unlink(missing_ok=True)  # its process may be tidying up
    results.start(run, "optical-digits")
    time.sleep(chance.random() * 3)
    if (status := results.progress(run, "optical-digits")) is not None:
        background.kill(status.process)
    results.start(run, "optical-digits")
    wait(lambda: results.progress(run, "optical-digits") is None, "the evaluation is there")
    results.find(run, "optical-digits")
    return ""


def kill_importer(chance: random.Random, number: int) -> str:
    """The process that opens a foreign network is killed; brought again, it becomes a run."""

    content, name = (runs.SHIPPED_DIR / "report-ann" / runs.MODEL).read_bytes(), f"import-{number}"
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        first = beside.submit(imports.import_keras, content, name, "optical-digits")
        time.sleep(chance.random() * 4)
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if "mnist_core.background.confinement" in child.cmdline():
                    child.kill()
        try:
            return first.result().name
        except InputError:
            return imports.import_keras(content, name, "optical-digits").name


def kill_searcher(chance: random.Random, number: int) -> str:
    """A search is killed within its trials, and goes on with those that it has left."""

    name = f"search-{number}"
    search.create(name, "optical-digits", 3, seed=number, space=SMALL)
    search.start(name)
    time.sleep(chance.random() * 12)
    ended = search.state(name).trials
    if search.state(name).active and (status := search_storage.job(name).status()) is not None:
        background.kill(status.process)
        wait(lambda: not search.state(name).active, "the search has ended")
        search.start(name)
    wait(lambda: search.state(name).activity == search.FINISHED, "the search is finished")
    found = search.state(name).trials
    if [trial.number for trial in found] != [1, 2, 3] or found[: len(ended)] != ended:
        sys.exit(f"{name} holds other trials than it should: {found}")
    search.delete(name)
    return ""


KILLED = {
    "trainer": kill_trainer,
    "worker": kill_worker,
    "server": kill_server,
    "evaluator": kill_evaluator,
    "importer": kill_importer,
    "searcher": kill_searcher,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(KILLED), default=list(KILLED))
    options = parser.parse_args()
    print(f"seed {options.seed}\n")
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder
        kept: list[str] = []
        for name in options.only:
            chance, began, said = random.Random(options.seed), time.monotonic(), []
            for number in range(options.kills):
                kept += filter(None, [KILLED[name](chance, number)])
                said += wrong(kept)
            failed = failed or bool(said)
            seconds = time.monotonic() - began
            rows.append([name, str(options.kills), "; ".join(said) or "nothing", f"{seconds:.0f}"])
        with contextlib.suppress(OSError):
            Path(folder, ".worker.json").unlink()
    print_table(["killed", "times", "lost, broken or left", "seconds"], rows)
    sys.exit(failed)


if __name__ == "__main__":
    main()
