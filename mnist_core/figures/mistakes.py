"""The confusion matrix, and how far confidence can be trusted."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core import evaluation
from mnist_core.evaluation import Bins
from mnist_core.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
)

MISTAKES, LOGARITHMIC, LINEAR = "mistakes", "logarithmic", "linear"
DARK_GROUND = "#171614"  # of Streamlit's dark theme
TOTAL = 10  # the row and the column of sums, after the ten digits


def confusion(
    matrix: npt.NDArray[np.int64],
    scale: str = MISTAKES,
    normalize: int | None = None,
    selected: tuple[int | None, int | None] = (None, None),
    dark: bool = False,
    small: bool = False,
) -> go.Figure:
    """A confusion matrix whose cells, rows and columns can be clicked.

    Args:
        matrix: (10, 10) counts, row the true digit, column the predicted one.
        scale: of the colours. `MISTAKES` leaves the diagonal plain, `LOGARITHMIC` and `LINEAR`
            take it in.
        normalize: 1 writes shares of the row, 0 of the column, None the counts.
        selected: true and predicted digit to be framed; None stands for all.
        dark: whether it lies on a dark page.
        small: whether it is shown on a phone.

    The last trace has one invisible marker for each cell, at x the predicted and y the true
    digit; x or y `TOTAL` stands for a whole row or column.
    """
    diagonal = np.eye(10, dtype=bool)
    values = matrix.astype(float) if normalize is None else evaluation.normalized(matrix, normalize)
    texts = np.array(
        [
            [("" if not v else f"{v}" if normalize is None else f"{v:.1%}"[:-1]) for v in row]
            for row in (matrix if normalize is None else values)
        ]
    )
    if scale == MISTAKES:
        values = np.sqrt(np.where(diagonal, 0, values))
    elif scale == LOGARITHMIC:
        least = values[values > 0].min(initial=1)
        values = np.where(values > 0, np.log10(np.maximum(values, least) / least) + 0.3, 0)
    values /= max(values.max(), 1e-12)
    if scale == MISTAKES:
        ends = ("#3d2a10", "#ffb84d") if dark else ("#fdecd2", "#b34700")
    else:
        ends = ("#10273d", "#8fd0ff") if dark else ("#dceaf6", "#08457e")
    plain_cell = "#173449" if dark else "#d9ecf8"
    colours = [
        [
            None
            if not matrix[y, x]
            else plain_cell
            if scale == MISTAKES and x == y
            else _between(ends, values[y, x])
            for x in range(10)
        ]
        for y in range(10)
    ]
    words = [
        [f"{true} read as {read}: {matrix[true, read]:,}" for read in range(10)]
        + [f"All {matrix[true].sum():,} of the {true}s"]
        for true in range(10)
    ] + [[f"All {matrix[:, read].sum():,} read as {read}" for read in range(10)]]
    sums = matrix.sum(axis=1), matrix.sum(axis=0)
    return _cells(colours, texts.tolist(), words, sums, selected, dark, small)


def confusion_in_words(matrix: npt.NDArray[np.int64]) -> str:
    """What `confusion` shows, for those who cannot see it."""
    right, count = int(matrix.trace()), int(matrix.sum())
    off = matrix * (1 - np.eye(10, dtype=matrix.dtype))
    worst = np.argsort(-off, axis=None, kind="stable")[:3]
    pairs = [f"{i // 10} as {i % 10} ({off.flat[i]} times)" for i in worst if off.flat[i]]
    most = f" Most often mixed up: {', '.join(pairs)}." if pairs else ""
    return (
        f"Confusion matrix of {count:,} digits, rows the true digit, columns what was read: "
        f"{right:,} right, {count - right:,} wrong.{most}"
    )


def confusion_difference(
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    names: tuple[str, str],
    selected: tuple[int | None, int | None] = (None, None),
    dark: bool = False,
    small: bool = False,
) -> go.Figure:
    """The first matrix (10, 10) less the second, to be clicked as `confusion` is.

    Blue cells are what the first run does better: more on the diagonal, fewer off it.
    """
    difference = first - second
    better = np.where(np.eye(10, dtype=bool), difference, -difference)
    strength = np.sqrt(np.abs(better) / max(1, np.abs(better).max()))
    middle = "#262a31" if dark else "#f4f5f7"
    good, bad = (SKY, ORANGE) if dark else (BLUE, VERMILION)
    colours = [
        [
            None
            if not difference[y, x]
            else _between((middle, good if better[y, x] > 0 else bad), strength[y, x])
            for x in range(10)
        ]
        for y in range(10)
    ]
    texts = [[f"{v:+d}".replace("-", "−") if v else "" for v in row] for row in difference]
    words = [
        [
            f"{true} read as {read}: {names[0]} {first[true, read]:,}, "
            f"{names[1]} {second[true, read]:,}"
            for read in range(10)
        ]
        + [f"All of the {true}s"]
        for true in range(10)
    ] + [[f"All read as {read}" for read in range(10)]]
    return _cells(colours, texts, words, None, selected, dark, small)


def _between(ends: tuple[str, str], share: float) -> str:
    """The colour that is so far from the first to the second."""
    first, second = ([int(end[at : at + 2], 16) for at in (1, 3, 5)] for end in ends)
    mixed = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _readable(colour: str | None, dark: bool) -> str:
    """Black or white, whichever is easier to read on a colour (None: on the page)."""
    if colour is None:
        return "#ffffff" if dark else "#000000"
    red, green, blue = ((int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5))
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "#ffffff"


def _cells(
    colours: list[list[str | None]],
    texts: list[list[str]],
    words: list[list[str]],
    sums: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None,
    selected: tuple[int | None, int | None],
    dark: bool,
    small: bool,
) -> go.Figure:
    """Coloured cells with numbers, sums of rows and columns, and markers to be clicked.

    A cell without a colour stays empty. The cells are a heat map of their own numbers, 0 to
    99, so that each has its colour whatever its value is.
    """
    figure = _heat_map(colours)
    figure.update_layout(shapes=[*_grid(), *_frame(selected, dark)])
    figure.add_traces([_numbers(colours, texts, sums, dark, small), _targets(words, small)])
    names = [str(digit) for digit in range(10)]
    ticks = {"tickvals": list(range(10)), "ticktext": names, "ticks": "", "showgrid": False}
    ticks |= {"fixedrange": True, "zeroline": False, "tickfont": {"size": 13 if small else 16}}
    last = 9.5 if sums is None else 10.5
    figure.update_xaxes(**ticks, range=[-0.5, last], side="top", title="Read as")
    figure.update_yaxes(**ticks, range=[last, -0.5], title="True digit")
    return _page_or_file(figure, 400 if small else 600, dark)


def _heat_map(colours: list[list[str | None]]) -> go.Figure:
    places = np.arange(100).reshape(10, 10)
    shown = np.array([[colour is not None for colour in row] for row in colours])
    flat = [colour or "#808080" for row in colours for colour in row]
    steps = [[at / 100, flat[min(at, 99)]] for at in range(101)]
    scale = [
        [edge, colour]
        for (left, colour), (right, _) in itertools.pairwise(steps)
        for edge in (left, right)
    ]
    return go.Figure(
        go.Heatmap(
            z=np.where(shown, places, np.nan),
            zmin=-0.5,
            zmax=99.5,
            colorscale=scale,
            showscale=False,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
    )


def _grid() -> list[dict[str, Any]]:
    """Thin lines between the cells, as shapes."""
    line = "rgba(128, 136, 148, 0.25)"
    lines = [
        dict(zip(("x0", "x1", "y0", "y1"), ends, strict=True))
        for at in np.arange(-0.5, 10)
        for ends in ((at, at, -0.5, 9.5), (-0.5, 9.5, at, at))
    ]
    return [
        {**ends, "type": "line", "line": {"color": line, "width": 1}, "layer": "below"}
        for ends in lines
    ]


def _frame(selected: tuple[int | None, int | None], dark: bool) -> list[dict[str, Any]]:
    """A frame around the selected cell, row or column, as a shape."""
    true, read = selected
    if true is None and read is None:
        return []
    rows = (-0.5, 9.5) if true is None else (true - 0.5, true + 0.5)
    columns = (-0.5, 9.5) if read is None else (read - 0.5, read + 0.5)
    edges = dict(zip(("x0", "x1", "y0", "y1"), (*columns, *rows), strict=True))
    frame = {"color": _readable(None, dark), "width": 3}
    return [{**edges, "type": "rect", "line": frame}]


def _numbers(
    colours: list[list[str | None]],
    texts: list[list[str]],
    sums: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None,
    dark: bool,
    small: bool,
) -> go.Scatter:
    """The numbers in the cells, and the sums beside them."""
    letters = [
        (x, y, texts[y][x], _readable(colours[y][x], dark))
        for y in range(10)
        for x in range(10)
        if texts[y][x]
    ]
    size = 10 if small else 15
    sizes = [size] * len(letters)
    if sums is not None:
        letters += [(TOTAL, y, str(total), "#808893") for y, total in enumerate(sums[0])]
        letters += [(x, TOTAL, str(total), "#808893") for x, total in enumerate(sums[1])]
        sizes += [size - 2] * 20
    return go.Scatter(
        x=[x for x, *_ in letters],
        y=[y for _, y, *_ in letters],
        text=[text for *_, text, _ in letters],
        textfont={"color": [colour for *_, colour in letters], "size": sizes},
        mode="text",
        hoverinfo="skip",
        showlegend=False,
    )


def _targets(words: list[list[str]], small: bool) -> go.Scatter:
    """Invisible squares, one a cell and a sum, that can be clicked and say what they are."""
    spots = [(x, y) for y in range(11) for x in range(11) if (x, y) != (TOTAL, TOTAL)]
    invisible = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=[x for x, _ in spots],
        y=[y for _, y in spots],
        mode="markers",
        marker={"symbol": "square", "size": 22 if small else 38, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        hovertext=[words[y][x] for x, y in spots],
        hoverinfo="text",
        showlegend=False,
    )


def _page_or_file(figure: go.Figure, height: int, dark: bool) -> go.Figure:
    """What all figures share that can be saved as pictures: margins, ground, no clutter."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        paper_bgcolor=DARK_GROUND if dark else "#ffffff",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        hovermode="closest",
        clickmode="event+select",
        legend={"orientation": "h", "y": 1.12, "x": 0, "title": None},
    )
    return figure


def confidence(
    right: npt.NDArray[np.float32], wrong: npt.NDArray[np.float32], dark: bool = False
) -> go.Figure:
    """How sure a network is where it is right and where it is wrong; counts on a log scale.

    Args:
        right, wrong: confidence of the samples that are read right and of the others.
    """
    figure = go.Figure()
    edges = np.linspace(0, 1, 21)
    middles = (edges[:-1] + edges[1:]) / 2
    for name, values, colour, pattern in (
        ("right", right, BLUE, ""),
        ("wrong", wrong, ORANGE, "/"),
    ):
        counts, _ = np.histogram(values, edges)
        figure.add_bar(
            x=middles,
            y=counts,
            name=f"{name} ({len(values):,})",
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fgcolor": "#ffffff", "bgcolor": colour},
            },
            hovertemplate=f"%{{x:.1%}} sure, {name}: %{{y:,}}<extra></extra>",
        )
    figure.update_xaxes(title="Confidence", tickformat=".0%", fixedrange=True, range=[0, 1])
    figure.update_yaxes(title="Digits", type="log", dtick=1, fixedrange=True)
    figure.update_layout(barmode="group", bargap=0.1)
    return _page_or_file(figure, 340, dark)


def reliability(bins: Bins, dark: bool = False) -> go.Figure:
    """A reliability diagram: a calibrated network lies on the dashed line."""
    some = bins.counts > 0
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="calibrated",
        line={"dash": "dash", "color": GREY},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=bins.confidence[some],
        y=bins.accuracy[some],
        mode="lines+markers",
        name="this network",
        line={"color": SKY if dark else BLUE},
        marker={"size": 6 + 3 * np.log10(bins.counts[some])},
        customdata=bins.counts[some],
        hovertemplate="%{customdata:,} digits, %{x:.1%} sure: %{y:.1%} right<extra></extra>",
    )
    figure.update_xaxes(title="Confidence", tickformat=".0%", range=[0, 1.02], fixedrange=True)
    figure.update_yaxes(title="Right", tickformat=".0%", range=[0, 1.04], fixedrange=True)
    return _page_or_file(figure, 340, dark)


def coverage(
    thresholds: npt.NDArray[np.float64],
    answered: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    chosen: float,
    dark: bool = False,
) -> go.Figure:
    """Coverage (the share that is answered) and accuracy of what is answered, by threshold."""
    figure = go.Figure()
    for name, values, colour, dash in (
        ("answered", answered, GREY, "dot"),
        ("right, if answered", right, SKY if dark else BLUE, "solid"),
    ):
        figure.add_scatter(
            x=thresholds,
            y=values,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 3},
            hovertemplate=f"below %{{x:.0%}} not sure: %{{y:.2%}} {name}<extra></extra>",
        )
    figure.add_vline(x=chosen, line={"color": ORANGE, "width": 2})
    figure.update_xaxes(title="Threshold", tickformat=".0%", range=[0, 1], fixedrange=True)
    # What matters lies close to 100 %: of the fall at the very end the beginning is enough.
    least = min(np.nanmin(right, initial=1), answered[np.searchsorted(thresholds, 0.9)])
    figure.update_yaxes(tickformat=".1%", fixedrange=True, range=[max(0, least - 0.02), 1.002])
    return _page_or_file(figure, 340, dark)
