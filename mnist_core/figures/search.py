"""A search for a good network: its history, hyperparameter importance, parallel coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnist_core.figures.style import BLUE, GREY, SKY, VERMILION, plain

Value = float | str | None
MOST_LINES = 100  # more cannot be told apart, and would have to be sent
BELOW = -0.14  # where those pass that had nothing to choose
AXIS_APART = 76  # pixels between two axes
LABEL = "#4a5361"  # behind white letters, on white and on black
LOGARITHMIC_AXES = ("learning rate",)
# From the worst to the best; all can be seen on white and on black.
SHADES = (GREY, SKY, BLUE)


def search_history(
    accuracies: Sequence[float | None], complete: Sequence[bool], height: int = 300
) -> go.Figure:
    """Validation accuracy of every trial, and the best until then.

    Args:
        accuracies: of the trials in their order, 0 to 1; None where there is none.
        complete: whether a trial ran to its end; else it was pruned.
    """
    figure = go.Figure()
    numbers = range(1, len(accuracies) + 1)
    rows = list(zip(numbers, accuracies, complete, strict=True))
    best = np.fmax.accumulate(
        [np.nan if value is None or not ended else value for _, value, ended in rows] or [np.nan]
    )
    figure.add_scatter(
        x=list(numbers),
        y=best[: len(rows)],
        mode="lines",
        name="best so far",
        line={"color": VERMILION, "shape": "hv", "width": 2},
        hovertemplate="best after trial %{x}: %{y:.2%}<extra></extra>",
    )
    for title, wanted, symbol, colour in (
        ("ran to its end", True, "circle", BLUE),
        ("pruned", False, "x-thin-open", GREY),
    ):
        spots = [(n, value) for n, value, ended in rows if ended == wanted and value is not None]
        figure.add_scatter(
            x=[n for n, _ in spots],
            y=[value for _, value in spots],
            mode="markers",
            name=title,
            marker={"symbol": symbol, "color": colour, "size": 9, "line": {"width": 2}},
            hovertemplate=f"trial %{{x}}, {title}: %{{y:.2%}}<extra></extra>",
        )
    figure.update_xaxes(title="trial", tickformat="d", range=[0.5, max(2, len(rows)) + 0.5])
    figure.update_yaxes(title="validation accuracy", tickformat=".1%")
    return plain(figure, height)


def search_importance(shares: Mapping[str, float]) -> go.Figure:
    """Hyperparameter importance, as shares of 1, the most important on top."""
    names = list(shares)
    figure = go.Figure(
        go.Bar(
            x=[shares[name] for name in names],
            y=names,
            orientation="h",
            marker={"color": BLUE},
            text=[f"{shares[name]:.0%}" for name in names],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1.12 * max(shares.values(), default=1) or 1])
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    return plain(figure, 60 + 30 * max(2, len(names)))


def search_parallel(
    choices: Mapping[str, Sequence[Value]], accuracies: Sequence[float]
) -> go.Figure:
    """Parallel coordinates: a line a trial through what it chose, down to its validation accuracy.

    The better a trial, the bluer its line; the best is thick and red. Axes that lie have room
    for their names and values on a phone too.

    Args:
        choices: by name, for each trial a number, a word, or None where it had no such choice:
            its line passes left of the axis.
        accuracies: of the same trials, 0 to 1.
    """
    figure = go.Figure()
    columns: dict[str, Sequence[Value]] = {**choices, "accuracy": list(accuracies)}
    spots = {}
    for place, (name, values) in enumerate(columns.items()):
        spots[name], ticks = _axis(name, values)
        _draw_axis(figure, place, name, ticks)
    # The best are drawn last, above the others.
    order = np.argsort(accuracies, kind="stable")[-MOST_LINES:]
    names = list(columns)
    for rank, trial in enumerate(order):
        last = rank == len(order) - 1
        shade = SHADES[rank * len(SHADES) // max(1, len(order))]
        words = "<br>".join(
            f"{name} {_in_words(name, columns[name][trial])}"
            for name in names
            if columns[name][trial] is not None
        )
        figure.add_scatter(
            x=[spots[name][trial] for name in names],
            y=list(range(len(names))),
            mode="lines+markers",
            line={"color": VERMILION if last else shade, "width": 4 if last else 1.5},
            marker={"size": 8 if last else 4},
            opacity=1 if last else 0.7,
            showlegend=False,
            hovertemplate=f"{words}<extra></extra>",
        )
    figure.update_xaxes(visible=False, range=[BELOW - 0.08, 1.08])
    figure.update_yaxes(visible=False, range=[len(names) - 0.8, -0.7])
    plain(figure, AXIS_APART * len(names) + 30)
    figure.update_layout(margin={"l": 5, "r": 5, "t": 5, "b": 5})
    return figure


def _draw_axis(
    figure: go.Figure, place: int, name: str, ticks: Sequence[tuple[float, str]]
) -> None:
    """A line across the figure at the height `place`, with its name and its values above it."""
    figure.add_shape(type="line", x0=0, x1=1, y0=place, y1=place, line={"color": GREY, "width": 1})
    figure.add_annotation(
        x=BELOW - 0.07,
        y=place,
        text=f"<b>{name}</b>",
        showarrow=False,
        xanchor="left",
        yshift=34,
        font={"size": 12},
    )
    for at, words in ticks:
        figure.add_annotation(
            x=at,
            y=place,
            text=words,
            showarrow=False,
            yshift=15,
            font={"size": 11, "color": "white"},
            bgcolor=LABEL,
            borderpad=1,
        )


def _axis(name: str, values: Sequence[Value]) -> tuple[list[float], list[tuple[float, str]]]:
    """Where each value stands on its axis, 0 to 1 or `BELOW`, and what is written beside it."""
    known = [value for value in values if value is not None]
    steps = sorted(set(known), key=lambda value: (isinstance(value, str), value))
    if len(steps) <= 6 or any(isinstance(value, str) for value in steps):
        place = {
            value: 0.5 if len(steps) == 1 else step / (len(steps) - 1)
            for step, value in enumerate(steps)
        }
        ticks = [(place[value], _in_words(name, value)) for value in steps]
    else:
        scale = np.log if name in LOGARITHMIC_AXES else np.asarray
        low, high = (float(scale(value)) for value in (steps[0], steps[-1]))
        place = {value: (float(scale(value)) - low) / (high - low) for value in steps}
        ticks = [(0.0, _in_words(name, steps[0])), (1.0, _in_words(name, steps[-1]))]
    if len(known) < len(values):
        ticks.append((BELOW, "none"))
    return [BELOW if value is None else place[value] for value in values], ticks


def _in_words(name: str, value: Value) -> str:
    if not isinstance(value, float):
        return str(value)
    if name == "accuracy":
        return f"{value:.2%}"
    return f"{value:.2f}" if name == "dropout" else f"{value:.2g}"


def search_in_words(
    accuracies: Sequence[float | None], complete: Sequence[bool], best: int | None
) -> str:
    """What `search_history` shows, for those who cannot see it.

    Args:
        best: index of the best trial.
    """
    if best is None:
        return f"{len(accuracies)} trials, none of which ran to its end yet."
    pruned = len(complete) - sum(complete)
    return (
        f"{len(accuracies)} trials, {pruned} of them pruned. The best is trial {best + 1} with "
        f"{accuracies[best]:.2%} of the validation digits."
    )
