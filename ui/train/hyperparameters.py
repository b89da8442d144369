"""The hyperparameters of a recipe, each of which can be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnist_core import recipes, runs
from mnist_core.errors import InputError
from mnist_core.recipes import Recipe
from ui import glossary, say
from ui.train import network

USUAL_PATIENCE = 5  # epochs


@dataclass(frozen=True)
class Job:
    """A training run as it is asked for."""

    recipe: Recipe
    seed: int
    name: str | None = None  # by default the recipe's with the time


def persistent(base: Recipe, entry: str) -> dict[str, Any]:
    """How an entry's widget is kept: each recipe and each run to start from has its own."""
    owner = f"from-{base.start_from}" if base.start_from else base.name
    return {"key": f"{owner}-{entry}", "persist_state": "session"}


def field(entry: str, widget: Callable[..., Any], label: str, base: Recipe, **options: Any) -> Any:
    """A widget for an entry of the recipe, with a sentence below it if the value is nonsense."""
    value = widget(
        label,
        value=options.pop("value", getattr(base, entry)),
        **persistent(base, entry),
        **options,
    )
    try:
        recipes.check(dataclasses.replace(base, **{entry: value}))
    except InputError as error:
        complain(error)
    return value


def complain(error: InputError) -> None:
    """Say below a widget what is wrong with its value."""
    st.caption(f":red[:material/error: {say.plain(error)}]")


def show(base: Recipe, recipe: Recipe) -> Job:
    """Every hyperparameter of a recipe as a widget; the training run that they make.

    Args:
        base: the recipe as it stands in the list, from which the widgets begin.
        recipe: the same with the dataset and the epochs that were chosen.

    Raises:
        InputError: they do not make a recipe that can be trained.
    """
    one, two = st.columns(2)
    with one:
        changed = dataclasses.replace(recipe, **optimization(base))
    with two:
        changed = dataclasses.replace(changed, **data(base))
        seed = choose_seed(base)
    recipes.check(changed)
    images, _ = network.training_images(changed)
    if changed.batch_size > images:
        raise InputError(
            f"The batch size {changed.batch_size} is larger than the {images} training images: "
            "take a smaller batch or more images."
        )
    return Job(changed, seed)


def optimization(base: Recipe) -> dict[str, Any]:
    """The layers and how their weights are found, as entries of the recipe."""
    hidden = base.hidden if base.start_from else layers(base)
    optimizers = list(recipes.OPTIMIZERS)
    optimizer = st.selectbox(
        "Optimizer",
        optimizers,
        optimizers.index(base.optimizer),
        help=glossary.help_for("optimizer"),
        **persistent(base, "optimizer"),
    )
    rate = field(
        "learning_rate", st.number_input, "Learning rate", base, step=0.0005, format="%.5g",
        help=glossary.help_for("learning rate"),
    )  # fmt: skip
    batch = field(
        "batch_size", st.number_input, "Batch size", base, step=1, help=glossary.help_for("batch")
    )
    return {
        "hidden": hidden,
        "optimizer": optimizer,
        "learning_rate": rate,
        "batch_size": batch,
    }


def data(base: Recipe) -> dict[str, Any]:
    """What is trained on and for how long, as entries of the recipe."""
    split = field(
        "validation_split", st.number_input, "Validation split", base, step=0.05, format="%.2f",
        help=glossary.help_for("validation", also="The share of the images that is held back."),
    )  # fmt: skip
    patience = None
    early = st.checkbox(
        "Early stopping",
        base.patience is not None,
        help=glossary.help_for("early stopping"),
        **persistent(base, "early"),
    )
    if early:
        patience = field(
            "patience",
            st.number_input,
            "Patience, in epochs",
            base,
            help=glossary.help_for("patience"),
            value=base.patience or USUAL_PATIENCE,
            step=1,
        )
    own = {"the recipe's own": base.augmentation} if any(base.augmentation.values()) else {}
    kinds = {**own, **recipes.AUGMENTED}
    augmentation = st.selectbox(
        "Augmentation",
        list(kinds),
        help=glossary.help_for("augmentation"),
        **persistent(base, "augmentation"),
    )
    images = field("train_images", st.number_input, "Training images, 0 for all", base, step=1000)
    return {
        "validation_split": split,
        "patience": patience,
        "augmentation": kinds[augmentation],
        "train_images": images,
    }


def choose_seed(base: Recipe) -> int:
    """The seed; raises InputError for one that no random generator takes."""
    seed = st.number_input(
        "Seed", value=0, step=1, help=glossary.help_for("seed"), **persistent(base, "seed")
    )
    recipes.check_seed(seed)
    return int(seed)


def choose_name(base: Recipe) -> str | None:
    """The name, or None; raises InputError for one that no run can have."""
    name = st.text_input(
        "Name (optional)",
        placeholder=f"{base.name} and the time",
        **persistent(base, "name"),
    )
    name = name or None
    if name is not None:
        try:
            name = runs.check_name(name)
        except InputError as error:
            complain(error)
            raise
    return name


def layers(base: Recipe) -> tuple[recipes.Layer, ...]:
    """The hidden layers with other widths, dropout or activation.

    Raises:
        InputError: widths that are no numbers, or not as many as there must be.
    """
    widths = [str(width) for width in recipes.widths(base.hidden)]
    only_dense = all(layer["kind"] in ("dense", "dropout") for layer in base.hidden)
    typed = st.text_input(
        "Widths of the hidden layers" if only_dense else "Widths of the layers",
        ", ".join(widths),
        placeholder="no hidden layer" if only_dense else "",
        help="Neurons of each layer, with commas between them"
        + (": as many layers as numbers." if only_dense else ", or filters, or units."),
        **persistent(base, "widths"),
    )
    rates = [layer["rate"] for layer in base.hidden if layer["kind"] == "dropout"]
    dropout = st.slider(
        "Dropout", 0.0, 0.9, max(rates, default=0.0), 0.05, help=glossary.help_for("dropout"),
        **persistent(base, "dropout"),
    )  # fmt: skip
    kinds = [layer["activation"] for layer in base.hidden if layer["kind"] == "dense"]
    activation = kinds[0] if kinds else "relu"
    if only_dense:
        activation = st.selectbox(
            "Activation",
            recipes.ACTIVATIONS,
            recipes.ACTIVATIONS.index(activation),
            help=glossary.help_for("activation"),
            **persistent(base, "activation"),
        )
    try:
        return recipes.with_widths(base.hidden, typed, dropout, activation)
    except InputError as error:
        complain(error)
        raise
