"""A search for a good network: asked for, watched, and its winner trained."""

from __future__ import annotations

import contextlib
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core import datasets, figures, recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import search
from mnist_core.experiments.search import Search, Space, Trial
from mnist_core.training import queue
from ui import workers

QUICK, SLOW = 1.0, 5.0  # seconds between looks at a search
NEW = "New search"
LAYERS = list(range(search.MOST_LAYERS + 1))
WIDTHS = [8, 16, 32, 64, 128, 256, 512]
RATES = [10.0**power for power in range(-6, 1)]
BATCHES = [16, 32, 64, 128, 256, 512]
PRUNED_SHARE = 0.6  # of the time that all trials would take without pruning, roughly


def show() -> None:
    """The view: a search is chosen, or a new one begun."""
    known = search.names()
    if "search_next" in st.session_state:
        st.session_state["search_name"] = st.session_state.pop("search_next")
    elif st.session_state.get("search_name") not in [*known, NEW]:
        st.session_state["search_name"] = known[0] if known else NEW
    name = NEW
    if known:
        name = st.selectbox("Search", [*known, NEW], key="search_name", persist_state="session")
    if name == NEW:
        ask(known)
    else:
        watch(name)


# --- a new one -------------------------------------------------------------------------


def ask(known: list[str]) -> None:
    st.write(
        "Many small trainings try out architectures and hyperparameters; hopeless ones are ended "
        "early. They are compared on validation digits alone."
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
        by = workers.ask("search")
    at_a_time = int(by[1]) if by[:1] == ["--workers"] else 1
    if by[:1] == ["--scheduler"]:
        with right:
            at_a_time = st.number_input(
                "Trials at a time", value=4, step=1, key="search_at_a_time",
                help="Each is chosen by what is known of all but that many before it.",
            )  # fmt: skip
    problem = None
    try:
        search.check(space, dataset, int(trials), int(seed), int(at_a_time))
        seconds = PRUNED_SHARE * trials * search.trial_seconds(space, dataset)
        if not by:
            st.caption(f"About {runs.duration(max(5.0, seconds))}.")
    except InputError as error:
        problem = str(error)
        st.error(problem)
    if (
        st.button(
            "Start", key="search_start", type="primary", icon=":material/search:",
            disabled=problem is not None or workers.missing(by),
        )
        and problem is None
    ):  # fmt: skip
        try:
            search.create(name, dataset, int(trials), int(seed), space, int(at_a_time))
            search.start(name, by=by)
        except InputError as error:
            st.error(str(error))
            return
        st.session_state["search_next"] = name
        st.rerun()


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
            "Kinds of network", search.FAMILIES, base.families, key="search_families",
            help="Convolutional: two convolutions come before the hidden layers.",
        )  # fmt: skip
        seed = st.number_input("Seed", value=0, step=1, key="search_seed")
    with right:
        optimizers = st.multiselect(
            "Optimizers", list(recipes.OPTIMIZERS), base.optimizers, key="search_optimizers"
        )
        rate = st.select_slider(
            "Learning rate", RATES, base.learning_rate, format_func="{:g}".format,
            key="search_rate",
        )  # fmt: skip
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


# --- one that there is -----------------------------------------------------------------


def watch(name: str) -> None:
    """Follow a search; everything below draws itself anew as trials come in."""
    try:
        found = search.state(name)
    except InputError as error:
        st.error(str(error))
        offer_to_delete(name)
        return
    was = found.activity

    def follow() -> None:
        try:
            found = search.state(name)
        except InputError as error:
            st.error(str(error))
            return
        if (found.activity in (search.FINISHED, search.FAILED)) != (
            was in (search.FINISHED, search.FAILED)
        ) or found.active != (was in (search.WAITING, search.LOADING, search.SEARCHING)):
            st.rerun()  # how often to look changes with it
        with st.container(key="search_progress"):
            show_progress(found)
        with st.container(key="search_best"):
            show_best(found)
        if found.trials:
            show_pictures(found)
            show_table(found)

    st.fragment(follow, run_every=QUICK if found.active else SLOW)()


def show_progress(found: Search) -> None:
    done, total = len(found.trials), found.settings.trials
    if found.activity == search.WAITING:
        st.progress(done / total, f"{done} of {total} trials · waiting for its turn to train")
    elif found.activity == search.LOADING:
        if found.share:
            st.progress(found.share, "Downloading the digits …")
        else:
            st.progress(done / total, "Loading the digits …")
    elif found.activity == search.SEARCHING:
        left = found.seconds_left
        words = f"Trial {min(done + 1, total)} of {total}"
        if found.look:
            words = f"{done} of {total} trials"
        if left is not None:
            words += f" · about {runs.duration(left)} left"
        if found.look:
            words += f" · {workers.in_words(found.look)}"
        st.progress(min(1.0, (done + found.share) / total), words)
        if found.look:
            workers.show(found.look)
    elif found.activity == search.FAILED:
        st.error(found.problem or "It failed.")
    elif found.activity == search.INTERRUPTED:
        st.warning(
            f"The process ended unexpectedly after {done} of {total} trials. Go on: it ends as "
            "if nothing had been."
        )
    elif found.activity == search.STOPPED:
        st.info(f"Stopped after {done} of {total} trials.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if found.active:
            asked = search.asked_to_stop(found.name)
            if st.button(
                "Stop", key="search_stop", icon=":material/stop_circle:", disabled=asked,
                help="What was tried is kept; it can go on later.",
            ):  # fmt: skip
                act(search.stop, found.name)
            if asked:
                st.caption("Stopping …")
            return
        by = workers.ask("search_go_on", found.settings.at_a_time)
        if done < total:
            if st.button(
                "Go on", key="search_resume", icon=":material/resume:",
                disabled=workers.missing(by),
            ):  # fmt: skip
                act(search.start, found.name, None, by)
        else:
            more = st.number_input("Trials in all", value=total + 10, step=5, key="search_more")
            if st.button(
                "Try more", key="search_extend", icon=":material/add:",
                disabled=workers.missing(by),
            ):  # fmt: skip
                act(search.start, found.name, int(more), by)
        offer_to_delete(found.name)


def offer_to_delete(name: str) -> None:
    with st.popover("Delete", icon=":material/delete:", key="search_delete_open"):
        st.write(f"The search {name} and its trials are removed for good. Runs stay.")
        if st.button("Delete for good", key="search_delete", type="primary"):
            act(search.delete, name)


def act(what: Any, *arguments: Any) -> None:
    """Do something, or say why it cannot be done."""
    try:
        what(*arguments)
    except InputError as error:
        st.error(str(error))
        return
    st.rerun()


def show_best(found: Search) -> None:
    best = found.best
    if best is None:
        return
    st.markdown(
        f"**Best so far: trial {best.number} with {best.value:.2%}** of the validation digits  \n"
        f"{in_words(best)}"
    )
    if found.winner and found.winning_trial == best.number:
        run = runs.read(found.winner)
        if run.problem is None and (run.active or run.usable or run.resumable):
            show_winner(run)
            return
    if found.active:
        return
    if st.button(
        "Train the winner", key="search_winner", type="primary", icon=":material/trophy:",
        help="A run like any other. Only now are the test digits read.",
    ):  # fmt: skip
        act(search.winner, found.name)


def show_winner(run: runs.Run) -> None:
    queue.tend()
    if "test_accuracy" in run.metrics:
        words = f"{run.metrics['test_accuracy']:.2%} of the test digits"
    else:
        words = run.status
    st.page_link(
        "pages/train.py",
        label=f"The winner's run, {run.name}: {words}",
        icon=":material/trophy:",
        query_params={"run": run.name},
    )


def in_words(trial: Trial) -> str:
    """A trial's network and how it was trained, in a line."""
    recipe = trial.recipe
    layers = [
        f"{layer['filters']} filters" if layer["kind"] == "conv" else str(layer["units"])
        for layer in recipe.hidden
        if layer["kind"] in ("conv", "dense")
    ]
    parts = [" – ".join(layers) or "no hidden layer"]
    for layer in recipe.hidden:
        if layer["kind"] == "dense":
            parts.append(layer["activation"])
            break
    rates = {layer["rate"] for layer in recipe.hidden if layer["kind"] == "dropout"}
    parts += [f"dropout {rate:.2g}" for rate in rates]
    parts.append(f"{recipe.optimizer} at {recipe.learning_rate:.2g}")
    parts.append(f"batches of {recipe.batch_size}")
    with contextlib.suppress(KeyError):
        parts.append(f"{trial.params['augmentation']} augmentation")
    return ", ".join(parts)


def show_pictures(found: Search) -> None:
    done = found.trials
    values = [trial.value for trial in done]
    complete = [trial.state == search.COMPLETE for trial in done]
    best = found.best
    chart(
        figures.search_history(values, complete),
        figures.search_in_words(values, complete, None if best is None else done.index(best)),
        "search_history",
    )
    st.subheader("What decides")
    try:
        shares = search.importance(found.name)
    except InputError:  # locked in this very moment; the next look finds it
        shares = {}
    if shares:
        shares = {name.replace("_", " "): share for name, share in shares.items()}
        words = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        chart(
            figures.search_importance(shares),
            f"Share of each choice: {words}.",
            "search_importance",
        )
    else:
        st.caption(
            f"To be seen once {search.ENOUGH} trials ran to their end; "
            f"{sum(complete)} did until now."
        )
    measured = [trial for trial in done if trial.value is not None]
    if len(measured) < 2 or best is None:
        return
    st.subheader("What goes with what")
    accuracies = [trial.value or 0.0 for trial in measured]
    chart(
        figures.search_parallel(choices(measured), accuracies),
        f"A line for each of {len(measured)} trials through what it chose. The best: "
        f"{in_words(best)}.",
        "search_parallel",
    )
    st.caption(
        "The better, the bluer; the best is thick. A pruned trial counts as it was then. None: a "
        "trial had no such choice."
    )


def choices(trials: list[Trial]) -> dict[str, list[float | str | None]]:
    """What each trial chose, by name; None where it had nothing to choose."""
    names = sorted({name for trial in trials for name in trial.params})
    return {name.replace("_", " "): [trial.params.get(name) for trial in trials] for name in names}


def show_table(found: Search) -> None:
    with st.expander(f"All {len(found.trials)} trials"):
        lines = [
            {
                "trial": trial.number,
                "validation": trial.value,
                "state": trial.state if trial.note is None else trial.note,
                "epochs": len(trial.curve),
                "seconds": trial.seconds,
                "network": in_words(trial),
            }
            for trial in found.trials
        ]
        st.dataframe(
            pd.DataFrame(lines),
            hide_index=True,
            key="search_table",
            column_config={
                "trial": st.column_config.NumberColumn(pinned=True),
                "validation": st.column_config.NumberColumn(format="percent"),
                "seconds": st.column_config.NumberColumn(format="%.1f"),
            },
            alt="Every trial with its validation accuracy, and what it chose",
        )


def chart(figure: Any, alt: str, key: str) -> None:
    st.plotly_chart(figure, alt=alt, key=key, config={"displayModeBar": False})
