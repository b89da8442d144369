"""The wall, which hears from the server by itself, and what can be done with a digit on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import classroom, drawing, javascript
from mnist_core.classroom import Class, Digit
from mnist_core.errors import InputError
from mnist_core.report import svg
from ui import actions, canvas, links, reading, say
from ui.classroom import state, subjects
from ui.classroom.picture import picture
from ui.confusion.state import TO_CANVAS

KEY = "wall_component"
CLOSING = "class_digit_done"  # in the session: the digit need not be shown any more
INSIDE = "pages/inside.py"
ROOT = Path(__file__).parent.parent.parent

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "class_wall",
    html=(HERE / "wall.html").read_text(encoding="utf-8"),
    css=(HERE / "wall.css").read_text(encoding="utf-8"),
    js=javascript.join(HERE / "wall.js"),
)


def show(found: Class) -> None:
    """The wall of a class; a digit that is pressed is shown in a dialog."""

    def pressed() -> None:
        digit = getattr(st.session_state[KEY], "opened", None)
        if digit is not None:
            state.open_digit(str(digit))

    with st.container(key="wall"):
        _component(
            key=KEY,
            data={"address": links.based(f"/api/class/{found.code}/wall")},
            on_opened_change=pressed,
        )
    if digit := state.opened_digit():
        st.session_state.pop(CLOSING, None)
        _dialog(found, digit)


@st.dialog("A digit of the class")
def _dialog(found: Class, digit: str) -> None:
    if st.session_state.pop(CLOSING, False) or TO_CANVAS in st.session_state:
        st.rerun()  # the whole page, without this dialog
    try:
        one = classroom.store().digit(found.code, digit)
    except InputError as error:  # another teacher may have deleted it
        state.told()  # which was to say the same
        say.error(error)
        return
    left, words = st.columns([2, 3], gap="medium")
    with left, st.container(key="class_digit"):
        alt = "The digit as it was drawn"
        st.html(picture(svg.strokes(one.strokes, alt), alt, "16rem"))
    with words:
        st.markdown(in_words(found.code, one))
        st.button(
            "Put it on the canvas",
            key="to_canvas_button",
            type="primary",
            icon=":material/draw:",
            on_click=_hand_over,
            args=(found, one),
        )
        if (ROOT / INSIDE).exists():
            st.button(
                "Look inside",
                key="to_inside_button",
                icon=":material/frame_inspect:",
                on_click=_hand_over,
                args=(found, one, True),
            )
    st.pills(
        "It is a",
        range(10),
        default=one.label,
        key=f"relabel-{one.id}",
        on_change=_relabel,
        args=(found.code, one.id),
    )
    with st.container(horizontal=True):
        _button("Hide", "visibility_off", "hide_digit", actions.hide_digit, found.code, one.id)
        _button(
            "Take out who drew it",
            "person_remove",
            "remove_drawer",
            actions.remove_member,
            found.code,
            one.member,
        )
        _button(
            "Delete for good", "delete", "delete_digit", actions.delete_digit, found.code, one.id
        )
    st.caption("What is hidden, and who was taken out, can be had back under **Members**.")
    say.error_if(state.told())


def _button(label: str, icon: str, key: str, action: Callable[..., Any], *given: Any) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=_do, args=(action, *given))


def _do(action: Callable[..., Any], *given: Any) -> None:
    if state.done(action, *given):
        st.session_state[CLOSING] = True


def _relabel(code: str, digit: str) -> None:
    label = st.session_state.get(f"relabel-{digit}")
    if label is not None:
        _do(actions.relabel_digit, code, digit, int(label))


def in_words(code: str, digit: Digit) -> str:
    """Whose it is, what it is, and what the network made of it."""
    members = {member.id: member for member in classroom.store().members(code)}
    member, read = members.get(digit.member), subjects.read_as(digit)
    whose = f"The {member.colour} {member.animal} drew" if member else "Somebody drew"
    what = "a digit without a label" if digit.label is None else f"a **{digit.label}**"
    words = f"{whose} {what}."
    if read is not None:
        sure = f", {digit.read[1]:.0%} sure" if digit.read else ""
        words += f" The network read **{read}**{sure}."
    return words


def image_of(digit: Digit) -> npt.NDArray[np.uint8]:
    """A digit in MNIST's form: uint8 (28, 28)."""
    form = drawing.from_strokes([np.array(stroke, float) for stroke in digit.strokes])
    return np.round(form * 255).astype(np.uint8)


def _hand_over(found: Class, digit: Digit, inside: bool = False) -> None:
    """Leave a digit for the page that draws, or for the one that looks inside."""
    note = f"From the class. {in_words(found.code, digit)} Draw on it to change that."
    st.session_state[TO_CANVAS] = [canvas.picture_object(image_of(digit))], note, digit.label
    st.session_state["class_goes"] = INSIDE if inside else "pages/draw.py"
    if found.network:
        reading.pick(found.network)


def leaving() -> str | None:
    """The page that a digit was left for, to be opened now."""
    if TO_CANVAS not in st.session_state:
        return None
    return str(st.session_state.pop("class_goes", "pages/draw.py"))
