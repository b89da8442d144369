"""A training that is over, shown again slowly: its curves grow, its nine test digits turn right."""

from __future__ import annotations

import streamlit as st

from mnist_core import runs
from mnist_core.runs import Run
from ui.train import charts, guesses

FRAMES = 30  # at most, however long the training took
FRAME_SECONDS = 0.8  # so that the longest replay takes 24 seconds, and charts are drawn in time


def offer(run: Run) -> None:
    """A button that shows the training again; nothing where it is not known moment by moment."""
    if len(runs.read_watched(run)) > 1:
        st.button(
            "Replay the training slowly",
            key="replay",
            icon=":material/replay:",
            on_click=begin,
            args=(run,),
        )


def begin(run: Run) -> None:
    st.session_state["replaying"] = (run.identity, 0)


def end() -> None:
    st.session_state.pop("replaying", None)


def under_way(run: Run) -> bool:
    """Whether this run is being shown again."""
    return st.session_state.get("replaying", (None, 0))[0] == run.identity


def show(run: Run) -> None:
    """The next moment of the training."""
    moments = runs.read_watched(run)
    step = -(-len(moments) // FRAMES) or 1
    frames = [*moments[:-1:step], *moments[-1:]]
    _, number = st.session_state["replaying"]
    if number >= len(frames):
        end()
        st.rerun()
    st.session_state["replaying"] = (run.identity, number + 1)
    now = frames[number]
    history = [row for row in runs.read_history(run) if row["epoch"] <= now.epoch]
    live = runs.read_live(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress((number + 1) / len(frames), f"Epoch {now.epoch:.2f}, shown slowly")
        st.button("End", key="end_replay", icon=":material/stop:", on_click=end)
    charts.growing(history, live[live[:, 0] <= now.epoch])
    guesses.show(run.dataset, now.as_digits())
