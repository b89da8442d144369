"""What everybody sees in a digit whose label may be wrong."""

from __future__ import annotations

import collections

import streamlit as st

Votes = dict[str, str]  # what each visitor said, by the visitor


@st.cache_resource
def ballots() -> dict[tuple[str, int], Votes]:
    """The votes of everybody on each digit, by checksum and index, until the server stops."""
    return {}


def vote(digit: tuple[str, int], choice: str, visitor: str) -> None:
    ballots().setdefault(digit, {})[visitor] = choice


@st.fragment(run_every=3)
def show(digit: tuple[str, int], label: int, other: int, visitor: str) -> None:
    """The question, and after one's own vote those of all; another click changes one's mind.

    Args:
        digit: the checksum of its dataset, and its index.
        label: what its label says.
        other: what most networks say.
        visitor: who votes.
    """
    votes = ballots().get(digit, {})
    counts = collections.Counter(votes.values())
    mine = votes.get(visitor)
    with st.container(horizontal=True, vertical_alignment="center", key="vote"):
        st.markdown("**What do you see?**", width="content")
        counted = "" if mine is None else " · {}"  # nobody is led by the others
        for choice, words in (
            ("label", f"a {label}, as labelled"),
            ("other", f"a {other}"),
            ("neither", "neither"),
        ):
            st.button(
                words + counted.format(counts[choice]),
                key=f"vote_{choice}",
                icon=":material/check:" if choice == mine else None,
                on_click=vote,
                args=(digit, choice, visitor),
            )
