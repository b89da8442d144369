"""What the visitor has asked the page for. No section touches the session for it but this module.

Widgets keep their own values under their own keys; what several sections have to know is read
once, by `read`, and handed down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES
from mnist_core.runs import Run
from ui import reading

T = TypeVar("T")

RECIPE = "recipe"  # the key of the selectbox, and the name in the address
# Where a sentence is shown: beside the button that was pressed.
TRAIN, PANEL, TABLE, FORM = "train", "panel", "table", "form"


@dataclass(frozen=True)
class State:
    """What the visitor has asked for."""

    watched: str | None  # the run to show
    note: tuple[str, str] | None  # where the last action was refused, and why
    deleted: tuple[Path, ...]  # where the runs lie that were deleted last
    reads: str | None  # the run that was picked for the drawing page
    ticked: tuple[int, ...] = field(default=())  # the identities of the runs that are ticked
    replayed: int | None = None  # the identity of the run whose training is shown again

    def note_at(self, place: str) -> str | None:
        """The sentence to show in a place."""
        return self.note[1] if self.note and self.note[0] == place else None


def read() -> State:
    """The visitor's state, as callbacks and other pages have left it."""
    return State(
        watched=st.session_state.get("watched"),
        note=st.session_state.get("train_note"),
        deleted=st.session_state.get("deleted", ()),
        reads=reading.picked(),
        ticked=st.session_state.get("ticked", ()),
        replayed=st.session_state.get("replaying", (None, 0))[0],
    )


def take_address() -> None:
    """Take the recipe and the run to show from the page's address, each only once."""
    wanted = st.query_params.get(RECIPE)
    if wanted in RECIPES and st.session_state.get("from_address") != wanted:
        st.session_state["from_address"] = st.session_state[RECIPE] = wanted
    if "watched" not in st.session_state and "run" in st.query_params:
        st.session_state["watched"] = st.query_params["run"]


def write_address(now: State) -> None:
    """Write the run that was asked for into the page's address, so that it can be shared."""
    if now.watched:
        st.query_params["run"] = now.watched


def watch(name: str) -> None:
    """Show a run from now on, and bring its panel into view."""
    st.session_state["watched"] = name
    st.session_state["into_view"] = True


def rename_watched(name: str) -> None:
    """Go on showing the run that is called so now."""
    st.session_state["watched"] = name


def into_view() -> bool:
    """Whether the panel is to be brought into view now; True once."""
    return bool(st.session_state.pop("into_view", False))


def tick(identities: Sequence[int]) -> None:
    """Tick these runs in the table, and no others."""
    st.session_state["ticked"] = tuple(identities)


def attempt(action: Callable[[T], Any], run: T) -> None:
    """Do something with the run of the panel, and keep the sentence if it is refused."""
    done(action, run, PANEL)


def done(action: Callable[[T], Any], run: T, place: str) -> bool:
    """Do something with a run; whether it was not refused.

    Args:
        place: where the sentence is shown if it was.
    """
    tell(None)
    try:
        action(run)
    except InputError as error:
        tell(str(error), place)
        return False
    return True


def tell(note: str | None, place: str = TRAIN) -> None:
    """Show a sentence in a place, or None there any more."""
    st.session_state["train_note"] = None if note is None else (place, note)


def use(name: str) -> None:
    """Let a run read on the drawing page, and go there."""
    reading.pick(name)
    st.session_state["leaving"] = True


def leaving() -> bool:
    """Whether the drawing page is to be opened now; True once."""
    return bool(st.session_state.pop("leaving", False))


def keep_deleted(places: Sequence[Path]) -> None:
    """Remember where the runs lie that were deleted last; nothing if there is nothing to undo."""
    st.session_state["deleted"] = tuple(places)


def seen(run: Run, open_now: bool) -> Run:
    """The run as it was when the visitor opened the form to rename it.

    Args:
        open_now: whether the form is open; a closed one begins with the run as it is.
    """
    identity, known = st.session_state.get("renaming", (None, run))
    if not open_now or identity != run.identity:
        known = run
        st.session_state["renaming"] = run.identity, run
    return known


def see_again() -> None:
    """Let the form begin with the run as it is now."""
    st.session_state.pop("renaming", None)
