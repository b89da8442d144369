"""After the lesson: everything as one file, a report, and the end of what is kept."""

from __future__ import annotations

import functools
import re

import streamlit as st

from mnist_core.classroom import Class
from ui import actions, say
from ui.classroom import keeping, state


def show(found: Class) -> None:
    """The downloads, and the button that deletes the class for good."""
    name = file_name(found)
    with st.container(key="after_class"):
        st.header("After the lesson", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                "Everything as one file",
                functools.partial(actions.save_class, found.code),
                f"{name}.zip",
                "application/zip",
                key="save_class",
                icon=":material/download:",
                on_click="ignore",
                help="Strokes, labels, votes and the network, as pictures and as a table, too. "
                "It can be brought in here or elsewhere.",
            )
            st.download_button(
                "Report of the lesson",
                functools.partial(actions.report_lesson, found.code),
                f"{name}.html",
                "text/html",
                key="report_lesson",
                icon=":material/description:",
                on_click="ignore",
                help="One HTML file, to read without a connection or to print.",
            )
            with st.popover("Delete the class", icon=":material/delete:", type="tertiary"):
                st.markdown(
                    f"Delete **{say.plain(found.name)}** with all digits, votes and members, "
                    "for good? Its networks stay on the training page."
                )
                st.button(
                    "Delete for good",
                    key="delete_class",
                    type="primary",
                    on_click=_delete,
                    args=(found.code,),
                )
        if found.expires:
            say.warning(
                f"Nobody opens this class: it will be deleted on {found.expires.day} "
                f"{found.expires:%B %Y}. Opened before, it stays."
            )
        keeping.note()


def file_name(found: Class) -> str:
    """A file's name of the class's own letters and its code."""
    plain = re.sub(r"[^\w-]+", "-", found.name).strip("-")[:40]
    return f"{plain or 'class'}-{found.code}"


def _delete(code: str) -> None:
    if state.done(actions.delete_class, code):
        state.leave()
