"""Learning curves, and what came out of the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core.figures.style import (
    BLUE,
    DASHES,
    GREY,
    SERIES,
    VERMILION,
    plain,
)

AXIS_ENDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 1000)  # epochs
MOST_POINTS = 500  # of a curve: more cannot be told apart, and would have to be sent


def curve(
    column: str,
    history: Sequence[Mapping[str, float]],
    live: npt.NDArray[np.float64] | None = None,
    best: float | None = None,
    growing: bool = False,
) -> go.Figure:
    """A run's loss or accuracy by epoch, on its training and its validation digits.

    Args:
        column: "loss" or "accuracy".
        history: rows of `runs.read_history`.
        live: points within the epochs, of `runs.read_live`.
        best: the epoch, from 1, whose weights are kept; it is marked.
        growing: whether more is to come; the axis then ends a little after what there is.
    """
    figure = go.Figure()
    if live is not None and len(live):
        live = live[:: -(-len(live) // MOST_POINTS)]
        values = live[:, 1 if column == "loss" else 2]
        figure.add_scatter(
            x=live[:, 0],
            y=values,
            name="within epochs",
            mode="lines",
            line={"color": GREY, "width": 1},
            hoverinfo="skip",
        )
    for key, name, colour, dash, symbol in (
        (column, "training", BLUE, "solid", "circle"),
        (f"val_{column}", "validation", VERMILION, "dash", "square"),
    ):
        rows = _thinned([row for row in history if key in row])
        figure.add_scatter(
            x=[row["epoch"] for row in rows],
            y=[row[key] for row in rows],
            name=name,
            mode="lines+markers" if len(rows) <= 60 else "lines",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"epoch %{{x}}: {_form(column, 'y')}<extra>{name}</extra>",
        )
    if best is not None:
        figure.add_vline(
            x=best,
            line={"color": GREY, "dash": "dot"},
            annotation_text=f"best: {best:.0f}",
            annotation_position="top",
        )
    reached = max([row["epoch"] for row in history], default=0.0)
    if live is not None and len(live):
        reached = max(reached, float(live[-1, 0]))
    return _by_epoch(figure, column, _end_of_axis(reached) if growing else None)


def _end_of_axis(reached: float) -> float:
    """Where an axis ends that grows by steps: at the next of these, or half as far again."""
    for end in AXIS_ENDS:
        if reached <= end:
            return end
    return reached * 1.5


def curves_of(column: str, histories: Mapping[str, Sequence[Mapping[str, float]]]) -> go.Figure:
    """The curves of several runs in one figure: validation where there is one, else training."""
    figure = go.Figure()
    for number, (name, history) in enumerate(histories.items()):
        validated = bool(history) and f"val_{column}" in history[0]
        key = f"val_{column}" if validated else column
        rows = _thinned([row for row in history if key in row])
        colour, dash = SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]
        figure.add_scatter(
            x=[row["epoch"] for row in rows],
            y=[row[key] for row in rows],
            name=name if validated else f"{name} (training)",
            mode="lines+markers" if len(rows) < 3 else "lines",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate=f"epoch %{{x}}: {_form(column, 'y')}<extra>{name}</extra>",
        )
    return _by_epoch(figure, column, None)


def curves_in_words(column: str, history: Sequence[Mapping[str, float]]) -> str:
    """What `curve` shows, for those who cannot see it."""
    if not history:
        return f"No epoch is over yet: the {column} by epoch will be drawn here."
    last = history[-1]
    form = "{:.4f}" if column == "loss" else "{:.2%}"
    words = f"After epoch {last['epoch']:.3g}, training {column} {form.format(last[column])}"
    if f"val_{column}" in last:
        words += f", validation {column} {form.format(last[f'val_{column}'])}"
    return words + "."


def digit_accuracy(shares: Sequence[float | None]) -> go.Figure:
    """The accuracy of each digit as a point, on a scale that shows their differences.

    Args:
        shares: ten, from 0 to 1; None for a digit that does not occur.
    """
    values = np.array([np.nan if share is None else share for share in shares], float)
    figure = go.Figure(
        go.Scatter(
            x=[str(digit) for digit in range(10)],
            y=values,
            mode="markers+text",
            marker={"color": BLUE, "size": 11},
            # The axis has the sign: on a phone ten labels stand side by side without it.
            text=["" if np.isnan(value) else f"{value:.1%}"[:-1] for value in values],
            textposition="top center",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        )
    )
    figure.update_yaxes(tickformat=".0%", fixedrange=True, nticks=5)
    figure.update_xaxes(type="category", fixedrange=True, tickfont={"size": 14}, showgrid=True)
    return plain(figure, 200)


def _thinned(rows: list[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """At most `MOST_POINTS` rows, the last one among them."""
    step = -(-len(rows) // MOST_POINTS) or 1
    return rows[::-step][::-1]


def _form(column: str, axis: str) -> str:
    return f"%{{{axis}:.4f}}" if column == "loss" else f"%{{{axis}:.2%}}"


def _by_epoch(figure: go.Figure, column: str, end: float | None) -> go.Figure:
    figure.update_xaxes(title="epoch", fixedrange=True, rangemode="tozero", tickformat="~g")
    if end is not None:
        figure.update_xaxes(range=[0, end * 1.03])
    figure.update_yaxes(title=column, fixedrange=True)
    if column == "accuracy":
        figure.update_yaxes(tickformat=".1%")
    plain(figure, 340)
    figure.update_layout(legend={"orientation": "h", "y": -0.28, "x": 0, "yanchor": "top"})
    return figure
