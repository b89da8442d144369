"""The way into a class: its code, the picture of it for a phone's camera, and who is there."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence

import segno
import streamlit as st

from mnist_core import classroom
from mnist_core.classroom import Class, Member
from mnist_core.errors import InputError
from routes.access import for_phones
from ui import access, actions, say
from ui.classroom import follow, state

LOOK_SECONDS = 2.0
HERE_SECONDS = 40  # since a phone was heard of last
QUIET_ZONE = 4  # modules of white around the code, as ISO/IEC 18004 asks for
STYLE = """<style>
.st-key-class_code p { margin: 0; font: 800 clamp(2rem, 3.4vw, 4rem)/1.1 ui-monospace, monospace;
                       letter-spacing: 0.08em; }
.class-address { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.class-qr { display: block; width: 100%; border-radius: 0.5rem; }
.st-key-door_large .class-qr { width: min(100%, 78dvh); }
.st-key-door_large .st-key-class_code p { font-size: clamp(3rem, 9vw, 12rem); }
.st-key-door_large .class-address { font-size: clamp(1.2rem, 2.4vw, 3rem); }
.st-key-door_large .class-there { font-size: clamp(1.5rem, 3vw, 4rem); }
.st-key-door_small .class-qr { max-width: 24rem; }
.st-key-activity [role=radiogroup] { flex-wrap: wrap; }
.class-there { margin: 0; font-weight: 600; font-size: 1.35rem; }
</style>"""


def address(code: str = "") -> str:
    """Where phones join a class; without a code the page that asks for one."""
    base = str(st.get_option("server.baseUrlPath") or "")
    server, port = st.get_option("server.address"), st.get_option("server.port")
    there = for_phones(st.context.url or "", server, port, base)
    return f"{there}/join/{code}" if code else f"{there}/join"


def show(found: Class, large: bool) -> None:
    """The code, large enough for the last row or small beside the wall."""
    st.html(STYLE)
    with st.container(key="door_large" if large else "door_small"):
        if large:
            left, right = st.columns([1, 1], vertical_alignment="center", gap="large")
        else:
            left = right = st.container()
        with left, st.container(key="class_qr"):
            st.html(_picture(address(found.code)))
        with right:
            _words(found)
            _look(found)
            if large:
                st.button(
                    "Begin",
                    key="begin_class",
                    type="primary",
                    icon=":material/play_arrow:",
                    on_click=state.resize,
                    help="Makes the code small and shows the wall.",
                )
            else:
                st.button(
                    "Large code",
                    key="large_code",
                    icon=":material/qr_code_2:",
                    type="tertiary",
                    on_click=state.resize,
                )


def _words(found: Class) -> None:
    shown = address().partition("://")[2]
    st.html(f'<p class="class-address">{html.escape(shown)}</p>')
    with st.container(key="class_code"):
        st.html(f"<p>{html.escape(found.code)}</p>")
    if found.state == "closed":
        say.warning("The door is closed: nobody can join or write.")
    if not access.rule().open:
        st.caption(
            "Phones do not reach this server, which is for this machine alone: start it with "
            "`make run HOST=0.0.0.0`."
        )


@st.cache_data(max_entries=32, show_spinner=False)
def _picture(link: str) -> str:
    """The link as a QR code, black on white in every theme: cameras want that."""
    code = segno.make(link, error="m", micro=False)
    image = code.svg_data_uri(border=QUIET_ZONE, dark="#000", light="#fff", scale=10)
    words = html.escape(f"QR code of {link}")
    return f'<img class="class-qr" src="{image}" alt="{words}">'


def _look(found: Class) -> None:
    try:
        shown = follow.shown(found)
    except InputError as error:
        say.error(error)
    else:
        st.fragment(_there, run_every=LOOK_SECONDS)(found.code, shown)


def _there(code: str, shown: follow.Shown) -> None:
    """How many are there, and who waits to be let in."""
    follow.follow(code, shown)
    try:
        members = classroom.store().members(code)
    except InputError as error:
        say.error(error)
        return
    st.html(f'<p class="class-there" role="status">{_counted(members)}</p>')
    waiting = [m for m in _here(members) if not m.admitted and not m.removed]
    for member in waiting[:12]:
        st.button(
            f"Let in the {member.colour} {member.animal}",
            key=f"admit-{member.id}",
            icon=":material/person_add:",
            on_click=state.attempt,
            args=(actions.admit, code, member.id),
        )
    if len(waiting) > 1:
        st.button(
            f"Let all {len(waiting)} in",
            key="admit_all",
            icon=":material/group_add:",
            on_click=admit_all,
            args=(code, [member.id for member in waiting]),
        )


def admit_all(code: str, waiting: Sequence[int]) -> None:
    for member in waiting:
        if not state.done(actions.admit, code, member):
            return


def _counted(members: Sequence[Member]) -> str:
    inside = [m for m in members if m.admitted and not m.removed]
    here = len(_here(inside))
    return f"{here} here" if here == len(inside) else f"{here} here, {len(inside)} joined"


def _here(members: Sequence[Member]) -> list[Member]:
    """Those whose phones were heard of just now."""
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=HERE_SECONDS)
    return [member for member in members if member.seen >= since]
