"""What a new search is asked for with: dataset, trials, the space, and who trains."""

from __future__ import annotations

import streamlit as st

from mnist_core import datasets, recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import search
from mnist_core.experiments.search import Space
from ui import actions, say
from ui.compare import workers

LAYERS = list(range(search.MOST_LAYERS + 1))
WIDTHS = [8, 16, 32, 64, 128, 256, 512]
RATES = [10.0**power for power in range(-6, 1)]
BATCHES = [16, 32, 64, 128, 256, 512]
PRUNED_SHARE = 0.6  # of the time that all trials would take without pruning, roughly


def ask(known: list[str]) -> str | None:
    """Ask for a new search beside those that are `known`; its name once it has been started."""
    st.write(
        "Many short training runs try out architectures and hyperparameters; hopeless ones are "
        "pruned. They are compared on validation digits alone."
    )
    one, two, three = st.columns(3)
    with one:
        at_hand = "mnist" if datasets.at_hand("mnist") else "optical-digits"
        dataset = st.selectbox(
            "Dataset", datasets.NAMES, datasets.NAMES.index(at_hand), key="search_dataset"
        )
    with two:
        trials = st.number_input("Trials", value=20, step=5, key="search_trials")
    with three:
        free = next(n for n in range(1, len(known) + 2) if f"search-{n}" not in known)
        name = st.text_input("Name", f"search-{free}", key="search_new_name")
    with st.expander("What may be tried"):
        space, seed = ranges()
    left, right = st.columns(2)
    with left:
        where = workers.ask("search")
    at_a_time = where.workers or 1 if where else 1
    if where and where.scheduler is not None:
        with right:
            at_a_time = st.number_input(
                "Trials at a time",
                value=4,
                step=1,
                key="search_at_a_time",
                help="Each trial is chosen from the results of all but that many before it.",
            )
    fits = True
    try:
        search.check(space, dataset, int(trials), int(seed), int(at_a_time))
        seconds = PRUNED_SHARE * trials * search.trial_seconds(space, dataset)
        if where is None:
            st.caption(f"About {runs.duration(max(5.0, seconds))}.")
    except InputError as error:
        fits = False
        say.error(error)
    asked = st.button(
        "Start",
        key="search_start",
        type="primary",
        icon=":material/search:",
        disabled=not fits,
    )
    if not (asked and fits):
        return None
    try:
        actions.begin_search(name, dataset, int(trials), int(seed), space, int(at_a_time), where)
    except InputError as error:
        say.error(error)
        return None
    return name


def ranges() -> tuple[Space, int]:
    """The space as it is asked for, and the seed."""
    base = Space()
    left, right = st.columns(2)
    with left:
        layers = st.select_slider("Hidden layers", LAYERS, base.layers, key="search_layers")
        widths = st.multiselect("Widths", WIDTHS, base.widths, key="search_widths")
        dropout = st.slider("Dropout", 0.0, 0.9, base.dropout, 0.05, key="search_dropout")
        activations = st.multiselect(
            "Activations", recipes.ACTIVATIONS, base.activations, key="search_activations"
        )
        families = st.multiselect(
            "Kinds of network",
            search.FAMILIES,
            base.families,
            key="search_families",
            help="Convolutional: two convolutions come before the hidden layers.",
        )
        seed = st.number_input("Seed", value=0, step=1, key="search_seed")
    with right:
        optimizers = st.multiselect(
            "Optimizers", list(recipes.OPTIMIZERS), base.optimizers, key="search_optimizers"
        )
        rate = st.select_slider(
            "Learning rate", RATES, base.learning_rate, format_func="{:g}".format, key="search_rate"
        )
        batches = st.multiselect("Batch sizes", BATCHES, base.batch_sizes, key="search_batches")
        augmentations = st.multiselect(
            "Augmentation", list(search.AUGMENTED), base.augmentations, key="search_augmentations"
        )
        epochs = st.number_input("Epochs", value=base.epochs, step=1, key="search_epochs")
        images = st.number_input(
            "Training images, 0 for all", value=0, step=1000, key="search_images"
        )
    space = Space(
        layers=layers,
        widths=tuple(widths),
        dropout=dropout,
        activations=tuple(activations),
        optimizers=tuple(optimizers),
        learning_rate=rate,
        batch_sizes=tuple(batches),
        augmentations=tuple(augmentations),
        families=tuple(families),
        epochs=int(epochs),
        train_images=int(images),
    )
    return space, int(seed)
