"""What the visitor has on the canvas. No other module of this page touches the session for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui import canvas

ONE, NUMBER = "One digit", "A number"
BRUSH = 22  # pixels of the canvas
ERASER = 36  # and how wide the eraser is
MOST_UNDONE = 20  # drawings that were replaced and can be had back
Objects = list[dict[str, Any]]  # Fabric.js objects, as the canvas component reports them


@dataclass(frozen=True)
class State:
    """What is drawn on, and with what."""

    number: bool  # whether a number of several digits is drawn
    size: tuple[int, int]  # width and height of the canvas in pixels
    brush: int  # width of a stroke in pixels
    erasing: bool  # whether strokes erase
    start: dict[str, Any] | None  # what the page itself has put on the canvas
    note: str | None  # a sentence about it
    label: int | None  # of the test digit on the canvas


@dataclass(frozen=True)
class Before:
    """A drawing that another has replaced."""

    objects: Objects
    base: int  # how many of the objects the page itself had put there
    note: str | None
    label: int | None


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
        erasing=st.session_state.get("erasing", False),
        start=st.session_state.get("start"),
        note=st.session_state.get("note"),
        label=st.session_state.get("label"),
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


def put(objects: Objects, note: str | None = None, label: int | None = None) -> None:
    """Replace what is on the canvas; `undo` brings it back.

    Args:
        note: a sentence about the objects.
        label: what digit they are, where that is known.
    """
    drawn, past = _drawing(), _past()
    if drawn:
        known = st.session_state.get("note"), st.session_state.get("label")
        past.append(Before(drawn, st.session_state.get("base", 0), *known))
        del past[:-MOST_UNDONE]
    _lay(Before(objects, len(objects), note, label))


def _lay(wanted: Before) -> None:
    number = st.session_state.get("drawing_number", 0) + 1
    st.session_state["drawing_number"] = number
    # The number makes every replacement differ from the last: clear, draw, clear again.
    st.session_state["start"] = {"objects": wanted.objects, "number": number}
    # Until the canvas answers, it goes on reporting what was on it before.
    st.session_state["replaced"] = st.session_state.get("reported", [])
    st.session_state["drawing"] = at_hand().objects = wanted.objects
    st.session_state["base"] = wanted.base
    st.session_state["note"], st.session_state["label"] = wanted.note, wanted.label


def _drawing() -> Objects:
    return list(st.session_state.get("drawing", []))


def _past() -> list[Before]:
    found: list[Before] = st.session_state.setdefault("past", [])
    return found


def clear() -> None:
    """Take everything off the canvas, and draw rather than erase."""
    st.session_state["erasing"] = False
    put([])


def undo() -> None:
    """Take the last stroke off the canvas, or bring back what was there before it was replaced."""
    drawn, past, base = _drawing(), _past(), st.session_state.get("base", 0)
    if len(drawn) <= base and past:
        _lay(past.pop())
        return
    known = st.session_state.get("note"), st.session_state.get("label")
    left = drawn[:-1]
    _lay(Before(left, min(base, len(left)), *known) if left else Before([], 0, None, None))


def change_tool() -> None:
    """Erase from now on, or draw again."""
    st.session_state["erasing"] = not st.session_state.get("erasing", False)


def change_mode() -> None:
    """Begin with an empty canvas, which has another size; what was drawn can be had back."""
    _resize()
    clear()


def _resize() -> None:
    """Fit what is drawn to the canvas of the mode that was just chosen."""
    number = st.session_state.get("mode") == NUMBER
    _past().clear()
    st.session_state["drawing"] = canvas.fitted(_drawing(), _size(not number), _size(number))


def to_number() -> None:
    """Take what is drawn as a number of several digits, as large as fits on its canvas."""
    st.session_state["mode"] = NUMBER
    _resize()
    put(_drawing())
    _past().clear()


def tell(note: str) -> None:
    """Show a sentence below the canvas, and leave what is on it."""
    st.session_state["note"] = note


def drawn(reported: Objects) -> Objects:
    """What is on the canvas, from what the canvas reports."""
    st.session_state["reported"] = reported
    if reported != st.session_state.get("replaced"):
        st.session_state["replaced"] = None
        st.session_state["drawing"] = reported
    at_hand().objects = objects = st.session_state["drawing"]
    return list(objects)
