"""The runs that wait in the queue."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mnist_core.runs import Run
from ui import access, say
from ui.train import progress


def show(waiting: Sequence[Run]) -> None:
    """What waits; of the trials of studies, which come last, only how many they are."""
    own = [run for run in waiting if run.record.study is None]
    if len(own) < len(waiting):
        st.caption(f"{len(waiting) - len(own)} runs of studies wait until all others are done.")
    if not own:
        return
    with st.container(key="queue"):
        st.markdown(f"**Waiting: {len(own)}**")
        for number, run in enumerate(own, 1):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{number}. {say.plain(run.name)}")
                if access.allowed():
                    st.button(
                        "Take out",
                        key=f"out-{run.name}",
                        type="tertiary",
                        icon=":material/close:",
                        on_click=progress.discard,
                        args=(run,),
                    )
