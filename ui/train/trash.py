"""Deleted runs, which can be brought back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from mnist_core import runs
from ui import access, actions, say
from ui.train import state
from ui.train.state import TABLE, State


def show(asked: State) -> None:
    """What was deleted last, with a button that undoes it, and all that can be had back."""
    if not access.allowed():
        return
    kept = {deleted.place: deleted.name for deleted in runs.deleted()}
    if not kept:
        return
    last = [place for place in asked.deleted if place in kept]
    with st.container(horizontal=True, vertical_alignment="center", key="trash"):
        if last:
            st.caption(f"Deleted {say.plain(in_words([kept[place] for place in last]))}.")
            st.button(
                "Undo", key="undelete", icon=":material/undo:", on_click=restore, args=(last,)
            )
        place = st.popover(f"Deleted runs: {len(kept)}", icon=":material/restore_from_trash:")
    with place:
        st.caption("Each can be brought back until newer ones take its place.")
        for number, (path, name) in enumerate(kept.items()):
            st.button(
                f"Bring back {say.plain(name)}",
                key=f"restore-{number}",
                type="tertiary",
                icon=":material/undo:",
                on_click=restore,
                args=([path],),
            )


def restore(places: Sequence[Path]) -> None:
    """Bring runs back, as many as can be."""
    back = [place for place in places if state.done(actions.restore, place, TABLE)]
    left = [place for place in state.read().deleted if place not in back]
    state.keep_deleted(left)


def in_words(names: Sequence[str]) -> str:
    """Up to three names, or how many there are."""
    if len(names) > 3:
        return f"{len(names)} runs"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
