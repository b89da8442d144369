"""An ensemble made of the runs that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.evaluation import comparison
from mnist_core.evaluation.comparison import Contender
from mnist_core.runs import Run
from mnist_core.training import ensembles
from ui import access, actions, say

AVERAGED = "averaged"  # in the session: the name of the average that is being made
POLL_SECONDS = 0.5


def with_finished(chosen: Sequence[str], found: Mapping[str, Run], most: int) -> list[str]:
    """The runs to compare, with the average that has been finished since, if there is one."""
    run = found.get(st.session_state.get(AVERAGED, ""))
    if run is None or not run.usable:
        return list(chosen)
    del st.session_state[AVERAGED]
    return [*[name for name in chosen if name != run.name][: most - 1], run.name]


def offer(chosen: Sequence[Run]) -> None:
    """A button that averages the chosen runs, and how far that is."""
    access.note("Averaging and measuring runs")
    if not access.allowed():
        return
    with st.container(key="averaging"):
        if AVERAGED in st.session_state:
            st.fragment(_watch, run_every=POLL_SECONDS)(st.session_state[AVERAGED])
            return
        if not ensembles.FEWEST <= len(chosen) <= ensembles.MOST:
            st.caption(f"Choose {ensembles.FEWEST} to {ensembles.MOST} runs to average them.")
            return
        with (
            st.popover("Average these runs", icon=":material/join:"),
            st.form("average", border=False),
        ):
            st.caption("An ensemble: a run whose probabilities are the mean of theirs.")
            name = st.text_input("Name", "average", key="average_name")
            if not st.form_submit_button("Average", key="average", type="primary"):
                return
            try:
                st.session_state[AVERAGED] = actions.average(name, chosen).name
            except InputError as error:
                say.error(error)
                return
        st.rerun()


def _watch(name: str) -> None:
    run = runs.read(name)
    if run.active:
        st.progress(
            0.5, f"{say.plain(name)}: putting the networks together and reading the test digits …"
        )
        return
    if run.usable:
        st.rerun()  # it joins those that are compared
    reason = run.record.reason or f"The run {name} has been deleted."
    say.error(f"The ensemble failed: {reason}")
    if st.button("Close", key="average_close", type="tertiary"):
        st.session_state.pop(AVERAGED, None)
        st.rerun()


def show_gain(contenders: Sequence[Contender]) -> None:
    """For each average: its members, what it gains and what it costs."""
    for contender in contenders:
        if contender.run.members:
            st.markdown(say.plain(comparison.gain(contender, contenders)))
