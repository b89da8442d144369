"""What can be done with one run: show, rename, delete, download."""

from __future__ import annotations

import functools
from pathlib import Path

import streamlit as st

from mnist_core import pocket, runs
from mnist_core.runs import Run
from ui import access, actions, say, warm
from ui.train import state
from ui.train.state import State

FORMATS = {
    ".keras": "Keras",
    ".h5": "Keras' older format",
    ".tflite": "LiteRT, for phones and small computers",
    ".html": "a page to draw on, without a server",
}


def show(run: Run, asked: State) -> None:
    """The buttons for the run that is selected."""
    shipped = runs.is_shipped(run)
    in_use = (asked.reads or runs.DEFAULT_RUN) == run.name
    with st.container(horizontal=True, key="actions"):
        st.button(
            "Show", key="show", icon=":material/monitoring:", on_click=state.watch, args=(run.name,)
        )
        if access.allowed():
            with st.popover("Rename, note", icon=":material/edit:", disabled=shipped or run.active):
                rename_form(run, asked.watched == run.name)
            st.button(
                "Delete",
                key="delete",
                icon=":material/delete:",
                on_click=delete,
                args=(run,),
                disabled=shipped or run.status == runs.RUNNING or in_use,
                help="Shipped runs, and the one that reads on the drawing page, stay."
                if shipped or in_use
                else None,
            )
        if run.usable:
            downloads(run)


def rename_form(run: Run, watched: bool) -> None:
    """A form for the run's name and note; if it is `watched`, it stays so under its new name."""
    with st.form("rename", border=False):
        name = st.text_input("Name", run.name)
        note = st.text_input("Note", run.record.note or "", max_chars=200)
        if st.form_submit_button("Save"):
            state.attempt(functools.partial(keep_names, name=name, note=note, watched=watched), run)
            st.rerun()


def keep_names(run: Run, name: str, note: str, watched: bool) -> None:
    renamed = actions.rename(run, name, note)
    if watched:
        state.watch(renamed.name)


def delete(run: Run) -> None:
    state.attempt(lambda run: state.keep_deleted(actions.delete(run)), run)


def offer_undo(deleted: Path) -> None:
    """A button that brings back the run that was deleted last and lies there now."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Deleted {say.plain(runs.read(deleted).name)}.")
        st.button(
            "Undo", key="undelete", icon=":material/undo:", on_click=undelete, args=(deleted,)
        )


def undelete(deleted: Path) -> None:
    state.attempt(actions.restore, deleted)
    state.keep_deleted(None)


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
