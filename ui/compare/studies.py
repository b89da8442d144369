"""What each choice does to accuracy: a study chosen, measured, followed and stopped."""

from __future__ import annotations

import functools

import streamlit as st

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.evaluation.comparison import DRAWN
from mnist_core.experiments import study_pool, study_progress, study_trials
from mnist_core.experiments.studies import STUDIES, Study
from mnist_core.experiments.study_pool import Pool
from mnist_core.experiments.study_progress import StudyProgress
from mnist_core.training import queue
from ui import access, actions, say
from ui.compare import study_effect, workers

POLL_SECONDS = 1.0


def show() -> None:
    """The whole section."""
    st.write("One choice is changed at a time, all else stays, and each value has several seeds.")
    study = STUDIES[
        st.selectbox(
            "Choice",
            list(STUDIES),
            format_func=lambda name: STUDIES[name].title,
            key="study",
            persist_state="session",
        )
    ]
    st.write(study.question)
    try:
        study_trials.gather()
        rows, state = study_trials.read(), study_progress.progress(study.trials())
    except InputError as error:
        say.error(error)
        return
    with st.container(key="trials"):
        every = POLL_SECONDS if state.active or pool_of(study) else None
        st.fragment(functools.partial(follow, study, state, every is not None), run_every=every)()
    if any(study.rows(rows).values()):
        with st.container(key="effect"):
            study_effect.show(study, rows)
    st.caption(f"On the command line: `{study_trials.COMMAND} {study.name}`")


def follow(study: Study, shown: StudyProgress, was_active: bool) -> None:
    """How far the study is, with a button to resume or to stop; again as soon as more is known."""
    trials = study.trials()
    try:
        study_trials.gather()
        queue.tend()
        state = study_progress.progress(trials)
        pool = pool_of(study)
        if pool is not None:
            show_pool(pool, state)
        elif state.active:
            st.progress(state.measured / state.total, progress_in_words(state))
            if access.allowed() and st.button(
                "Stop", key="stop_study", icon=":material/stop_circle:"
            ):
                actions.stop_study(study)
                st.rerun()
        elif state.measured < state.total:
            offer(study, state)
    except InputError as error:
        say.error(error)
        return
    active = state.active or pool is not None
    if (state.measured, active) != (shown.measured, was_active):
        st.rerun()


def pool_of(study: Study) -> Pool | None:
    """The worker pool that is at a study."""
    return next(
        (pool for pool in study_pool.pools() if pool.active and study.name in pool.studies), None
    )


def show_pool(pool: Pool, state: StudyProgress) -> None:
    """How far a worker pool is, and who is in it."""
    parts = [f"{state.measured} of {state.total} runs"]
    if pool.status:
        if pool.status.seconds_left is not None:
            whole = "" if len(pool.studies) == 1 else f" for {len(pool.studies)} studies"
            parts.append(f"about {runs.duration(pool.status.seconds_left)} left{whole}")
        parts.append(workers.in_words(pool.status))
    else:
        parts.append("starting the workers")
    st.progress(state.measured / state.total, " · ".join(parts))
    if pool.status:
        workers.show(pool.status)
    if not access.allowed():
        return
    asked = study_pool.job(pool.name).asked_to_stop() is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Stop", key="stop_pool", icon=":material/stop_circle:", disabled=asked):
            actions.stop_pool(pool.name)
            st.rerun()
        if asked:
            st.caption("What is in training comes to its end first.")


def progress_in_words(state: StudyProgress) -> str:
    parts = [
        f"{state.measured} of {state.total} runs",
        f"about {runs.duration(state.seconds_left)} left",
    ]
    if state.training:
        parts.append(f"now {study_trials.words(state.training)}")
    elif other := queue.current():
        parts.append(
            f"waiting for {study_trials.words(other) if other.record.study else other.name}"
        )
    return " · ".join(parts)


def offer(study: Study, state: StudyProgress) -> None:
    """The button that puts what is missing into the queue."""
    if not state.measured:
        st.info("Nothing has been measured yet.")
    for run in state.failed[:1]:
        say.warning(f"{len(state.failed)} failed and will be tried again. {study_trials.why(run)}")
    for pool in study_pool.pools():
        if pool.problem and study.name in pool.studies:
            say.error(pool.problem)
    if not datasets.at_hand(DRAWN):
        st.caption(f"{datasets.missing(DRAWN)} Then drawn digits are tried too.")
    access.note("Measuring")
    if not access.allowed():
        return
    by = workers.ask("study", state.total - state.measured)
    with st.container(horizontal=True, vertical_alignment="center"):
        words = "Measure the rest" if state.measured else "Measure"
        if st.button(
            words,
            key="run_study",
            type="primary",
            icon=":material/play_arrow:",
        ):
            actions.measure_study(study, by)
            st.rerun()
        alone = f"about {runs.duration(state.seconds_missing)}, one after another. "
        st.caption(
            f"{state.total - state.measured} runs, {'' if by else alone}They continue when "
            f"this page is closed{'' if by else ', and let other runs go first'}."
        )
