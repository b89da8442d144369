"""Which class the teacher has open. No other module of this page touches the session for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from mnist_core import classroom
from mnist_core.classroom import Class, NoClassError
from mnist_core.errors import InputError

ADDRESS = "class"  # in the page's address
CODE, NOTE, LARGE, DIGIT = "class_now", "class_note", "class_large", "class_digit"
DELETED = "This class has been deleted."


def current() -> Class | None:
    """The class that is open here, as it is now; None if there is none."""
    code = st.query_params.get(ADDRESS) or st.session_state.get(CODE)
    if not code:
        return None
    try:
        found = classroom.store().get(code)
    except NoClassError as error:
        tell(DELETED if st.session_state.get(CODE) == code else str(error))
        leave()
        return None
    except InputError as error:  # the database is away, and may be back soon
        tell(str(error))
        return None
    st.session_state[CODE] = st.query_params[ADDRESS] = found.code
    return found


def enter(code: str, large: bool = False) -> None:
    """Open a class here.

    Args:
        large: whether its code is shown as large as the screen allows.
    """
    st.session_state[CODE] = st.query_params[ADDRESS] = code
    st.session_state[LARGE] = large


def leave() -> None:
    """Show the list of classes again."""
    st.session_state.pop(CODE, None)
    st.query_params.pop(ADDRESS, None)


def is_large() -> bool:
    """Whether the code is shown as large as the screen allows."""
    return bool(st.session_state.get(LARGE))


def resize() -> None:
    """Show the code large, or small beside the wall."""
    st.session_state[LARGE] = not is_large()


def control(name: str, value: object) -> str:
    """The key of a control that shows what the class has now.

    Where another teacher has changed that, it is a new control: what this browser still sends of
    the old one is nobody's choice.
    """
    turn = st.session_state.get(f"{name}-turn", 0)
    if st.session_state.setdefault(f"{name}-{turn}", value) != value:
        turn += 1
        st.session_state[f"{name}-turn"] = turn
        st.session_state[f"{name}-{turn}"] = value
    return f"{name}-{turn}"


def open_digit(digit: str) -> None:
    st.session_state[DIGIT] = digit


def opened_digit() -> str | None:
    """The digit that was pressed just now; each only once."""
    found: str | None = st.session_state.pop(DIGIT, None)
    return found


def tell(note: str | None) -> None:
    """Show a sentence at the top of the page."""
    st.session_state[NOTE] = note


def told() -> str | None:
    """What there is to say; each sentence only once."""
    found: str | None = st.session_state.pop(NOTE, None)
    return found


def attempt(action: Callable[..., Any], *arguments: Any) -> None:
    """Do something, and keep the sentence if it is refused."""
    done(action, *arguments)


def done(action: Callable[..., Any], *arguments: Any) -> bool:
    """As `attempt`; whether it was not refused."""
    try:
        action(*arguments)
    except InputError as error:
        tell(str(error))
        return False
    return True
