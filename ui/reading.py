"""Which run reads, and its network, opened once for everybody.

A network is opened by a thread of its own from the moment that somebody opens a page, so that a
person who draws does not wait for it (`routes.readers`). LiteRT reads; the server never loads
TensorFlow.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.networks.kept import DEFAULT
from mnist_core.networks.predictor import UnconvertedError
from mnist_core.runs import Run
from routes import networks
from routes.readers import Reader, reader
from ui import actions, presence

LOOK_SECONDS = 1.0  # between two looks at the files of a run while people draw
PICKER = "run"  # the picker's key; the choice holds on every page
KNOWN = "run_known"  # in the session: the name and identity of the run that was picked
TOLD = "run_told"  # and a sentence about one that is no longer there


def predict(reader: Reader, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities (n, 10) of images (n, 28, 28) by a predictor that has started.

    Raises:
        InputError: the network is broken, or the images have another shape.
    """
    return reader.result().predict(images)


@dataclass(frozen=True)
class Active:
    """The run that reads, its predictor, and a sentence if it is not the one that was picked."""

    run: Run
    reader: Reader
    problem: str | None
    read: bool  # whether its network has started here,
    packed: bool  # and whether it is there for the browser

    @property
    def started(self) -> bool:
        """Whether the run has started, here and for the browser."""
        return self.read and self.packed


_looks: dict[tuple[Path, str | None], tuple[float, Active]] = {}


def active(lately: bool = False) -> Active:
    """The run that this visitor picked, or the default one where that cannot be used.

    Args:
        lately: whether it is enough to know how that was a second ago, so that the files of a run
            are not looked at for every stroke of everybody.
    """
    key, now = (runs.models_dir(), picked()), time.monotonic()
    if lately and (known := _looks.get(key)) and now - known[0] < LOOK_SECONDS:
        return known[1]
    if not lately:  # a fragment cannot change what stands elsewhere on the page
        follow()
    found = _active()
    for other in [k for k, (seen, _) in list(_looks.items()) if now - seen > LOOK_SECONDS]:
        _looks.pop(other, None)
    if found.started and not found.problem:
        _looks[key] = now, found
    else:  # that may change at any moment
        _looks.pop(key, None)
    return found


def _active() -> Active:
    default = runs.read_if_changed(DEFAULT)
    name = picked()
    run = runs.named(name) if name else default
    problem = run.problem
    if problem is None and not run.usable:
        problem = f"The run {run.name} is {run.status}."
    if problem is None:
        loading = reader(run)
        # Some damage shows only when the network is loaded.
        error = loading.exception() if loading.done() else None
        if error is None:
            return _state(run, loading)
        problem = _prepared(run) if isinstance(error, UnconvertedError) else str(error)
    return _state(default, reader(default), f"{problem} {default.name} reads for now.")


def _state(run: Run, reader: Reader, problem: str | None = None) -> Active:
    return Active(run, reader, problem, reader.done(), networks.packed(run).done())


def _prepared(run: Run) -> str:
    """Have the network of an older run put into LiteRT's form, and say how far that is."""
    try:
        status = actions.prepare(run)
    except InputError as error:
        return str(error)
    if status is not None and status.problem:
        return status.problem
    return f"{run.name} is being prepared for reading."


def picked() -> str | None:
    """The name of the run that this visitor picked; None before the first choice."""
    return st.session_state.get(PICKER)


def pick(name: str) -> None:
    """Pick the run that reads; on the drawing page only before `picker` is shown."""
    st.session_state[PICKER] = name


def follow() -> None:
    """Let the choice follow a run that was renamed; from one that was deleted, to the default."""
    name = picked()
    if name is None:
        return
    run, known = runs.named(name), st.session_state.get(KNOWN)
    if run.identity is not None:
        st.session_state[KNOWN] = name, run.identity
        presence.note(run)
        return
    renamed = [other.name for other in runs.all_runs() if known == (name, other.identity) and known]
    if renamed:
        st.session_state[TOLD] = f"{name} is called {renamed[0]} now."
    else:
        st.session_state[TOLD] = f"{name} is no longer there. {runs.DEFAULT_RUN} reads now."
    pick(renamed[0] if renamed else runs.DEFAULT_RUN)


def gone() -> str | None:
    """A sentence about a run that is no longer there, until another is picked."""
    return st.session_state.get(TOLD)


def picker() -> None:
    """Lets the visitor choose the run that reads, on every page the same."""
    found = {run.name: run for run in runs.all_runs() if run.problem or run.usable}
    names = list(found)
    follow()
    if picked() not in names:
        pick(runs.DEFAULT_RUN)
    st.selectbox(
        "Network",
        names,
        key=PICKER,
        on_change=lambda: st.session_state.pop(TOLD, None),
        persist_state="session",
        format_func=lambda name: _label(found[name]) if name in found else name,
        help="The trained run that reads your drawing.",
    )


def _label(run: Run) -> str:
    if run.problem:
        return f"{run.name} – broken"
    accuracy = run.metrics.test_accuracy
    # What was trained on MNIST and more is still measured on MNIST's test digits.
    dataset = run.dataset.split("+")[0].replace("mnist", "MNIST")
    measured = "" if accuracy is None else f" – {accuracy:.2%} of the test digits of {dataset}"
    return run.name + measured
