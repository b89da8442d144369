"""What can be done with runs that are ticked: show, rename, delete, download."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from mnist_core import pocket, runs
from mnist_core.runs import Run
from ui import access, actions, presence, say, warm
from ui.train import state
from ui.train.state import FORM, TABLE, State
from ui.train.trash import in_words

RENAME = "rename"  # the key of the popover
FORMATS = {
    ".keras": "Keras",
    ".h5": "Keras' older format",
    ".tflite": "LiteRT, for phones and small computers",
    ".html": "a page to draw on, without a server",
}


def show(ticked: Sequence[Run], asked: State) -> None:
    """The buttons for the runs that are ticked."""
    one = ticked[0] if len(ticked) == 1 else None
    with st.container(horizontal=True, key="actions"):
        if one:
            st.button(
                "Show",
                key="show",
                icon=":material/monitoring:",
                on_click=state.watch,
                args=(one.name,),
            )
        if one and access.allowed():
            show_rename(one, asked)
        if access.allowed():
            show_delete(ticked)
        if one and one.usable:
            downloads(one)
    say_who_draws(ticked, asked)
    say.error_if(asked.note_at(TABLE))


def show_rename(run: Run, asked: State) -> None:
    """A form for the run's name and note, which stays open until both can be kept."""
    place = st.popover(
        "Rename, note",
        icon=":material/edit:",
        disabled=runs.is_shipped(run) or run.active,
        key=RENAME,
        on_change="rerun",
    )
    before = state.seen(run, bool(place.open))
    if not place.open and asked.note_at(FORM):
        state.tell(None)
    with place, st.form("rename-form", border=False):
        owner = f"{run.identity}-{hash((before.name, before.record.note))}"
        st.text_input("Name", before.name, key=f"name-{owner}", max_chars=80)
        say.error_if(asked.note_at(FORM) if place.open else None)
        st.text_input("Note", before.record.note or "", key=f"note-{owner}", max_chars=200)
        st.form_submit_button("Save", on_click=keep_names, args=(before, owner, asked.watched))


def keep_names(run: Run, owner: str, watched: str | None) -> None:
    """Rename a run as the form says; the panel follows if it is the one that is `watched`."""
    name, note = (st.session_state[f"{entry}-{owner}"] for entry in ("name", "note"))

    def rename(run: Run) -> None:
        renamed = actions.rename(run, name, note)
        if watched == run.name:
            state.rename_watched(renamed.name)

    if state.done(rename, run, FORM):
        st.session_state[RENAME] = False
        state.see_again()
    elif runs.read(run.path).record != run.record:
        state.see_again()  # who has been told that may go on


def show_delete(ticked: Sequence[Run]) -> None:
    """A button that says which of the ticked runs it deletes."""
    possible = [run for run in ticked if not (runs.is_shipped(run) or run.training)]
    shipped = [run.name for run in ticked if runs.is_shipped(run)]
    why = "Runs that come with the program stay." if shipped else "Stop the training first."
    st.button(
        f"Delete {say.plain(in_words([run.name for run in possible or ticked]))}",
        key="delete",
        icon=":material/delete:",
        on_click=delete,
        args=(possible,),
        disabled=not possible,
        help=None if len(possible) == len(ticked) else why,
    )


def delete(chosen: Sequence[Run]) -> None:
    """Delete runs, as many as can be; they can be had back."""
    places: list[Path] = []

    def one(run: Run) -> None:
        place = actions.delete(run)
        places.extend([place] if place else [])

    refused = [state.read().note for run in chosen if not state.done(one, run, TABLE)]
    if refused and refused[0]:
        state.tell(refused[0][1], TABLE)
    state.keep_deleted(places)


def say_who_draws(ticked: Sequence[Run], asked: State) -> None:
    """Say which of the ticked runs somebody draws with, and what happens to them."""
    for run in ticked:
        if runs.is_shipped(run):
            continue
        others, mine = presence.others_with(run), asked.reads == run.name
        who = ["you"] * mine + [f"{others} other{'s' * (others > 1)}"] * (others > 0)
        if who:
            st.caption(
                f":material/draw: {say.plain(run.name)} reads on the drawing page for "
                f"{' and '.join(who)}. Without it, {runs.DEFAULT_RUN} reads there."
            )


def downloads(run: Run) -> None:
    """The run's network in every format that it can be had in."""
    with st.popover("Download", icon=":material/download:"):
        for ending, words in FORMATS.items():
            if run.members and ending != ".keras":
                continue  # only there an average of runs can be kept
            st.download_button(
                f"{ending} – {words}",
                functools.partial(exported, run, ending),
                f"{run.path.name}{ending}",
                key=f"download{ending}",
                on_click="ignore",
                type="tertiary",
            )


def exported(run: Run, ending: str) -> bytes:
    """The network as the bytes of a file; called when somebody presses the button."""
    if ending == ".keras":
        return run.model_file.read_bytes()
    if ending == ".html":
        return pocket.alone(run).encode()
    return warm.export(run, ending)
