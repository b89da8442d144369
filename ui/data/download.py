"""What is shown in place of a dataset that is not on this machine."""

from __future__ import annotations

import streamlit as st

from mnist_core import datasets
from mnist_core.errors import InputError
from ui import access, actions, say, shared_work


def offer(name: str) -> None:
    """Say how a dataset can be had, and download it if asked to."""
    parts = [part for part in name.split("+") if not datasets.at_hand(part)]
    given = [part for part in parts if datasets.find(part) is not None]
    if given:  # the environment names a file that is not there
        say.error(f"{datasets.missing(given[0])} It looks for {datasets.find(given[0])} now.")
        return
    under_way = shared_work.download(name)
    if under_way and not under_way.done:

        @st.fragment(run_every=0.3)
        def wait() -> None:
            if under_way.done:
                st.rerun()
            received, total, left = under_way.received, under_way.total, under_way.seconds_left
            words = f"{received / 1e6:.1f} MB"
            if total:
                words += f" of {total / 1e6:.1f} MB"
            if left is not None:
                words += f", {left:.0f} s left"
            st.progress(min(1.0, received / total) if total else 0.0, f"Downloading: {words}")

        wait()
        return
    say.info(" ".join(datasets.missing(part) for part in parts))
    if under_way and under_way.error:
        say.error(under_way.error)
    access.note("Downloading")
    if not access.allowed():
        return
    size = datasets.ABOUT[name].megabytes
    if st.button(
        f"Download (about {size:g} MB)", type="primary", icon=":material/download:", key="download"
    ):
        try:
            actions.download(name)
        except InputError as error:
            say.error(error)
            return
        st.rerun()
