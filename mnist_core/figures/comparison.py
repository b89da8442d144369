"""Runs and reports beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core.figures.style import (
    BLUE,
    DASHES,
    GREY,
    MARKERS,
    SERIES,
    VERMILION,
    plain,
)


def reported_and_reproduced(
    names: Sequence[str],
    reported: Sequence[Sequence[float]],
    measured: Sequence[Sequence[float]],
    drawn: Sequence[Sequence[float]],
) -> go.Figure:
    """Test accuracies of recipes: what documents say, and what every run here gave.

    Args:
        names: of the recipes, from top to bottom.
        reported, measured, drawn: for each recipe any number of shares of 1.
    """
    figure = go.Figure()
    for title, values, symbol, colour, size in (
        ("drawn digits, measured", drawn, "triangle-up-open", GREY, 9),
        ("test digits, measured", measured, "circle", BLUE, 9),
        ("test digits, reported", reported, "diamond-open", VERMILION, 13),
    ):
        spots = [(v, name) for name, row in zip(names, values, strict=True) for v in row]
        figure.add_scatter(
            x=[value for value, _ in spots],
            y=[name for _, name in spots],
            mode="markers",
            name=title,
            marker={"symbol": symbol, "color": colour, "size": size, "line": {"width": 2}},
            hovertemplate="%{y}: %{x:.2%}<extra>" + title + "</extra>",
        )
    figure.update_xaxes(tickformat=".0%", title="accuracy")
    figure.update_yaxes(categoryorder="array", categoryarray=list(names)[::-1])
    return plain(figure, 70 + 34 * max(3, len(names)))


def accuracy_and_cost(
    names: Sequence[str],
    costs: Sequence[float],
    accuracies: Sequence[float],
    pareto_front: Sequence[int],
    cost_title: str,
    accuracy_title: str,
    height: int = 360,
) -> go.Figure:
    """Accuracy against cost, one marker a run; a line joins the Pareto front.

    Args:
        pareto_front: indices of the runs that no other beats in both, the cheapest first.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[costs[i] for i in pareto_front],
        y=[accuracies[i] for i in pareto_front],
        mode="lines",
        line={"color": GREY, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=list(costs),
        y=list(accuracies),
        text=list(names),
        mode="markers+text",
        textposition=_label_places(names, np.log10(np.maximum(costs, 1e-9)), accuracies),
        cliponaxis=False,
        marker={
            "size": 12,
            "color": [BLUE if i in pareto_front else GREY for i in range(len(names))],
            "symbol": ["circle" if i in pareto_front else "circle-open" for i in range(len(names))],
            "line": {"width": 2},
        },
        hovertemplate="%{text}: %{y:.2%}<extra></extra>",
        showlegend=False,
    )
    logs = np.log10(np.maximum(costs, 1e-9)) if len(costs) else np.zeros(1)
    room = 0.15 * max(1.0, float(np.ptp(logs)))
    low, high = logs.min() - room, logs.max() + room
    round_numbers = [
        digit * 10.0**power
        for power in range(int(np.floor(low)), int(np.ceil(high)) + 1)
        for digit in ((1, 2, 5) if high - low < 3 else (1,))
    ]
    figure.update_xaxes(
        type="log",
        title=cost_title,
        range=[low, high],
        tickvals=round_numbers,
        ticktext=[f"{number:,.10g}" for number in round_numbers],
    )
    figure.update_yaxes(tickformat=".1%", title=accuracy_title)
    return plain(figure, height)


def _label_places(names: Sequence[str], across: npt.ArrayLike, upward: npt.ArrayLike) -> list[str]:
    """Where each name stands beside its marker, so that no two of them overlap if that can be.

    Reckoned for a figure of 300 by 260 pixels, as on a phone: on a larger one all is further apart.
    """
    spots = np.stack([_scaled(across) * 300, _scaled(upward) * 260], axis=1)
    boxes: list[tuple[float, float, float, float]] = [
        (x - 7, y - 7, x + 7, y + 7) for x, y in spots
    ]
    places = []
    for own, (name, (x, y)) in enumerate(zip(names, spots, strict=True)):
        width, height = 7.5 * len(name), 15.0
        options = {
            "top center": (x - width / 2, y + 8, x + width / 2, y + 8 + height),
            "bottom center": (x - width / 2, y - 8 - height, x + width / 2, y - 8),
            "middle right": (x + 9, y - height / 2, x + 9 + width, y + height / 2),
            "middle left": (x - 9 - width, y - height / 2, x - 9, y + height / 2),
        }
        others = [box for at, box in enumerate(boxes) if at != own]
        place = min(options, key=lambda option: sum(_shared(options[option], b) for b in others))
        places.append(place)
        boxes.append(options[place])
    return places


def _scaled(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Values from 0 to 1; 0 where all are the same."""
    given = np.asarray(values, np.float64)
    return (given - given.min(initial=np.inf)) / (np.ptp(given) or 1.0) if given.size else given


def _shared(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    """The area that two boxes (left, bottom, right, top) share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def curves(
    histories: Mapping[str, Sequence[Mapping[str, float]]], figure_name: str, height: int = 360
) -> go.Figure:
    """Validation curves of several runs over the epochs, training curves thin beside them.

    Args:
        histories: rows of `runs.HISTORY` by run.
        figure_name: "accuracy" or "loss".
    """
    figure = go.Figure()
    for place, (name, rows) in enumerate(histories.items()):
        colour = SERIES[place % len(SERIES)]
        validated = any(f"val_{figure_name}" in row for row in rows)
        for key, title, thin in (
            (figure_name, "training", validated),
            (f"val_{figure_name}", "validation", False),
        ):
            those = [row for row in rows if key in row]
            if not those:
                continue
            figure.add_scatter(
                x=[row["epoch"] for row in those],
                y=[row[key] for row in those],
                mode="lines" if thin else "lines+markers",
                name=name,
                legendgroup=name,
                showlegend=not thin,
                opacity=0.45 if thin else 1,
                line={
                    "color": colour,
                    "width": 1.2 if thin else 2,
                    "dash": DASHES[place % len(DASHES)],
                },
                marker={"symbol": MARKERS[place % len(MARKERS)], "size": 6, "maxdisplayed": 12},
                hovertemplate=f"{name}, {title}, epoch %{{x}}: %{{y:.4f}}<extra></extra>",
            )
    figure.update_xaxes(title="epoch", rangemode="tozero")
    figure.update_yaxes(title=figure_name)
    if figure_name == "accuracy":
        figure.update_yaxes(tickformat=".1%")
    return plain(figure, height)
