"""Train together: a network that learns from the class, and what it gains on held-out members."""

from __future__ import annotations

import streamlit as st

from mnist_core import classroom, datasets, runs
from mnist_core.classroom import Class
from mnist_core.errors import InputError
from mnist_core.networks.kept import DEFAULT
from mnist_core.networks.predictor import UnconvertedError
from mnist_core.runs import Run
from mnist_core.training import classes, queue
from ui import actions, say
from ui.classroom import gained, state
from ui.classroom.keeping import counted
from ui.inline import INTO_VIEW
from ui.train import charts, progress
from ui.train import state as training
from ui.train.snapshot import Snapshot, take

QUICK = 0.4  # seconds between polls of a run directory
SHOW = "class_into_view"  # in the session: what was asked for is to be brought into view


def show(found: Class) -> None:
    """The buttons, the curves of what is trained, and before and after."""
    with st.container(key="train_class"):
        st.header("Train together", anchor=False)
        _explain(found.code)
        shown = take()
        own = classes.runs_of(found.code, shown.listed)
        active = next((run for run in own if run.active), None)
        with st.container(horizontal=True, vertical_alignment="center"):
            _button("Fine-tune the network", found.code, False, active is not None)
            _button("Train one from nothing", found.code, True, active is not None)
        if st.session_state.pop(SHOW, False):
            with st.container(key="into_view"):
                st.html(INTO_VIEW, unsafe_allow_javascript=True)
        if active:
            st.fragment(_watch, run_every=QUICK)(active, [(r.name, r.status) for r in own])
        elif own:
            _result(found, own)


def _explain(code: str) -> None:
    digits = [digit for digit in classroom.store().digits(code) if digit.label is not None]
    tests = [digit for digit in digits if datasets.is_held_out(digit.member)]
    if not digits:
        st.caption("There is nothing to learn from yet: let the class write.")
        return
    learnt = {digit.member for digit in digits} - {digit.member for digit in tests}
    st.markdown(
        f"It learns from **{counted(len(digits) - len(tests), 'digit', 'digits')}** of "
        f"{counted(len(learnt), 'member', 'members')}, and from some of MNIST's. "
        f"**{counted(len(tests), 'digit', 'digits')}** of "
        f"{counted(len({d.member for d in tests}), 'member', 'members')} are held out, "
        "to be tested on."
    )


def _button(label: str, code: str, from_nothing: bool, busy: bool) -> None:
    st.button(
        label,
        key="train_from_nothing" if from_nothing else "train_together",
        type="secondary" if from_nothing else "primary",
        icon=":material/restart_alt:" if from_nothing else ":material/play_arrow:",
        disabled=busy,
        on_click=_begin,
        args=(code, from_nothing),
        help="The report's network, from fresh weights, to compare with."
        if from_nothing
        else f"{runs.DEFAULT_RUN} goes on learning, in small steps: less than a minute.",
    )


def _begin(code: str, from_nothing: bool) -> None:
    training.tell(None)
    if state.done(actions.train_class, code, from_nothing):
        st.session_state[SHOW] = True


def _watch(run: Run, statuses: list[tuple[str, str]]) -> None:
    """A run in training: how far it is, and its curves."""
    found: Snapshot = take()
    queue.tend(found.every)
    own = [one for one in found.listed if (one.name, one.status) in statuses]
    now = next((one for one in own if one.name == run.name), None)
    if now is None or not now.active:
        st.rerun()
    say.error_if(training.read().note_at(training.PANEL))
    progress.show(now, runs.read_progress(now), found)
    history, live = runs.read_history(now), runs.read_live(now)
    if history or len(live):
        charts.curves(now, history, live)


def _result(found: Class, own: list[Run]) -> None:
    """What the newest of the class's runs gains, and the button that gives it to all phones."""
    run = own[0]
    if run.status == runs.FAILED:
        say.error(f"Failed: {run.record.reason or 'the reason is not known'}")
        return
    if len(own) > 1:
        names = {one.name: one for one in own if one.usable}
        chosen = st.segmented_control(
            "Network",
            list(names),
            default=next(iter(names), None),
            required=True,
            key=f"class_run-{len(names)}",
            format_func=lambda name: _kind(names[name]),
        )
        run = names.get(str(chosen), run)
    if not run.usable:
        return
    with st.expander("Its curves"):
        charts.curves(run, runs.read_history(run), runs.read_live(run))
    try:
        gained.show(found.code, runs.read(DEFAULT), run)
    except UnconvertedError as error:
        say.info(error)
        return
    except InputError as error:
        say.error(error)
        return
    _give(found, run)


def _kind(run: Run) -> str:
    return f"{run.name}, {'fine-tuned' if run.recipe.start_from else 'from nothing'}"


def _give(found: Class, run: Run) -> None:
    """The button that lets a run read on all phones, or takes it back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if found.network != run.name:
            st.button(
                "Give it to all phones",
                key="give_network",
                type="primary",
                icon=":material/send_to_mobile:",
                on_click=state.attempt,
                args=(actions.set_network, found.code, run.name),
            )
        if found.network:
            st.caption(f"{say.plain(found.network)} reads on all phones.", width="content")
            st.button(
                f"Back to {runs.DEFAULT_RUN}",
                key="take_network_back",
                type="tertiary",
                icon=":material/undo:",
                on_click=state.attempt,
                args=(actions.set_network, found.code, None),
            )
