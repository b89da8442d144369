"""A search at work: followed, stopped, resumed, deleted, and its winner trained."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.experiments import search
from mnist_core.experiments.search import Search
from mnist_core.training import queue
from ui import access, actions, say
from ui.compare import search_trials, workers

QUICK, SLOW = 1.0, 5.0  # seconds between polls of a search


def watch(name: str) -> None:
    """Follow a search; everything below draws itself anew as trials come in."""
    try:
        found = search.state(name)
    except InputError as error:
        say.error(error)
        offer_to_delete(name)
        return
    was = found.activity

    def follow() -> None:
        try:
            found = search.state(name)
        except InputError as error:
            say.error(error)
            return
        if (found.activity in (search.FINISHED, search.FAILED)) != (
            was in (search.FINISHED, search.FAILED)
        ) or found.active != (was in (search.WAITING, search.LOADING, search.SEARCHING)):
            st.rerun()  # how often to look changes with it
        with st.container(key="search_progress"):
            show_progress(found)
        with st.container(key="search_best"):
            show_best(found)
        if found.trials:
            search_trials.show_pictures(found)
            search_trials.show_table(found)

    st.fragment(follow, run_every=QUICK if found.active else SLOW)()


def show_progress(found: Search) -> None:
    done, total = len(found.trials), found.settings.trials
    if found.activity == search.WAITING:
        st.progress(done / total, f"{done} of {total} trials · waiting for its turn to train")
    elif found.activity == search.LOADING:
        if found.share:
            st.progress(found.share, "Downloading the digits …")
        else:
            st.progress(done / total, "Loading the digits …")
    elif found.activity == search.SEARCHING:
        left = found.seconds_left
        words = f"Trial {min(done + 1, total)} of {total}"
        if found.workers:
            words = f"{done} of {total} trials"
        if left is not None:
            words += f" · about {runs.duration(left)} left"
        if found.workers:
            words += f" · {workers.in_words(found.workers)}"
        st.progress(min(1.0, (done + found.share) / total), words)
        if found.workers:
            workers.show(found.workers)
    elif found.activity == search.FAILED:
        say.error(found.problem or "It failed.")
    elif found.activity == search.INTERRUPTED:
        st.warning(
            f"The process ended unexpectedly after {done} of {total} trials. Resume it: it ends "
            "as if nothing had happened."
        )
    elif found.activity == search.STOPPED:
        st.info(f"Stopped after {done} of {total} trials.")
    if access.allowed():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            show_controls(found)


def show_controls(found: Search) -> None:
    """Stop what is under way; else resume it, extend it or delete it."""
    if found.active:
        asked = search.asked_to_stop(found.name)
        if st.button(
            "Stop",
            key="search_stop",
            icon=":material/stop_circle:",
            disabled=asked,
            help="What was tried is kept; the search can be resumed later.",
        ):
            act(actions.stop_search, found.name)
        if asked:
            st.caption("Stopping …")
        return
    done, total = len(found.trials), found.settings.trials
    by = workers.ask("search_go_on", found.settings.at_a_time)
    if done < total:
        if st.button(
            "Resume",
            key="search_resume",
            icon=":material/resume:",
        ):
            act(actions.resume_search, found.name, None, by)
    else:
        more = st.number_input("Trials in all", value=total + 10, step=5, key="search_more")
        if st.button(
            "Try more",
            key="search_extend",
            icon=":material/add:",
        ):
            act(actions.resume_search, found.name, int(more), by)
    offer_to_delete(found.name)


def offer_to_delete(name: str) -> None:
    if not access.allowed():
        return
    with st.popover("Delete", icon=":material/delete:", key="search_delete_open"):
        st.write(f"The search {say.plain(name)} and its trials are removed for good. Runs stay.")
        if st.button("Delete for good", key="search_delete", type="primary"):
            act(actions.delete_search, name)


def act(what: Any, *arguments: Any) -> None:
    """Do something, or say why it cannot be done."""
    try:
        what(*arguments)
    except InputError as error:
        say.error(error)
        return
    st.rerun()


def show_best(found: Search) -> None:
    best = found.best
    if best is None:
        return
    st.markdown(
        f"**Best so far: trial {best.number} with {best.value:.2%}** of the validation digits  \n"
        f"{search_trials.in_words(best)}"
    )
    if found.winner and found.winning_trial == best.number:
        run = runs.read(found.winner)
        if run.problem is None and (run.active or run.usable or run.resumable):
            show_winner(run)
            return
    if found.active or not access.allowed():
        return
    if st.button(
        "Train the winner",
        key="search_winner",
        type="primary",
        icon=":material/trophy:",
        help="A run like any other. Only now are the test digits read.",
    ):
        act(actions.train_winner, found.name)


def show_winner(run: runs.Run) -> None:
    queue.tend()
    if run.metrics.test_accuracy is not None:
        words = f"{run.metrics.test_accuracy:.2%} of the test digits"
    else:
        words = run.status
    st.page_link(
        "pages/train.py",
        label=f"The winner's run, {say.plain(run.name)}: {words}",
        icon=":material/trophy:",
        query_params={"run": run.name},
    )
