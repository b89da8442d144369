"""Who is in a class, known by an animal and a colour alone, and what was taken from the wall."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mnist_core import classroom
from mnist_core.classroom import Class, Digit, Member
from mnist_core.report import svg
from ui import actions
from ui.classroom import state
from ui.classroom.picture import picture

MOST_SHOWN = 60  # hidden digits


def show(found: Class) -> None:
    """The door, everybody who joined, and what is hidden."""
    store = classroom.store()
    with st.container(key="members"):
        st.header("Members", anchor=False)
        _door(found)
        members, drawn = store.members(found.code), store.digit_counts(found.code)
        if not members:
            st.caption("Nobody has joined yet.")
        else:
            st.caption(", ".join(_words(member, drawn.get(member.id, 0)) for member in members))
            _one(found.code, members, drawn)
        gone = {member.id for member in members if member.removed}
        digits = store.digits(found.code, hidden=True)
        _hidden(found.code, [d for d in digits if d.hidden and d.member not in gone])


def _door(found: Class) -> None:
    is_open, one_by_one = found.state == "open", found.admits == "one by one"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Close the door" if is_open else "Open the door",
            key="door",
            icon=":material/door_front:",
            on_click=state.attempt,
            args=(actions.set_door, found.code, not is_open),
            help="Behind a closed door nobody can join or write. What was written stays.",
        )
        key = state.control("one_by_one", one_by_one)
        st.toggle(
            "Let in one by one",
            key=key,
            on_change=_admit_as_chosen,
            args=(found.code, key),
        )


def _admit_as_chosen(code: str, key: str) -> None:
    state.attempt(actions.set_admission, code, st.session_state[key])


def _one(code: str, members: list[Member], drawn: dict[int, int]) -> None:
    """A member who is chosen, and what can be done with them."""
    by_id = {member.id: member for member in members}
    chosen = st.selectbox(
        "Member",
        list(by_id),
        index=None,
        key="member",
        placeholder="Choose one to let in, take out or delete",
        format_func=lambda number: _words(by_id[number], drawn.get(number, 0)),
        width=420,
    )
    member = by_id.get(chosen) if chosen is not None else None
    if member is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if member.removed:
            _button("Bring back", "undo", "bring_back", actions.bring_member_back, code, member.id)
        elif not member.admitted:
            _button("Let in", "person_add", "let_in", actions.admit, code, member.id)
        if not member.removed:
            _button("Take out", "person_remove", "remove", actions.remove_member, code, member.id)
        with st.popover("Delete", icon=":material/delete:", type="tertiary"):
            st.markdown(f"Delete the {member.colour} {member.animal} with all digits, for good?")
            _button("Delete for good", "delete", "delete_member", actions.delete_member,
                    code, member.id)  # fmt: skip
    if not member.removed:
        st.caption("Who is taken out can be brought back, with all that they wrote.")


def _button(
    label: str, icon: str, key: str, action: Callable[[str, int], None], code: str, member: int
) -> None:
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        on_click=state.attempt,
        args=(action, code, member),
    )


def _words(member: Member, drawn: int) -> str:
    words = f"{member.colour} {member.animal} ({drawn})"
    if member.removed:
        return f"{words}, taken out"
    return words if member.admitted else f"{words}, waits at the door"


def _hidden(code: str, digits: list[Digit]) -> None:
    if not digits:
        return
    st.subheader("Hidden digits", anchor=False)
    with st.container(horizontal=True, key="hidden_digits"):
        for digit in digits[-MOST_SHOWN:]:
            with st.container(width=120):
                words = f"A hidden {'digit' if digit.label is None else digit.label}"
                st.html(picture(svg.strokes(digit.strokes, words), words, "5rem"))
                st.button(
                    "Show",
                    key=f"show-{digit.id}",
                    icon=":material/visibility:",
                    on_click=state.attempt,
                    args=(actions.hide_digit, code, digit.id, False),
                )
