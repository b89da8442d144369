"""Before a lesson: a new class, one that there is already, a sample, or one from a file."""

from __future__ import annotations

import streamlit as st

from mnist_core import classroom
from mnist_core.classroom import Class
from mnist_core.errors import InputError
from ui import actions, say
from ui.classroom import keeping, state

LONGEST = 60  # letters of a name
LARGEST = 50  # megabytes of a class's file


def show() -> None:
    """All ways to a class."""
    new, ready = st.columns([3, 2], gap="large")
    with new:
        _new()
        _there()
    with ready:
        st.header("Try it alone", anchor=False)
        st.markdown("A sample class with digits that the program has drawn itself.")
        st.button(
            "Open the sample class",
            key="sample_class",
            icon=":material/science:",
            on_click=_open_sample,
        )
        _bring()
    keeping.note()


def _new() -> None:
    st.header("A new class", anchor=False)
    with st.form("new_class", border=False), st.container(key="class_name"):
        st.text_input(
            "Name of the lesson",
            key="new_class_name",
            max_chars=LONGEST,
            placeholder="7b, Tuesday",
            help="For you alone: the phones show it, too, but nothing else is asked of anybody.",
        )
        st.form_submit_button(
            "Open a class",
            key="open_class",
            type="primary",
            icon=":material/groups:",
            on_click=_open,
        )


def _open() -> None:
    def begin(name: str) -> None:
        state.enter(actions.open_class(name).code, large=True)

    state.attempt(begin, st.session_state["new_class_name"])


def _open_sample() -> None:
    state.attempt(lambda: state.enter(actions.open_sample()))


def _there() -> None:
    """The classes that there are, the newest first."""
    try:
        found = classroom.store().classes()
    except InputError as error:
        say.error(error)
        return
    if not found:
        return
    st.header("Your classes", anchor=False)
    for one in sorted(found, key=lambda one: one.opened, reverse=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                say.plain(one.name),
                key=f"class-{one.code}",
                icon=":material/groups:",
                on_click=state.enter,
                args=(one.code,),
            )
            st.caption(_about(one))
    with st.popover("Delete all classes", icon=":material/delete:", type="tertiary"):
        st.markdown(f"Delete {keeping.counted(len(found))} with all digits, for good?")
        st.button(
            "Delete all for good",
            key="delete_all_classes",
            type="primary",
            on_click=state.attempt,
            args=(actions.delete_all_classes,),
        )


def _about(one: Class) -> str:
    words = [one.code, f"{one.opened.day} {one.opened:%B %Y}", one.state]
    if one.expires:
        words.append(f"will be deleted on {one.expires.day} {one.expires:%B}")
    return " · ".join(words)


def _bring() -> None:
    """A class from a file that was saved here or elsewhere."""
    with st.popover("Bring in a saved class", icon=":material/upload:"):
        given = st.file_uploader(
            "A class that was saved", type="zip", key="bring_class", max_upload_size=LARGEST
        )
        if given is None or not st.button("Bring it in", key="take_class"):
            return
        try:
            state.enter(actions.bring_class(given.getvalue()))
        except InputError as error:
            say.error(error)
        else:
            st.rerun()
