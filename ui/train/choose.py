"""The recipe, the dataset and what the weights start from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import streamlit as st

from mnist_core import datasets, recipes
from mnist_core.datasets import hands
from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES, Recipe
from mnist_core.runs import Run
from mnist_core.training import transfer
from ui import actions, glossary, say
from ui.train import hyperparameters, network, state
from ui.train.hyperparameters import Job

START_FROM = "start_from"
FRESH = "Nothing: fresh weights"


def show(found: Sequence[Run]) -> Job | None:
    """The training run as it is asked for; None while something is wrong with it.

    Args:
        found: all runs but trials of studies.
    """
    base = choose_recipe(found)
    names = (*datasets.NAMES, *hands.names())
    left, right = st.columns(2)
    with left:
        dataset = st.selectbox(
            "Dataset",
            names,
            names.index(base.dataset) if base.dataset in names else 0,
            **hyperparameters.persistent(base, "dataset"),
        )
    with right:
        epochs = hyperparameters.field(
            "epochs", st.number_input, "Epochs", base, step=1, help=glossary.help_for("epoch")
        )
    job, name, problem = None, None, None
    try:
        name = hyperparameters.choose_name(base)
    except InputError as error:
        problem = str(error)
    with st.expander("Hyperparameters"):
        try:
            recipe = dataclasses.replace(base, dataset=dataset, epochs=epochs)
            job = dataclasses.replace(hyperparameters.show(base, recipe), name=name)
        except InputError as error:
            problem = str(error)
    if not datasets.at_hand(dataset):
        st.info(f"{dataset} is not on this machine: training downloads it first.")
    if job is not None and problem is None:
        try:
            network.show(job.recipe, found)
            return job
        except InputError as error:
            problem = str(error)
    say.error(problem)
    return None


def choose_recipe(found: Sequence[Run]) -> Recipe:
    """A recipe of the list, or that of a run whose weights the training is to start from."""
    possible = {run.name: run for run in found if transfer.refusal(run) is None}
    if st.session_state.get(START_FROM) not in possible:
        st.session_state[START_FROM] = None
    base = RECIPES[
        st.selectbox(
            "Recipe",
            list(RECIPES),
            key=state.RECIPE,
            persist_state="session",
            format_func=lambda name: f"{name} – {RECIPES[name].title}",
            disabled=st.session_state[START_FROM] is not None,
        )
    ]
    name = st.selectbox(
        "Start from",
        [None, *possible],
        key=START_FROM,
        persist_state="session",
        format_func=lambda name: name or FRESH,
        placeholder=FRESH,
        help=glossary.help_for("fine-tuning"),
    )
    return base if name is None else fine_tuned(possible[name])


def fine_tuned(run: Run) -> Recipe:
    """The recipe that starts from a run's weights, with as many layers frozen as is asked for."""
    recipe = recipes.fine_tuned(run.recipe, run.name)
    most = len(recipes.widths(recipe.hidden))
    frozen = st.number_input(
        f"Layers to freeze, 0 to {most}",
        0,
        most,
        help=glossary.help_for("frozen", also="Counted from the input."),
        **hyperparameters.persistent(recipe, "frozen"),
    )
    return dataclasses.replace(recipe, frozen=int(frozen))


def submit(job: Job) -> None:
    """Put a job at the end of the queue and show its run, or say why it is refused."""
    try:
        run = actions.submit(job.recipe, job.seed, job.name)
    except InputError as error:
        state.tell(str(error))
        return
    state.tell(None)
    state.watch(run.name)
