"""Who may do everything: who sits at the machine, and on a network who has the teacher's key.

Everything that needs the key stands in `ui.actions`, guarded by `teachers_only`; a page also
leaves out the button and says so in one line, but that alone keeps nobody from pressing it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

from mnist_core.errors import InputError
from routes.access import Access

P = ParamSpec("P")
T = TypeVar("T")

SENTENCE = "This takes the teacher's key: open the link that was printed where the server started."


def rule() -> Access:
    """The rule of this server."""
    return Access.given(st.get_option("server.address"), str(st.get_option("server.cookieSecret")))


def allowed() -> bool:
    """Whether whoever looks at this page may do everything."""
    access = rule()
    return not access.open or access.allows(st.context.cookies)


def require() -> None:
    """Raises InputError, with a sentence for the visitor, unless everything is allowed."""
    if not allowed():
        raise InputError(SENTENCE)


def teachers_only(action: Callable[P, T]) -> Callable[P, T]:
    """The action for those who may do everything; for others it raises InputError."""

    @functools.wraps(action)
    def guarded(*positional: P.args, **named: P.kwargs) -> T:
        require()
        return action(*positional, **named)

    return guarded


def note(what: str) -> None:
    """For a visitor, one quiet line: what cannot be done here without the teacher's key.

    Args:
        what: how the line begins, in the plural: "Training and deleting".
    """
    if not allowed():
        st.caption(f":material/lock: {what}: with the teacher's link only.")
