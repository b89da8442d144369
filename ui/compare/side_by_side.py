"""Any runs side by side: chosen, tried out, and which of them to use."""

from __future__ import annotations

from concurrent.futures import Future

import streamlit as st

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import comparison
from mnist_core.evaluation.comparison import Contender, Measured
from mnist_core.runs import Run
from ui import actions, say
from ui.compare import cost, curves, ensembles, metrics, run_report

MOST = 8  # runs that are compared at a time


def show() -> None:
    """The whole section."""
    found = {run.name: run for run in runs.all_runs()}
    fit = [name for name, run in found.items() if comparison.refusal(run) is None]
    # What was chosen and has gone since, or broke, is said and left out.
    chosen = ensembles.with_finished(st.session_state.get("compared", fit[:5]), found, MOST)
    gone = [name for name in chosen if name not in fit]
    st.session_state["compared"] = [name for name in chosen if name in fit]
    names = st.multiselect(
        "Runs",
        fit,
        key="compared",
        max_selections=MOST,
        persist_state="session",
        placeholder="Choose runs",
    )
    for name in gone:
        why = comparison.refusal(found[name]) if name in found else None
        say.warning(why or f"The run {name} has been deleted.")
    others = [run for name, run in found.items() if name not in fit]
    if others:
        with st.expander(f"{len(others)} that cannot be compared"):
            for run in others:
                st.write(say.plain(comparison.refusal(run)))
    chosen_runs = [found[name] for name in names]
    if not chosen_runs:
        st.info("Choose two runs or more.")
        return
    ensembles.offer(chosen_runs)
    measuring(chosen_runs)
    run_report.offer(fit, found)


def measuring(chosen: list[Run]) -> None:
    """Show the comparison, and again as soon as more has been measured."""
    pending = [measure(run) for run in chosen]
    waiting = not all(future.done() for future in pending if future)

    def show() -> None:
        done = [future is None or future.done() for future in pending]
        if waiting and all(done):
            st.rerun()
        if waiting:
            st.progress(
                sum(done) / len(done),
                f"{sum(done)} of {len(done)} runs have read the drawn digits",
            )
        results: list[Measured | None] = []
        for future, is_done in zip(pending, done, strict=True):
            try:
                results.append(future.result() if future and is_done else None)
            except InputError as error:
                say.warning(error)
                results.append(None)
        contenders = [comparison.contender(*pair) for pair in zip(chosen, results, strict=True)]
        show_comparison(contenders, complete=all(done))

    st.fragment(show, run_every=1.0 if waiting else None)()


def measure(run: Run) -> Future[Measured] | None:
    """What comes of trying the run on drawn digits; None where that takes the teacher's key."""
    try:
        return actions.measure(run)
    except InputError:
        return None


def show_comparison(contenders: list[Contender], complete: bool) -> None:
    sentence = comparison.recommend(contenders) if complete else ""
    with st.container(key="recommendation"):
        if sentence:
            st.success(say.plain(sentence), icon=":material/check_circle:")
    if not datasets.at_hand(comparison.DRAWN):
        st.caption(f"{datasets.missing(comparison.DRAWN)} Then runs are tried on drawn digits too.")
    tests = sorted({c.test_digits for c in contenders})
    if len(tests) > 1:
        st.caption(
            f"These runs were measured on the test digits of {', '.join(tests)}: figures on "
            "different digits are not compared."
        )
    metrics.show(contenders)
    ensembles.show_gain(contenders)
    cost.show(contenders)
    curves.show(contenders)
