"""How well the run reads, in a line."""

from __future__ import annotations

import streamlit as st

from mnist_core import evaluation
from mnist_core.evaluation import comparison
from mnist_core.runs import Evaluation, Run
from ui import say


def show(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None, dataset: str) -> None:
    """How well the run reads, and the other one below it."""
    if dataset == comparison.DRAWN and (writers := comparison.known_writers(run)):
        st.caption(
            f"{say.plain(run.name)} was trained on digits of writer "
            f"{', '.join(map(str, sorted(writers)))}, who is among these."
        )
    with st.container(key="headline"):
        if other is None:
            st.markdown(in_words(own))
        else:
            lines = (
                f"{say.plain(run.name)} {in_words(own)}",
                f"{say.plain(other[0].name)} {in_words(other[1])}",
            )
            st.markdown("  \n".join(lines))


def in_words(given: Evaluation) -> str:
    """Accuracy, mistakes and loss."""
    count = len(given.labels)
    share = evaluation.accuracy(given.probabilities, given.labels)
    wrong = round((1 - share) * count)
    loss = evaluation.loss(given.probabilities, given.labels)
    return f"**{share:.2%}** right · {wrong:,} of {count:,} wrong · loss {loss:.4f}"
