"""What the visitor has asked the page for. No section touches the session for it but this module.

Widgets keep their own values under their own keys; what several sections have to know is read
once, by `read`, and handed down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES
from ui import reading

T = TypeVar("T")

RECIPE = "recipe"  # the key of the selectbox, and the name in the address


@dataclass(frozen=True)
class State:
    """What the visitor has asked for."""

    watched: str | None  # the run to show
    note: str | None  # why the last action was refused
    deleted: Path | None  # where the run lies that was deleted last
    reads: str | None  # the run that was picked for the drawing page


def read() -> State:
    """The visitor's state, as callbacks and other pages have left it."""
    return State(
        watched=st.session_state.get("watched"),
        note=st.session_state.get("train_note"),
        deleted=st.session_state.get("deleted"),
        reads=reading.picked(),
    )


def take_address() -> None:
    """Take the recipe and the run to show from the page's address, each only once."""
    wanted = st.query_params.get(RECIPE)
    if wanted in RECIPES and st.session_state.get("from_address") != wanted:
        st.session_state["from_address"] = st.session_state[RECIPE] = wanted
    if "watched" not in st.session_state and "run" in st.query_params:
        watch(st.query_params["run"])


def write_address(now: State) -> None:
    """Write the run that was asked for into the page's address, so that it can be shared."""
    if now.watched:
        st.query_params["run"] = now.watched


def watch(name: str) -> None:
    """Show a run from now on."""
    st.session_state["watched"] = name


def attempt(action: Callable[[T], Any], run: T) -> None:
    """Do something with a run, and keep the sentence if it is refused."""
    st.session_state["train_note"] = None
    try:
        action(run)
    except InputError as error:
        tell(str(error))


def tell(note: str | None) -> None:
    """Show a sentence below the recipe, or None there any more."""
    st.session_state["train_note"] = note


def use(name: str) -> None:
    """Let a run read on the drawing page, and go there."""
    reading.pick(name)
    st.session_state["leaving"] = True


def leaving() -> bool:
    """Whether the drawing page is to be opened now; True once."""
    return bool(st.session_state.pop("leaving", False))


def keep_deleted(place: Path | None) -> None:
    """Remember where the run lies that was deleted last; None if there is nothing to undo."""
    st.session_state["deleted"] = place
