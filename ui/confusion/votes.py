"""What everybody sees in a digit whose label may be wrong."""

from __future__ import annotations

import streamlit as st

from mnist_core import classroom
from mnist_core.classroom.records import Value
from mnist_core.errors import InputError

NEITHER: Value = "none"


def subject(digit: tuple[str, int]) -> str:
    """As what a digit is voted on, in the database that keeps the votes of classes too."""
    checksum, index = digit
    return f"{checksum}:{index}"


def vote(digit: tuple[str, int], choice: Value, visitor: str) -> None:
    """Keep a visitor's vote, in place of an earlier one; it outlives the server.

    Everybody may vote: no key is asked for.
    """
    try:
        classroom.store().vote(None, subject(digit), visitor, choice)
    except InputError as error:
        st.toast(str(error))


@st.fragment(run_every=3)
def show(digit: tuple[str, int], label: int, other: int, visitor: str) -> None:
    """The question, and after one's own vote those of all; another click changes one's mind.

    Args:
        digit: the checksum of its dataset, and its index.
        label: what its label says.
        other: what most networks say.
        visitor: who votes.
    """
    try:
        store = classroom.store()
        counts = store.votes(None, subject(digit))
        mine = store.voted(subject(digit), visitor)
    except InputError as error:
        st.caption(str(error))
        return
    # Whoever saw anything else, when other networks were asked, sees neither.
    neither = sum(counts.values()) - counts.get(label, 0) - counts.get(other, 0)
    with st.container(horizontal=True, vertical_alignment="center", key="vote"):
        st.markdown("**What do you see?**", width="content")
        counted = "" if mine is None else " · {}"  # nobody is led by the others
        choices: tuple[tuple[str, Value, str, int], ...] = (
            ("label", label, f"a {label}, as labelled", counts.get(label, 0)),
            ("other", other, f"a {other}", counts.get(other, 0)),
            ("neither", NEITHER, "neither", neither),
        )
        for name, choice, words, number in choices:
            ticked = mine == choice or (name == "neither" and mine not in (None, label, other))
            st.button(
                words + counted.format(number),
                key=f"vote_{name}",
                icon=":material/check:" if ticked else None,
                on_click=vote,
                args=(digit, choice, visitor),
            )
