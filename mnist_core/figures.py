"""Plotly figures from arrays and tables.

Colours are Okabe and Ito's, which colour-blind eyes tell apart, and no figure says with
colour alone what it has to say.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core.recipes import LayerRow

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


# --- training curves -------------------------------------------------------------------

ORANGE = "#e69f00"
# Okabe and Ito's, without black and yellow, which vanish on a dark or a light page.
COLOURS = (BLUE, "#d55e00", "#009e73", "#cc79a7", "#56b4e9", ORANGE)
MOST_POINTS = 500  # of a curve: more cannot be told apart, and would have to be sent
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def curve(
    column: str,
    history: Sequence[Mapping[str, float]],
    live: npt.NDArray[np.float64] | None = None,
    best: float | None = None,
    epochs: int | None = None,
) -> go.Figure:
    """A run's loss or accuracy by epoch, on its training and its validation digits.

    Args:
        column: "loss" or "accuracy".
        history: rows of `runs.read_history`.
        live: points within the epochs, of `runs.read_live`.
        best: the epoch, from 1, whose weights are kept; it is marked.
        epochs: the training's last epoch, so that the axis does not grow.
    """
    figure = go.Figure()
    if live is not None and len(live):
        live = live[:: -(-len(live) // MOST_POINTS)]
        values = live[:, 1 if column == "loss" else 2]
        figure.add_scatter(
            x=live[:, 0], y=values, name="within epochs", mode="lines",
            line={"color": GREY, "width": 1}, hoverinfo="skip",
        )  # fmt: skip
    for key, name, colour, dash, symbol in (
        (column, "training", BLUE, "solid", "circle"),
        (f"val_{column}", "validation", "#d55e00", "dash", "square"),
    ):
        rows = _thinned([row for row in history if key in row])
        figure.add_scatter(
            x=[row["epoch"] for row in rows], y=[row[key] for row in rows], name=name,
            mode="lines+markers" if len(rows) <= 60 else "lines",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"epoch %{{x}}: {_form(column, 'y')}<extra>{name}</extra>",
        )  # fmt: skip
    if best is not None:
        figure.add_vline(
            x=best, line={"color": GREY, "dash": "dot"}, annotation_text=f"best: {best:.0f}",
            annotation_position="top",
        )  # fmt: skip
    return _by_epoch(figure, column, epochs)


def curves_of(column: str, histories: Mapping[str, Sequence[Mapping[str, float]]]) -> go.Figure:
    """The curves of several runs in one figure: validation where there is one, else training."""
    figure = go.Figure()
    for number, (name, history) in enumerate(histories.items()):
        validated = bool(history) and f"val_{column}" in history[0]
        key = f"val_{column}" if validated else column
        rows = _thinned([row for row in history if key in row])
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        figure.add_scatter(
            x=[row["epoch"] for row in rows], y=[row[key] for row in rows],
            name=name if validated else f"{name} (training)",
            mode="lines+markers" if len(rows) < 3 else "lines",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate=f"epoch %{{x}}: {_form(column, 'y')}<extra>{name}</extra>",
        )  # fmt: skip
    return _by_epoch(figure, column, None)


def curves_in_words(column: str, history: Sequence[Mapping[str, float]]) -> str:
    """What `curve` shows, for those who cannot see it."""
    if not history:
        return f"No epoch is over yet: the {column} by epoch will be drawn here."
    last = history[-1]
    form = "{:.4f}" if column == "loss" else "{:.2%}"
    words = f"After epoch {last['epoch']:.0f}, training {column} {form.format(last[column])}"
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
            x=[str(digit) for digit in range(10)], y=values, mode="markers+text",
            marker={"color": BLUE, "size": 11},
            text=["" if np.isnan(value) else f"{value:.1%}" for value in values],
            textposition="top center", cliponaxis=False,
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(tickformat=".0%", fixedrange=True, nticks=5)
    figure.update_xaxes(type="category", fixedrange=True, tickfont={"size": 14}, showgrid=True)
    return _plain(figure, 200)


def _thinned(rows: list[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """At most `MOST_POINTS` rows, the last one among them."""
    step = -(-len(rows) // MOST_POINTS) or 1
    return rows[::-step][::-1]


def _form(column: str, axis: str) -> str:
    return f"%{{{axis}:.4f}}" if column == "loss" else f"%{{{axis}:.2%}}"


def _by_epoch(figure: go.Figure, column: str, epochs: int | None) -> go.Figure:
    figure.update_xaxes(title="epoch", fixedrange=True, rangemode="tozero", tickformat="d")
    if epochs is not None and epochs <= 100:
        figure.update_xaxes(range=[0, epochs + 0.5])
    figure.update_yaxes(title=column, fixedrange=True)
    if column == "accuracy":
        figure.update_yaxes(tickformat=".1%")
    figure.update_layout(legend={"orientation": "h", "y": -0.28, "x": 0, "yanchor": "top"})
    return _plain(figure, 340)


def _plain(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        uirevision="same",
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    return figure


# --- the network itself ----------------------------------------------------------------


def architecture(rows: Sequence[LayerRow]) -> str:
    """A network's layers as an SVG picture, from left to right, in the colour of the text.

    Feature maps are stacked squares as large as the maps, vectors are columns; each layer
    has its name above and the form of what it gives below.
    """
    wide, high, middle = 118, 190, 100
    width = wide * len(rows)
    parts = []
    for index, row in enumerate(rows):
        x = index * wide + wide / 2
        if index:
            left, right = x - wide / 2 - 12, x - wide / 2 + 12
            parts.append(
                f'<path d="M{left} {middle}H{right}m-6 -5l6 5l-6 5" fill="none" '
                'stroke="currentColor" stroke-width="1.5" opacity="0.6"/>'
            )
        parts.extend(_layer_shape(row, x, middle))
        first, _, second = row.name.partition(", ")
        parts.append(_svg_text(x, 18, first, 13, True))
        if second:
            parts.append(_svg_text(x, 34, second, 11))
        parts.append(_svg_text(x, high - 24, "×".join(map(str, row.shape)), 12))
        if row.parameters:
            parts.append(_svg_text(x, high - 8, f"{row.parameters:,} parameters", 11))
    words = "; ".join(f"{row.name}: {'×'.join(map(str, row.shape))}" for row in rows)
    return (
        f'<svg viewBox="0 0 {width} {high}" width="{width}" height="{high}" role="img" '
        f'aria-label="The network: {html.escape(words)}" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="sans-serif" text-anchor="middle">{"".join(parts)}</svg>'
    )


def _layer_shape(row: LayerRow, x: float, middle: float) -> list[str]:
    line = f'fill="{BLUE}" fill-opacity="0.18" stroke="{BLUE}" stroke-width="1.3"'
    if len(row.shape) == 1:
        tall = 22 + 68 * min(1.0, np.log2(row.shape[0]) / 10)
        return [
            f'<rect x="{x - 9}" y="{middle - tall / 2:.1f}" width="18" height="{tall:.1f}" '
            f'rx="4" {line}/>'
        ]
    side = 14 + 1.6 * row.shape[0]
    stacked = 1 if len(row.shape) == 2 or row.shape[2] == 1 else 3
    return [
        f'<rect x="{x - side / 2 + 5 * (k - (stacked - 1) / 2):.1f}" '
        f'y="{middle - side / 2 - 5 * (k - (stacked - 1) / 2):.1f}" width="{side:.1f}" '
        f'height="{side:.1f}" rx="2" {line}/>'
        for k in reversed(range(stacked))
    ]


def _svg_text(x: float, y: float, words: str, size: int, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ' opacity="0.75"'
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="currentColor"{weight}>'
        f"{html.escape(words)}</text>"
    )
