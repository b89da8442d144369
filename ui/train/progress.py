"""How far a run is, and why it failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mnist_core import background, runs
from mnist_core.experiments import study_trials
from mnist_core.runs import Run
from mnist_core.training import queue
from ui import access, actions, say
from ui.train import state
from ui.train.network import duration
from ui.train.snapshot import Snapshot


def show(run: Run, status: Mapping[str, Any], found: Snapshot) -> None:
    """How far an active run is, and the buttons that end it.

    Args:
        status: what the training process has written into progress.json.
        found: all runs at the moment at which this one was read.
    """
    if run.status == runs.QUEUED:
        st.progress(0.0, _place_in_queue(run, found))
    else:
        st.progress(*_phase(status))
        if background.paused(run.record.process):
            say.warning("Somebody has paused the process that trains this run: continue or end it.")
    if not access.allowed():
        return
    asked = runs.asked_to_stop(run.path)
    with st.container(horizontal=True):
        if run.status == runs.RUNNING:
            st.button(
                "Stop",
                key="stop",
                icon=":material/stop_circle:",
                on_click=state.attempt,
                args=(actions.stop, run),
                disabled=asked is not None,
                help="Ends the training now and keeps its best weights so far.",
            )
        offer_discard(run, asked)
        if asked:
            st.caption("Stopping …")


def offer_discard(run: Run, asked: str | None) -> None:
    """A button that deletes an active run; one in training is asked about first."""
    if run.status == runs.QUEUED:
        st.button(
            "Take out of the queue",
            key="discard",
            icon=":material/delete:",
            type="tertiary",
            on_click=discard,
            args=(run,),
        )
        return
    with st.popover(
        "Discard", icon=":material/delete:", type="tertiary", disabled=asked == runs.DISCARD
    ):
        st.markdown(
            "Stop the training and delete what it has learned? The run can be brought back."
        )
        st.button("Stop and discard", key="discard", on_click=discard, args=(run,))


def discard(run: Run) -> None:
    """End a run and delete it; one that waited can be undone at once."""

    def end(run: Run) -> None:
        place = actions.discard(run)
        state.keep_deleted([place] if place else [])

    state.attempt(end, run)


def _place_in_queue(run: Run, found: Snapshot) -> str:
    if found.waiting[0].name != run.name:
        return "Waiting for its turn"
    if found.in_training is None:
        return queue.held_up() or "Starting …"
    if found.in_training.record.study:
        return f"Next, after {study_trials.words(found.in_training)} of a study"
    return "Waiting for its turn"


def _phase(status: Mapping[str, Any]) -> tuple[float, str]:
    """How far a training process is, from 0 to 1 and in words."""
    phase = status.get("phase")
    if phase == "training":
        done = (status["epoch"] - 1 + status["step"] / status["steps"]) / status["epochs"]
        return min(1.0, done), (
            f"Epoch {status['epoch']} of {status['epochs']} · "
            f"{status['images_per_second']:,.0f} images/s · "
            f"{duration(status['seconds_left'])} left"
        )
    if phase == "preparing":
        return status["share"], f"Drawing pen strokes: {status['share']:.0%}"
    if phase == "downloading":
        return status["share"], f"Downloading the dataset: {status['share']:.0%}"
    if phase == "evaluating":
        return 1.0, "Reading the test digits …"
    return 0.0, "Starting …"


def show_failure(run: Run) -> None:
    """Why a run failed, the end of its log, and the button that resumes it if it can be."""
    say.error(f"Failed: {run.record.reason or 'the reason is not known'}")
    if run.resumable and access.allowed():
        st.button(
            f"Resume after epoch {len(runs.read_history(run))}",
            key="resume",
            icon=":material/resume:",
            on_click=state.attempt,
            args=(actions.resume, run),
        )
    if run.restartable and access.allowed():
        st.button(
            "Start again",
            key="start_again",
            icon=":material/restart_alt:",
            type="tertiary" if run.resumable else "secondary",
            on_click=state.attempt,
            args=(actions.start_again, run),
            help="Trains it once more from the first epoch.",
        )
    if log := runs.log_end(run):
        with st.expander("The end of its log"):
            st.code(say.without_paths(log), language=None, wrap_lines=True)
