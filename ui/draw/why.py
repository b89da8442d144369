"""Why a drawing is read so: found out when somebody asks, by a process beside the server."""

from __future__ import annotations

import concurrent.futures
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_core.drawing import Ink
from mnist_core.evaluation import explanations
from mnist_core.evaluation.likeness import Likeness
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture
from mnist_core.runs import Run
from mnist_core.wording import percent
from ui import canvas, reading, say, warm
from ui.draw import state

POLL_SECONDS = 0.5
ASKED = "asked_why"  # in the session: what was asked
CELL = 64  # pixels, the side of a training digit's picture


@dataclass(frozen=True)
class Asked:
    """A drawing as it was when somebody asked, and what is found out about it."""

    run: Run
    image: Ink
    digit: int  # what it was read as
    like: concurrent.futures.Future[Likeness]
    maps: warm.Future

    @property
    def done(self) -> bool:
        return self.like.done() and self.maps.done()


def button() -> None:
    """The question; seen while there is ink (`live_bars.as_html`)."""
    st.button("Why?", key="why", icon=":material/help:", on_click=ask)


def ask() -> None:
    """Begin to find out why what lies on the canvas is read so."""
    active = reading.active()
    image = canvas.read(state.at_hand().objects)
    if not image.any() or not active.reader.done():
        return
    digit = int(reading.predict(active.reader, image[None])[0].argmax())
    like = warm.what_it_is_like(active.run, image)  # the quicker of the two
    maps = warm.explanation(active.run, image, digit)
    st.session_state[ASKED] = Asked(active.run, image, digit, like, maps)


def close() -> None:
    st.session_state.pop(ASKED, None)


def show() -> None:
    """The answer to what was asked last, if anything was."""
    asked: Asked | None = st.session_state.get(ASKED)
    if asked is None:
        return
    with st.container(key="why_answer"):
        st.html(pictures.STYLE)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Why a {asked.digit}?", anchor=False)
            st.button("Close", key="close_why", type="tertiary", on_click=close)
        st.fragment(_answer, run_every=None if asked.done else POLL_SECONDS)(asked, asked.done)


def _answer(asked: Asked, was_done: bool) -> None:
    if asked.done and not was_done:
        st.rerun()  # nothing is to be looked at again and again any more
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.markdown("**Where it looked**")
        _maps(asked)
    if not asked.like.done():
        middle.caption("Asking the other networks …")
        return
    if asked.like.exception() is not None:
        with middle:
            say.warning(asked.like.exception())
        return
    like = asked.like.result()
    with middle:
        st.markdown("**What the networks say**")
        _networks(like)
    with right:
        st.markdown("**The training digits most like yours**")
        _nearest(like)


def _maps(asked: Asked) -> None:
    """The drawing, and over it what spoke for the digit."""
    if not asked.maps.done():
        st.caption("Looking for what speaks for it …")
        return
    if asked.maps.exception() is not None:
        say.warning(asked.maps.exception())
        return
    covered, summed = (
        explanations.overlay(asked.image, relevance) for relevance in asked.maps.result()
    )
    words = f"for a {asked.digit}: blue speaks for it, orange against it"
    shown = [
        Picture(asked.image, "yours", "Your drawing as the network sees it"),
        Picture(covered, "covered in grey", f"What covering each place changes {words}"),
        Picture(summed, "pixel by pixel", f"What each pixel adds {words}"),
    ]
    with st.container(key="why_maps"):
        st.html(pictures.grid(shown, 96))
    st.caption(f"Blue speaks for a {asked.digit}, orange against it.")


def _networks(like: Likeness) -> None:
    lines = []
    for name, row in zip(like.names, like.probabilities, strict=True):
        best = int(np.argmax(row))
        lines.append(f"| {say.plain(name)} | **{best}** | {percent(row[best]).lower()} |")
    with st.container(key="why_networks"):
        st.markdown("| network | reads | sure |\n| --- | --- | --- |\n" + "\n".join(lines))


def _nearest(like: Likeness) -> None:
    if like.problem:
        say.info(like.problem)
        return
    shown = [
        Picture(image, f"a {label}", f"A training {label}")
        for image, label in zip(like.images, like.labels.tolist(), strict=True)
    ]
    with st.container(key="why_nearest"):
        st.html(pictures.grid(shown, CELL))
    st.caption(
        f"From {like.training_set}: of those most alike pixel by pixel, the ones that this "
        "network finds most alike."
    )
