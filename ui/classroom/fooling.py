"""The best foolers: what classmates read and the network does not."""

from __future__ import annotations

import html

import streamlit as st

from mnist_core.classroom import Class
from mnist_core.errors import InputError
from mnist_core.report import svg
from ui import say
from ui.classroom import subjects
from ui.classroom.keeping import counted
from ui.classroom.picture import picture
from ui.classroom.subjects import Fooler

MOST, LOOK_SECONDS = 6, 2.0
STYLE = """<style>
.foolers { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr));
           gap: 1rem; margin: 0; padding: 0; list-style: none; }
.foolers img { background: color-mix(in srgb, currentColor 8%, transparent);
               border-radius: 0.5rem; }
.foolers b { font-size: 1.25rem; }
.foolers p { margin: 0.25rem 0 0; line-height: 1.3; }
</style>"""


def show(found: Class) -> None:
    """The best so far; looked at again while votes come in."""
    if found.activity.kind == "fool":
        with st.container(key="foolers"):
            st.fragment(_best, run_every=LOOK_SECONDS)(found.code)


def _best(code: str) -> None:
    try:
        best = subjects.best(code, MOST)
    except InputError as error:
        say.error(error)
        return
    st.html("<h2>The best foolers</h2>")
    if not best:
        st.caption("What people read and the network does not stands here after the first votes.")
        return
    st.html(f'{STYLE}<ol class="foolers">{"".join(map(_item, best))}</ol>')


def _item(fooler: Fooler) -> str:
    label, read = fooler.digit.label, subjects.read_as(fooler.digit)
    of = counted(fooler.votes, "vote", "votes")
    words = f"a {label} for {fooler.right} of {of}"
    machine = "" if read is None else f"The network says {read}."
    alt = f"A {label} that fooled the network"
    return (
        f"<li>{picture(svg.strokes(fooler.digit.strokes, alt), alt)}"
        f"<p><b>{html.escape(words)}</b><br>{machine}</p></li>"
    )
