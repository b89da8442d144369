"""The panel that follows a training run; it draws itself anew every moment."""

from __future__ import annotations

import html

import streamlit as st

from mnist_core import recipes, runs
from mnist_core.evaluation.verdict import verdict
from mnist_core.runs import Run
from mnist_core.training import queue
from ui import say
from ui.inline import INTO_VIEW
from ui.train import charts, guesses, progress, replay, result, snapshot, state, waiting
from ui.train.snapshot import Snapshot
from ui.train.state import State

QUICK, SLOW = 0.4, 2.0  # seconds between polls of the run directories


def show(shown: Snapshot, asked: State) -> None:
    """The panel, looked at again and again, more often while something is trained.

    Args:
        shown: the runs that the rest of the page shows.
        asked: what the visitor has asked the page for.
    """
    if state.into_view():
        with st.container(key="into_view"):
            st.html(INTO_VIEW, unsafe_allow_javascript=True)
    every = QUICK if shown.busy else SLOW
    if asked.replayed:
        every = replay.FRAME_SECONDS
    st.fragment(_refresh, run_every=every)(shown, asked)


def _refresh(shown: Snapshot, asked: State) -> None:
    found = snapshot.take()
    queue.tend(found.every)
    if found.statuses != shown.statuses or state.read() != asked:
        st.rerun()  # the rest of the page, and how often to look, change with it
    run = found.watched(asked.watched)
    if run is None:
        st.info("Choose a recipe and press **Train**: its curves grow here.")
    else:
        panel(run, found, asked)


def panel(run: Run, found: Snapshot, asked: State) -> None:
    """A run: how far it is, its curves, its guesses, its result, and what waits after it."""
    st.html(f"<h2>{html.escape(run.name)}</h2>")
    # Each part has its place, whether it is there or not, so that nothing blinks.
    top, middle, low, last = (st.container() for _ in range(4))
    with top:
        say.error_if(asked.note_at(state.PANEL))
    if run.problem:
        top.warning(say.plain(run.problem))
        return
    status = runs.read_progress(run) if run.active else {}
    with top:
        if run.active:
            progress.show(run, status, found)
        elif run.status == runs.FAILED:
            progress.show_failure(run)
    if not run.active and replay.under_way(run):
        with middle:
            replay.show(run)
        return
    history, live = runs.read_history(run), runs.read_live(run)
    with middle:
        if run.usable or run.status == runs.FAILED:
            summed_up(run, history)
        if history or len(live):
            charts.curves(run, history, live)
        if not run.active:
            replay.offer(run)
    dataset = run.dataset
    with low:
        if "digits" in status:
            guesses.show(dataset, status["digits"])
        if run.usable:
            result.show(run, dataset, asked.reads == run.name)
    with last:
        waiting.show([other for other in found.waiting if other.name != run.name])


def summed_up(run: Run, history: list[dict[str, float]]) -> None:
    """A sentence on how the training went, or on what is known of it."""
    words = verdict(run.recipe, history)
    if run.recipe.name == recipes.IMPORTED:
        words = (
            "Imported: nothing is known of how it was trained. Its layers and weights are, "
            f"and it was measured here on the test digits of {run.dataset}."
        )
    elif run.members:
        words = f"An average of {len(run.members)} runs: there was nothing to train."
    if words:
        with st.container(key="verdict"):
            st.markdown(say.plain(words))
