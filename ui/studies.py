"""What each choice does to accuracy: a study's picture, what it bears out, and how to run it."""

from __future__ import annotations

import functools

import pandas as pd
import streamlit as st

from mnist_core import datasets, figures, runs
from mnist_core.errors import InputError
from mnist_core.experiments import studies, trials
from mnist_core.experiments import worker_pool as crews
from mnist_core.experiments.studies import DRAWN, STUDIES, TEST, TRAINING, VALIDATION, Study
from mnist_core.experiments.trials import Row, State
from mnist_core.experiments.worker_pool import Crew
from mnist_core.training import queue
from ui import workers

LOOK_SECONDS = 1.0
VERDICTS = {
    True: ":material/check_circle: **Borne out.**",
    False: ":material/cancel: **Not borne out.**",
    None: ":material/help: **Not known yet.**",
}


def show() -> None:
    """The whole view."""
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
        trials.gather()
        rows, state = trials.read(), trials.look(study.trials())
    except InputError as error:
        st.error(str(error))
        return
    with st.container(key="trials"):
        every = LOOK_SECONDS if state.active or crew_of(study) else None
        st.fragment(functools.partial(follow, study, state, every is not None), run_every=every)()
    if any(study.rows(rows).values()):
        with st.container(key="effect"):
            show_effect(study, rows)
    st.caption(f"On the command line: `{trials.COMMAND} {study.name}`")


def follow(study: Study, shown: State, was_active: bool) -> None:
    """How far the study is, with a button to go on or to stop; again as soon as more is known."""
    wanted = study.trials()
    try:
        trials.gather()
        queue.tend()
        state = trials.look(wanted)
        crew = crew_of(study)
        if crew is not None:
            show_crew(crew, state)
        elif state.active:
            st.progress(state.measured / state.total, progress_in_words(state))
            if st.button("Stop", key="stop_study", icon=":material/stop_circle:"):
                trials.stop(wanted)
                st.rerun()
        elif state.measured < state.total:
            offer(study, state)
    except InputError as error:
        st.error(str(error))
        return
    active = state.active or crew is not None
    if (state.measured, active) != (shown.measured, was_active):
        st.rerun()


def crew_of(study: Study) -> Crew | None:
    """The workers that are at a study."""
    return next((crew for crew in crews.crews() if crew.active and study.name in crew.at), None)


def show_crew(crew: Crew, state: State) -> None:
    """How far workers are, and who they are."""
    parts = [f"{state.measured} of {state.total} trainings"]
    if crew.look:
        if crew.look.seconds_left is not None:
            whole = "" if len(crew.at) == 1 else f" for {len(crew.at)} studies"
            parts.append(f"about {runs.duration(crew.look.seconds_left)} left{whole}")
        parts.append(workers.in_words(crew.look))
    else:
        parts.append("starting the workers")
    st.progress(state.measured / state.total, " · ".join(parts))
    if crew.look:
        workers.show(crew.look)
    asked = crews.asked_to_stop(crew.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Stop", key="stop_crew", icon=":material/stop_circle:", disabled=asked):
            crews.stop(crew.name)
            st.rerun()
        if asked:
            st.caption("What is in training comes to its end first.")


def progress_in_words(state: State) -> str:
    parts = [
        f"{state.measured} of {state.total} trainings",
        f"about {runs.duration(state.seconds_left)} left",
    ]
    if state.training:
        parts.append(f"now {trials.words(state.training)}")
    elif other := queue.current():
        parts.append(f"waiting for {trials.words(other) if other.study else other.name}")
    return " · ".join(parts)


def offer(study: Study, state: State) -> None:
    """The button that puts what is missing into the queue."""
    if not state.measured:
        st.info("Nothing has been measured yet.")
    for run in state.failed[:1]:
        st.warning(f"{len(state.failed)} failed and will be tried again. {trials.why(run)}")
    for crew in crews.crews():
        if crew.problem and study.name in crew.at:
            st.error(crew.problem)
    if not datasets.at_hand(trials.DRAWN):
        st.caption(f"{datasets.missing(trials.DRAWN)} Then drawn digits are tried too.")
    by = workers.ask("study", state.total - state.measured)
    with st.container(horizontal=True, vertical_alignment="center"):
        words = "Measure the rest" if state.measured else "Measure"
        if st.button(
            words, key="run_study", type="primary", icon=":material/play_arrow:",
            disabled=workers.missing(by),
        ):  # fmt: skip
            if by:
                crews.start("study", [study.name], by)
            else:
                trials.submit(study.trials())
            st.rerun()
        alone = f"about {runs.duration(state.seconds_missing)}, one after another. "
        st.caption(
            f"{state.total - state.measured} trainings, {'' if by else alone}They go on when this "
            f"page is closed{'' if by else ', and let other trainings pass'}."
        )


def show_effect(study: Study, rows: list[Row]) -> None:
    by_value = study.rows(rows)
    for place, (figure, title) in zip(
        st.columns(2), ((TEST, "test digits"), (DRAWN, "drawn digits")), strict=True
    ):
        kinds = {title: figure} | (
            {"training digits": TRAINING} if figure == TEST and study.gap else {}
        )
        series = {
            kind: [
                [v for row in those if (v := getattr(row, key)) == v] for those in by_value.values()
            ]
            for kind, key in kinds.items()
        }
        if not any(series[title]):
            continue
        words = ", ".join(
            f"{value} {found}"
            for value in by_value
            if str(found := study.summary(rows, value, figure))
        )
        with place:
            st.plotly_chart(
                figures.accuracy_by_value(
                    list(by_value), series, study.title.lower(), f"accuracy on {title}", study.steps
                ),
                key=f"{study.name}-{figure}",
                config={"displayModeBar": False},
                alt=f"Accuracy on {title}: {words}.",
            )
    st.caption("A small point for each seed; the mean and its standard deviation. " + study.note)
    with st.container(key="conclusion"):
        st.markdown(studies.conclusion(study, rows))
    if study.claims:
        st.subheader("What the documents conclude or take for granted")
        with st.container(key="claims"):
            for claim in study.claims:
                verdict = claim.rule(study, rows)
                figures_of = f" Here: {verdict.figures}." if verdict.figures else ""
                st.markdown(
                    f"{VERDICTS[verdict.holds]} {claim.text} ({claim.documents}){figures_of}"
                )
    show_table(study, rows)


def show_table(study: Study, rows: list[Row]) -> None:
    lines = []
    for value, those in study.rows(rows).items():
        sums = {
            title: str(study.summary(rows, value, figure))
            for title, figure in (
                ("Test digits", TEST),
                ("Drawn digits", DRAWN),
                ("Validation digits", VALIDATION),
                ("Training digits", TRAINING),
            )
        }
        seconds = sum(row.seconds for row in those) / len(those) if those else None
        lines.append(
            {
                study.title: value,
                **sums,
                "Parameters": f"{those[0].parameters:,}" if those else "",
                "Training time": runs.duration(seconds) if seconds is not None else "",
                "Seeds": len(those),
            }
        )
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config={study.title: st.column_config.TextColumn(pinned=True)},
        key=f"{study.name}-table",
        alt=f"Accuracies by {study.title.lower()}",
    )
