"""What the visitor has on the canvas. No other module of this page touches the session for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui import canvas

ONE, NUMBER = "One digit", "A number"
BRUSH = 22  # pixels of the canvas
Objects = list[dict[str, Any]]  # Fabric.js objects, as the canvas component reports them


@dataclass(frozen=True)
class State:
    """What is drawn on, and with what."""

    number: bool  # whether a number of several digits is drawn
    size: tuple[int, int]  # width and height of the canvas in pixels
    brush: int  # width of a stroke in pixels
    start: dict[str, Any] | None  # what the page itself has put on the canvas
    note: str | None  # a sentence about it


class AtHand:
    """What lies on the canvas now, for who asks when no page is being drawn."""

    def __init__(self) -> None:
        self.objects: Objects = []


def at_hand() -> AtHand:
    """The visitor's, always the same one."""
    found: AtHand = st.session_state.setdefault("at_hand", AtHand())
    return found


def read() -> State:
    """The visitor's state, as the widgets and callbacks have left it."""
    number = st.session_state.get("mode") == NUMBER
    return State(
        number=number,
        size=_size(number),
        brush=st.session_state.get("brush", BRUSH),
        start=st.session_state.get("start"),
        note=st.session_state.get("note"),
    )


def _size(number: bool) -> tuple[int, int]:
    if not number:
        return canvas.SIDE, canvas.SIDE
    on_phone = "Mobi" in st.context.headers.get("User-Agent", "")
    return canvas.NUMBER_SIZE_ON_PHONE if on_phone else canvas.NUMBER_SIZE


def take_over() -> None:
    """Put on the canvas what another page has handed over: objects and a note."""
    if "to_canvas" in st.session_state:
        st.session_state["mode"] = ONE
        put(*st.session_state.pop("to_canvas"))


def put(objects: Objects, note: str | None = None) -> None:
    """Replace what is on the canvas."""
    number = st.session_state.get("drawing_number", 0) + 1
    st.session_state["drawing_number"] = number
    # The number makes every replacement differ from the last: clear, draw, clear again.
    st.session_state["start"] = {"objects": objects, "number": number}
    # Until the canvas answers, it goes on reporting what was on it before.
    st.session_state["replaced"] = st.session_state.get("drawing", [])
    st.session_state["drawing"] = objects
    st.session_state["note"] = note


def undo() -> None:
    """Take the last object off the canvas."""
    put(list(st.session_state.get("drawing", []))[:-1])


def tell(note: str) -> None:
    """Show a sentence below the canvas, and leave what is on it."""
    st.session_state["note"] = note


def drawn(reported: Objects) -> Objects:
    """What is on the canvas, from what the canvas reports."""
    if reported != st.session_state.get("replaced"):
        st.session_state["replaced"] = None
        st.session_state["drawing"] = reported
    at_hand().objects = objects = st.session_state["drawing"]
    return list(objects)
