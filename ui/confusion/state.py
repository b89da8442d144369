"""What the page remembers of its visitor; no other module of the page touches the session.

`read` gives all of it at the top of the page as values that are handed down. What changes it
are the functions below, most of them called by Streamlit when a widget is used. A widget that
is part of the selection or of the filters keeps its value under `confusion_` and the name of
its field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from mnist_core import runs
from ui.confusion import address, visitors
from ui.confusion.selection import MATRIX, Filters, Selection

MEMORY = "confusion_memory"  # in the session: what no widget holds
TO_CANVAS = "to_canvas"  # in the session: what the drawing page is to take over
READER = "run"  # in the session: the run that reads on the drawing page

Kept = TypeVar("Kept", Selection, Filters)


@dataclass(frozen=True)
class Memory:
    """What no widget holds."""

    address: Mapping[str, str] | None = None  # as the page wrote it last
    nonsense: tuple[str, ...] = ()  # the parts of the address that mean nothing
    problem: str | None = None  # why something could not be started
    checksums: Mapping[str, str] = field(default_factory=dict)  # of datasets read, by name
    signature: int = 0  # tells the digits that were paged through
    page: int = 0  # where among those, from 0
    visitor: str = field(default_factory=visitors.name)


@dataclass(frozen=True)
class State:
    """Everything at once, as it was when the page began."""

    selection: Selection
    filters: Filters
    memory: Memory
    leaving: bool  # whether a digit was left for the drawing page


def read(names: Sequence[str]) -> State:
    """What the page begins with; a new address, and runs that are gone, are seen to first.

    Args:
        names: of all runs.
    """
    _take_address(names)
    _leave_out_what_is_gone(names)
    memory = _memory()
    _remember(problem=None)  # it is said once
    return State(_kept(Selection), _kept(Filters), memory, leaving=TO_CANVAS in st.session_state)


def write_address(selection: Selection) -> None:
    """Write the selection into the page's address."""
    written = address.write(selection)
    _remember(address=written)
    if st.query_params.to_dict() != written:
        st.query_params.from_dict(written)


# --- what is selected ------------------------------------------------------------------


def select(true: int | None, predicted: int | None) -> None:
    """Select a cell, a row (no predicted digit), a column (no true digit), or everything."""
    _keep(true=true, predicted=predicted, digit=None, which=None, view=MATRIX)


def open_digit(index: int | None) -> None:
    _keep(digit=index)


def close_digit() -> None:
    open_digit(None)


def begin_comparison(selection: Selection) -> None:
    """The first time, show what only the first of two runs reads, unless a cell is selected."""
    st.session_state.setdefault("confusion_which", 0 if selection.everything else None)


def turn(signature: int, page: int) -> None:
    """Turn to a page of the digits that a signature tells."""
    _remember(signature=signature, page=page)


# --- what was found out ----------------------------------------------------------------


def note_checksum(dataset: str, checksum: str) -> None:
    """Which digits a dataset is, now that it has been read."""
    _remember(checksums={**_memory().checksums, dataset: checksum})


def tell(problem: str) -> None:
    """Have the page say, when it runs again, why something could not be started."""
    _remember(problem=problem)


def hand_over(picture: Mapping[str, Any], note: str, run: str, label: int | None = None) -> None:
    """Leave a digit for the drawing page, where the run is to read it.

    Args:
        label: what digit it is, if that is known.
    """
    st.session_state[TO_CANVAS] = [picture], note, label
    st.session_state[READER] = run


# --- the session -----------------------------------------------------------------------


def _take_address(names: Sequence[str]) -> None:
    """Take the selection from the page's address, unless the page wrote that address itself."""
    given = st.query_params.to_dict()
    if "confusion_run" in st.session_state and (not given or given == _memory().address):
        return  # without an address, it is back from another page: all stays as it was
    reader = st.session_state.get(READER)
    usual = str(reader) if reader in names else runs.DEFAULT_RUN
    selection, nonsense = address.read(given, names, usual)
    _keep(**vars(selection))
    _remember(nonsense=nonsense)


def _leave_out_what_is_gone(names: Sequence[str]) -> None:
    session = st.session_state
    if session["confusion_run"] not in names:
        session["confusion_run"] = runs.DEFAULT_RUN
    others = [None, *(name for name in names if name != session["confusion_run"])]
    if session.get("confusion_other") not in others:
        session["confusion_other"] = None


def _kept(kind: type[Kept]) -> Kept:
    """The selection or the filters, as their widgets keep them; what is not kept is as usual."""
    keys = {each.name: f"confusion_{each.name}" for each in dataclasses.fields(kind)}
    session = st.session_state
    return kind(**{name: session[key] for name, key in keys.items() if key in session})


def _keep(**values: Any) -> None:
    for name, value in values.items():
        st.session_state[f"confusion_{name}"] = value


def _memory() -> Memory:
    if MEMORY not in st.session_state:
        st.session_state[MEMORY] = Memory()
    return st.session_state[MEMORY]


def _remember(**changes: Any) -> None:
    st.session_state[MEMORY] = dataclasses.replace(_memory(), **changes)
