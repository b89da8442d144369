"""The trials of a search in figures, in words and in a table."""

from __future__ import annotations

import contextlib

import pandas as pd
import streamlit as st

from mnist_core import figures
from mnist_core.errors import InputError
from mnist_core.experiments import search
from mnist_core.experiments.search import Search, SearchTrial
from ui import charts


def in_words(trial: SearchTrial) -> str:
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
    charts.show(
        figures.search_history(values, complete),
        figures.search_in_words(values, complete, None if best is None else done.index(best)),
        "search_history",
    )
    st.header("Hyperparameter importance", anchor=False)
    try:
        shares = search.importance(found.name)
    except InputError:  # locked in this very moment; the next look finds it
        shares = {}
    if shares:
        shares = {name.replace("_", " "): share for name, share in shares.items()}
        words = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        charts.show(
            figures.search_importance(shares),
            f"Importance of each hyperparameter: {words}.",
            "search_importance",
        )
    else:
        st.caption(f"Shown once {search.ENOUGH} trials have finished; {sum(complete)} have so far.")
    measured = [trial for trial in done if trial.value is not None]
    if len(measured) < 2 or best is None:
        return
    st.header("Parallel coordinates", anchor=False)
    accuracies = [trial.value or 0.0 for trial in measured]
    charts.show(
        figures.search_parallel(choices(measured), accuracies),
        f"A line for each of {len(measured)} trials through what it chose. The best: "
        f"{in_words(best)}.",
        "search_parallel",
    )
    st.caption(
        "Bluer is better; the best line is thick. A pruned trial counts with what it had reached. "
        "None: the trial did not have this choice."
    )


def choices(trials: list[SearchTrial]) -> dict[str, list[float | str | None]]:
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
