"""What one choice does to accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnist_core.figures.style import BLUE, ORANGE, TRACK, plain

# Colour, marker and dash of the first and of the second series.
_LOOKS = ((BLUE, "circle", "solid"), (ORANGE, "diamond", "dash"))


def accuracy_by_value(
    values: Sequence[str],
    series: Mapping[str, Sequence[Sequence[float]]],
    choice: str,
    accuracy: str,
    joined: bool = True,
    height: int = 340,
) -> go.Figure:
    """Accuracy for each value of a choice: a point a seed, mean and standard deviation.

    Args:
        values: labels, from left to right.
        series: one or two, by title: for each value any number of accuracies as shares of 1.
            What lies between two that are joined is shaded.
        choice, accuracy: titles of the axes.
        joined: whether a line joins the means.
    """
    figure = go.Figure()
    looks = [
        (title, list(rows), *look)
        for (title, rows), look in zip(series.items(), _LOOKS, strict=False)
    ]
    for title, rows, colour, symbol, _ in looks:
        spots = [(label, v) for label, row in zip(values, rows, strict=True) for v in row]
        figure.add_scatter(
            x=[label for label, _ in spots],
            y=[value for _, value in spots],
            mode="markers",
            marker={"symbol": f"{symbol}-open", "color": colour, "size": 6},
            opacity=0.6,
            legendgroup=title,
            showlegend=False,
            hovertemplate="%{x}: %{y:.2%}<extra>one seed</extra>",
        )
    for place, (title, rows, colour, symbol, dash) in enumerate(looks):
        known = [(label, row) for label, row in zip(values, rows, strict=True) if len(row)]
        figure.add_scatter(
            x=[label for label, _ in known],
            y=[float(np.mean(row)) for _, row in known],
            error_y={
                "array": [float(np.std(row, ddof=1)) if len(row) > 1 else 0.0 for _, row in known],
                "width": 5,
                "thickness": 1.5,
            },
            mode="lines+markers" if joined else "markers",
            line={"color": colour, "dash": dash},
            fill="tonexty" if place and joined else None,
            fillcolor=TRACK,
            marker={"symbol": symbol, "color": colour, "size": 10},
            name=title,
            legendgroup=title,
            showlegend=len(looks) > 1,
            hovertemplate="%{x}: %{y:.2%}<extra>" + title + ", mean</extra>",
        )
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=list(values), title=choice
    )
    figure.update_xaxes(range=[-0.5, len(values) - 0.5])
    figure.update_yaxes(tickformat=".4~p", title=accuracy)
    return plain(figure, height)
