"""The test digits that excite the chosen unit most."""

from __future__ import annotations

import streamlit as st

from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation import exciting, results
from mnist_core.evaluation.exciting import Exciting
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture
from mnist_core.runs import Run
from routes import inside
from ui import access, actions, say
from ui.confusion import at_hand, work
from ui.inside.state import Seen

CELL = 56  # pixels, the side of a digit's picture
PROBLEM = "exciting_problem"  # in the session: why it could not be started


def show(run: Run, seen: Seen) -> None:
    """What excites a unit, or the way to find out."""
    if seen.layer is None or seen.unit is None:
        return
    with st.container(key="excites"):
        st.header("What excites it most", anchor=False)
        found = layers(run)
        if found is None:
            return
        dataset, known = found
        layer = known.get(seen.layer)
        if layer is None or not 0 <= seen.unit < len(layer.indices):
            st.caption("There is nothing about this layer: it only hands on what it is given.")
            return
        _digits(dataset, layer, seen.unit)


def layers(run: Run) -> tuple[Dataset, dict[str, Exciting]] | None:
    """The digits, and what was found for each layer; None where it is not there yet."""
    name = inside.digits_name()
    dataset = at_hand.dataset(name, run)
    if dataset is None:
        return None
    try:
        found = exciting.kept(run, dataset)
    except InputError as error:
        say.warning(error)
        return None
    if found is not None:
        return dataset, found
    if results.progress(run, name, results.EXCITING):
        work.follow(run, name, results.EXCITING, "Reading every test digit")
        return None
    say.error_if(st.session_state.pop(PROBLEM, None))
    st.caption("Of all test digits, those for which its number is greatest.")
    access.note("Finding them")
    if access.allowed():
        st.button(
            "Find them",
            key="find_exciting",
            icon=":material/search:",
            on_click=_start,
            args=(run, name),
            help="Reads every test digit once, for all units: half a minute. It is kept.",
        )
    return None


def _start(run: Run, name: str) -> None:
    try:
        actions.evaluate(run, name, results.EXCITING)
    except InputError as error:
        st.session_state[PROBLEM] = str(error)


def _digits(dataset: Dataset, layer: Exciting, unit: int) -> None:
    shown = [
        Picture(
            dataset.x_test[index],
            f"{value:.2f}",
            f"Test digit {index}, a {dataset.y_test[index]}: {value:.2f}",
        )
        for index, value in zip(layer.indices[unit], layer.values[unit], strict=True)
    ]
    st.html(pictures.STYLE)
    st.html(pictures.grid(shown, CELL))
    st.caption(
        f"Of {len(dataset.x_test):,} test digits, those for which its number is greatest; "
        "below each, that number."
    )
