"""Which run reads, and its network, loaded once for everybody.

TensorFlow takes seconds to start. It is loaded by a thread of its own from the moment that
somebody opens a page, so that a person who draws rarely waits for it.
"""

from __future__ import annotations

import concurrent.futures
import os
import threading
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core import runs
from mnist_core.runs import Run

if TYPE_CHECKING:
    from mnist_core.predictor import Predictor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Reader = concurrent.futures.Future["Predictor"]

_loader = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="loader")
_readers: dict[tuple[str, int, int], Reader] = {}
_lock = threading.Lock()
KEPT = 8  # networks that are kept in memory


def reader(run: Run) -> Reader:
    """The run's predictor, now or soon; its `result()` raises InputError if it is broken."""
    try:
        stat = run.model_file.stat()
        key = str(run.path), stat.st_mtime_ns, stat.st_size
    except OSError:
        key = str(run.path), 0, 0
    with _lock:
        if key not in _readers:
            while len(_readers) >= KEPT:
                del _readers[next(iter(_readers))]
            _readers[key] = _loader.submit(_load, run)
        return _readers[key]


def _load(run: Run) -> Predictor:
    from mnist_core import predictor

    loaded = predictor.load(run)
    loaded.warm_up()
    return loaded


def active() -> tuple[Run, Reader, str | None]:
    """The run that this visitor picked, or the default one where that cannot be used.

    Returns:
        The run that reads, its predictor, and a sentence if it is not the one that was picked.
    """
    default = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    run = runs.read(st.session_state.get("run") or default.path)
    problem = run.problem
    if problem is None and not run.usable:
        problem = f"The run {run.name} is {run.status}."
    if problem is None:
        loading = reader(run)
        # Some damage shows only when the network is loaded.
        error = loading.exception() if loading.done() else None
        if error is None:
            return run, loading, None
        problem = str(error)
    return default, reader(default), f"{problem} Meanwhile {default.name} reads."


def picker() -> None:
    """Lets the visitor choose the run that reads, on every page the same."""
    found = {run.name: run for run in runs.all_runs() if run.problem or run.usable}
    names = list(found)
    if st.session_state.get("run") not in names:
        st.session_state["run"] = runs.DEFAULT_RUN
    st.selectbox(
        "Network",
        names,
        key="run",
        persist_state="session",
        format_func=lambda name: _label(found[name]) if name in found else name,
        help="The trained run that reads your drawing.",
    )


def _label(run: Run) -> str:
    if run.problem:
        return f"{run.name} – broken"
    accuracy = run.metrics.get("test_accuracy")
    # What was trained on MNIST and more is still measured on MNIST's test digits.
    dataset = run.info["dataset"]["name"].split("+")[0].replace("mnist", "MNIST")
    measured = "" if accuracy is None else f" – {accuracy:.2%} of the test digits of {dataset}"
    return run.name + measured
