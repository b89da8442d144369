"""Plotly figures from arrays and tables.

Colours are Okabe and Ito's, which colour-blind eyes tell apart, and no figure says with
colour alone what it has to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

BLUE = "#0072b2"
GREY = "#9aa5b1"
TRACK = "rgba(128, 136, 148, 0.13)"


def bars(probabilities: npt.NDArray[np.float32] | None, height: int = 330) -> go.Figure:
    """Ten horizontal bars, 0 at the top, on a scale from 0 to 1.

    Args:
        probabilities: float32 (10,), or None for an empty chart of the same size.
        height: in pixels.

    The most probable digit has a dark bar and its name and number in bold.
    """
    values = np.zeros(10) if probabilities is None else probabilities.astype(float)
    winner = -1 if probabilities is None else int(values.argmax())
    names = [f"<b>▸ {d}</b>" if d == winner else str(d) for d in range(10)]
    texts = [
        ""
        if probabilities is None or (value < 0.005 and digit != winner)
        else f"<b>{value:.0%}</b>"
        if digit == winner
        else f"{value:.0%}"
        for digit, value in enumerate(values)
    ]
    figure = go.Figure()
    # The full length of each bar, so that a bar's share of it can be seen.
    figure.add_bar(
        x=np.ones(10), y=np.arange(10), orientation="h", hoverinfo="skip", marker={"color": TRACK}
    )
    figure.add_trace(
        go.Bar(
            x=values,
            y=np.arange(10),
            orientation="h",
            text=texts,
            textposition="outside",
            textfont={"size": 14},
            cliponaxis=False,
            marker={"color": [BLUE if d == winner else GREY for d in range(10)]},
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1], fixedrange=True, visible=False)
    figure.update_yaxes(
        tickvals=list(range(10)),
        ticktext=names,
        tickfont={"size": 16},
        range=[9.5, -0.5],
        fixedrange=True,
        showgrid=False,
        automargin=False,
        ticks="",
    )
    figure.update_layout(
        height=height,
        margin={"l": 36, "r": 60, "t": 0, "b": 0},
        barmode="overlay",
        bargap=0.25,
        showlegend=False,
        uirevision="bars",
        barcornerradius=3,
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def bars_in_words(probabilities: npt.NDArray[np.float32] | None) -> str:
    """What `bars` shows, for those who cannot see it."""
    if probabilities is None:
        return "Ten empty bars, one for each digit from 0 to 9."
    order = np.argsort(-probabilities, kind="stable")[:3]
    best = ", ".join(f"{digit} with {probabilities[digit]:.0%}" for digit in order)
    return f"Probabilities of the ten digits; the most probable are {best}."


# --- data ----------------------------------------------------------------------------

ORANGE, GREEN, VERMILION, SKY = "#e69f00", "#009e73", "#d55e00", "#56b4e9"
# For lines of several runs: each has its dash and its marker besides its colour.
SERIES = (BLUE, ORANGE, GREEN, VERMILION, SKY, "#cc79a7", "#7f7f7f", "#b8a800")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


def balance(train: Sequence[int], test: Sequence[int], height: int = 260) -> go.Figure:
    """How many training and test images there are of each digit."""
    figure = go.Figure()
    figure.add_bar(x=list(range(10)), y=list(train), name="training", marker={"color": BLUE})
    figure.add_bar(
        x=list(range(10)),
        y=list(test),
        name="test",
        marker={"color": ORANGE, "pattern": {"shape": "/", "size": 5}},
    )
    figure.update_traces(hovertemplate="%{y:,} of %{x}<extra>%{fullData.name}</extra>")
    figure.update_xaxes(title="digit", dtick=1)
    figure.update_yaxes(title="images")
    return _plain(figure, height)


def pixel_values(counts: npt.NDArray[np.int64], scaled: bool, height: int = 240) -> go.Figure:
    """How often each grey level occurs, on a logarithmic scale.

    Args:
        counts: (256,).
        scaled: whether to show the values as a network takes them, 0 to 1, or 0 to 255.
    """
    # Sixteen levels a bar; the empty pixels, level 0, have a bar of their own.
    groups = [counts[:1].sum(), counts[1:16].sum(), *counts[16:].reshape(15, 16).sum(axis=1)]
    edges = np.array([0, 1, *range(16, 257, 16)], float)
    top = 255.0 if scaled else 1.0
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + np.diff(edges) / 2) / top,
            y=np.array(groups) / counts.sum(),
            width=np.maximum(np.diff(edges), 3) / top,
            marker={"color": BLUE},
            hovertemplate="%{y:.2%} of the pixels<extra></extra>",
        )
    )
    figure.update_xaxes(title="scaled, 0 to 1" if scaled else "as stored, 0 to 255")
    figure.update_yaxes(type="log", tickformat=".1%", dtick=1, title="share of pixels")
    return _plain(figure, height)


def ink_of_digits(ink: Sequence[npt.NDArray[np.float64]], height: int = 280) -> go.Figure:
    """The ink that each digit uses: median, quartiles, and the range of nine in ten images."""
    known = [digit for digit, part in enumerate(ink) if len(part)]
    low, q1, middle, q3, high = np.array(
        [np.quantile(ink[digit], (0.05, 0.25, 0.5, 0.75, 0.95)) for digit in known]
    ).T
    figure = go.Figure(
        go.Box(
            x=known,
            lowerfence=low,
            q1=q1,
            median=middle,
            q3=q3,
            upperfence=high,
            marker={"color": BLUE},
            line={"width": 1.5},
            showlegend=False,
        )
    )
    figure.update_xaxes(title="digit", dtick=1)
    figure.update_yaxes(title="ink, share of the image", tickformat=".0%", rangemode="tozero")
    return _plain(figure, height)


def writers(counts: Mapping[int, int], held_out: Collection[int], height: int = 240) -> go.Figure:
    """How many digits each writer wrote; those whose digits are kept for testing stand out."""
    figure = go.Figure()
    for name, test, colour, shape in (
        ("training", False, BLUE, ""),
        ("test", True, ORANGE, "/"),
    ):
        those = [writer for writer in sorted(counts) if (writer in held_out) == test]
        figure.add_bar(
            x=those,
            y=[counts[writer] for writer in those],
            name=name,
            marker={"color": colour, "pattern": {"shape": shape, "size": 5}},
            hovertemplate="writer %{x}: %{y} digits<extra></extra>",
        )
    figure.update_xaxes(title="writer", dtick=5)
    figure.update_yaxes(title="digits")
    return _plain(figure, height)


# --- runs and reports ----------------------------------------------------------------


def reported_and_reproduced(
    names: Sequence[str],
    reported: Sequence[Sequence[float]],
    measured: Sequence[Sequence[float]],
    drawn: Sequence[Sequence[float]],
) -> go.Figure:
    """Test accuracies of recipes: what documents say, and what every training here gave.

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
    return _plain(figure, 70 + 34 * max(3, len(names)))


def accuracy_and_cost(
    names: Sequence[str],
    costs: Sequence[float],
    accuracies: Sequence[float],
    front: Sequence[int],
    cost_title: str,
    accuracy_title: str,
    height: int = 360,
) -> go.Figure:
    """Accuracy against cost, one marker a run; a line joins those that nobody beats in both."""
    figure = go.Figure()
    figure.add_scatter(
        x=[costs[i] for i in front],
        y=[accuracies[i] for i in front],
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
        textposition="top center",
        cliponaxis=False,
        marker={
            "size": 12,
            "color": [BLUE if i in front else GREY for i in range(len(names))],
            "symbol": ["circle" if i in front else "circle-open" for i in range(len(names))],
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
    return _plain(figure, height)


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
    return _plain(figure, height)


def _plain(figure: go.Figure, height: int) -> go.Figure:
    """What all charts share: no frame, the legend above, axes that do not move."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        bargap=0.2,
    )
    return figure
