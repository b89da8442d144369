"""What the page begins with: the run, and what the address or another page has asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.runs import Run
from ui import canvas, reading
from ui.confusion import at_hand
from ui.draw import state as drawing_page

SEEN_RUN = "inside_run"  # in the session: the run that the address named last
LEAVING = "inside_leaving"  # and whether the drawing page is to be opened
KEY = "inside"  # of the component
LONGEST = 2000  # letters of a part of the address
TOLD = ("layer", "unit", "row", "column", "epoch", "drawing")  # parts that the browser understands
FIELDS = {"digit": int, "unit": int, "layer": str}


@dataclass(frozen=True)
class Seen:
    """What the visitor looks at now; checked, since a browser may tell anything."""

    layer: str | None = None
    unit: int | None = None
    digit: int | None = None  # what the drawing is read as
    form: tuple[int, ...] | None = None  # 784 levels of 0 to 255


@dataclass(frozen=True)
class State:
    run: Run
    problems: tuple[str, ...]
    start: dict[str, Any]  # for the component
    came_from: tuple[str, int] | None  # a test digit: its dataset and index
    seen: Seen = field(default_factory=Seen)


def read() -> State:
    """The visitor's state; the run that the address names is picked first."""
    drawing_page.take_over()  # what another page has left for the canvas
    address = st.query_params.to_dict()
    problems = [problem] if (problem := _pick(address.get("run"))) else []
    reading.follow()
    if gone := reading.gone():
        problems.append(gone)
    run = runs.named(reading.picked() or runs.DEFAULT_RUN)
    if run.problem or not run.usable:
        problems.append(run.problem or f"The run {run.name} is {run.status}.")
        run = runs.read_if_changed(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
        problems.append(f"You see {run.name}.")
    start: dict[str, Any] = {
        name: address[name] for name in TOLD if len(address.get(name, "")) in range(1, LONGEST)
    }
    digit, problem = _digit(address)
    if problem:
        problems.append(problem)
    if digit:
        start["image"] = at_hand.loaded(digit[0]).x_test[digit[1]].ravel().tolist()
        start["digit"] = f"{digit[0]}:{digit[1]}"
    elif "drawing" not in start:
        start |= _from_drawing_page()
    return State(run, tuple(problems), start, digit, _seen())


def _pick(name: str | None) -> str | None:
    """Pick the run that a new address names; a sentence if it names none."""
    known = st.session_state.get(SEEN_RUN) == name and KEY in st.session_state
    if name is None or known:
        return None
    st.session_state[SEEN_RUN] = name
    if runs.named(name).problem and not runs.named(name).path.is_dir():
        return f"The address names a run {name[:60]} that is not here."
    reading.pick(name)
    return None


def _digit(address: Mapping[str, str]) -> tuple[tuple[str, int] | None, str | None]:
    """The test digit that an address names, or a sentence that says what is wrong with it."""
    given = address.get("digit")
    if given is None:
        return None, None
    name, _, number = given.rpartition(":")
    name = name or address.get("dataset", "mnist")
    if name not in results.test_sets() or not number.isdecimal() or len(number) > 7:
        return None, f"The address names no digit: {given[:40]}."
    try:
        count = len(at_hand.loaded(name).y_test)
    except InputError as error:
        return None, str(error)
    if int(number) >= count:
        return None, f"There is no digit {number} among the {count:,} of {name}."
    return (name, int(number)), None


def _from_drawing_page() -> dict[str, Any]:
    """What lies on the drawing page's canvas, if that is one digit."""
    if st.session_state.get("mode") == drawing_page.NUMBER:
        return {}
    objects = drawing_page.at_hand().objects
    strokes, pictures = canvas.marks(objects)
    if pictures:
        return {"image": np.round(canvas.read(objects) * 255).astype(int).ravel().tolist()}
    return {
        "strokes": [
            {"points": np.round(stroke.points, 1).tolist(), "width": stroke.width}
            for stroke in strokes
        ]
    }


def _seen() -> Seen:
    told = getattr(st.session_state.get(KEY), "seen", None)
    if not isinstance(told, Mapping):
        return Seen()
    found = {name: told.get(name) for name in FIELDS}
    kept: dict[str, Any] = {
        name: value for name, value in found.items() if isinstance(value, FIELDS[name])
    }
    if kept.get("digit", 0) not in range(10):
        kept.pop("digit")
    form: Any = told.get("form")
    whole = isinstance(form, list) and len(form) == canvas.drawing.SIDE**2
    if whole and all(isinstance(level, int) and 0 <= level <= 255 for level in form):
        kept["form"] = tuple(form)
    return Seen(**kept)


def take_to_drawing_page() -> None:
    """Lay what is on the canvas here on that of the drawing page, which is opened then."""
    told = getattr(st.session_state.get(KEY), "to_draw", None)
    if not isinstance(told, Mapping):
        return
    objects: list[dict[str, Any]] = []
    try:
        if "image" in told:
            pixels = np.array(told["image"], np.uint8).reshape(canvas.drawing.SIDE, -1)
            if pixels.shape == (canvas.drawing.SIDE,) * 2:
                objects = [canvas.picture_object(pixels)]
        else:
            strokes = [[(float(x), float(y)) for x, y in points] for points in told["strokes"]]
            objects = [canvas.stroke_object(points, drawing_page.BRUSH) for points in strokes]
            objects = canvas.checked(objects)
    except (InputError, KeyError, TypeError, ValueError, OverflowError):
        objects = []  # what the browser told is no drawing
    if objects:
        st.session_state["to_canvas"] = (objects, None)
    st.session_state[LEAVING] = True


def leaving() -> bool:
    """Whether the drawing page is to be opened now."""
    return bool(st.session_state.pop(LEAVING, False))
