"""Which run reads, and its network, loaded once for everybody.

TensorFlow takes seconds to start. It is loaded by a thread of its own from the moment that
somebody opens a page, so that a person who draws rarely waits for it.
"""

from __future__ import annotations

import concurrent.futures
import gc
import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import runs
from mnist_core.runs import Run

if TYPE_CHECKING:
    from mnist_core.networks.predictor import Predictor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Reader = concurrent.futures.Future["Predictor"]
Packed = concurrent.futures.Future[bytes]

_loader = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="loader")
_packer = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="packer")
# Streamlit runs a page in a new thread each time, and TensorFlow's first call in a thread takes
# many times as long as its second. This one stays.
_thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="reader")
_readers: dict[tuple[str, int, int], Reader] = {}
_packed: dict[tuple[str, int, int], Packed] = {}
_lock = threading.Lock()
KEPT = 8  # networks that are kept in memory


def reader(run: Run) -> Reader:
    """The run's predictor, now or soon; its `result()` raises InputError if it is broken."""
    key = _key(run)
    with _lock:
        if key not in _readers:
            while len(_readers) >= KEPT:
                del _readers[next(iter(_readers))]
            _readers[key] = _loader.submit(_load, run)
        return _readers[key]


def predict(reader: Reader, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities (n, 10) of images (n, 28, 28) by a predictor that has started.

    Raises:
        InputError: the network is broken, or the images have another shape.
    """
    return _thread.submit(reader.result().predict, images).result()


def packed(run: Run) -> Packed:
    """The run's network for the browser, now or soon, whether or not the predictor has started.

    Its `result()` raises InputError if the network cannot run in a browser.
    """
    key = _key(run)
    with _lock:
        if key not in _packed:
            while len(_packed) >= KEPT:
                del _packed[next(iter(_packed))]
            _packed[key] = _packer.submit(_pack, run)
        return _packed[key]


def _key(run: Run) -> tuple[str, int, int]:
    """What tells a run's network from every other, also from one that was in its place."""
    try:
        stat = run.model_file.stat()
        return str(run.path), stat.st_mtime_ns, stat.st_size
    except OSError:
        return str(run.path), 0, 0


def _pack(run: Run) -> bytes:
    from mnist_core.networks import browser

    return browser.pack(run)


def _load(run: Run) -> Predictor:
    from mnist_core import predictor

    loaded = predictor.load(run)
    loaded.warm_up()
    # Streamlit collects garbage after every run of a page, before the last of its answer goes
    # out. Looking through all that TensorFlow holds takes 0.4 s each time; it is left out, and
    # so is what was loaded before, unless it has been dropped since.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
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


def started() -> bool:
    """Whether the run that reads has started, here and for the browser."""
    run, loading, _ = active()
    return loading.done() and packed(run).done()


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
