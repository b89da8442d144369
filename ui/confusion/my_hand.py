"""The test digits as they are read with what this visitor has taught, beside without."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st

from mnist_core.errors import InputError
from mnist_core.runs import Evaluation, Run
from ui import access, actions, reading, say
from ui.confusion import at_hand
from ui.draw import hand, keeper


def show(run: Run, own: Evaluation) -> Evaluation:
    """The run's evaluation, or with the visitor's hand if that is wanted.

    Args:
        own: without the hand.
    """
    keeper.show()
    mine = hand.mine()
    if not mine.digits or not access.allowed():
        return own
    if not st.toggle("With my hand", key="with_my_hand", persist_state="session"):
        return own
    try:
        digits = at_hand.loaded(own.dataset)
        with st.spinner("Reading the digits with your hand …"):
            probabilities, features = actions.read_whole(run, own.dataset)
            taught = mine.by(reading.reader(run).result())
            given = taught.adjusted(digits.x_test, probabilities, features)
    except InputError as error:
        say.info(error)
        return own
    if len(given) != len(own.labels):
        return own
    before, now = (p.argmax(axis=1) == own.labels for p in (own.probabilities, given))
    with st.container(key="my_hand"):
        st.caption(
            f"With my hand {now.mean():.2%} are read right, without {before.mean():.2%}: "
            f"{np.count_nonzero(now & ~before):,} more are right, "
            f"{np.count_nonzero(before & ~now):,} no longer."
        )
    return dataclasses.replace(own, probabilities=given)
