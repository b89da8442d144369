"""Plotly figures from arrays and tables.

Colours are Okabe and Ito's, which colour-blind eyes tell apart, and no figure says with
colour alone what it has to say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core.evaluation import Bins

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


ORANGE = "#e69f00"
VERMILION = "#d55e00"
SKY = "#56b4e9"
MISTAKES, LOGARITHMIC, LINEAR = "mistakes", "logarithmic", "linear"
TOTAL = 10  # the row and the column of sums, after the ten digits


def confusion(
    matrix: npt.NDArray[np.int64],
    scale: str = MISTAKES,
    shares: int | None = None,
    selected: tuple[int | None, int | None] = (None, None),
    dark: bool = False,
    small: bool = False,
) -> go.Figure:
    """A confusion matrix whose cells, rows and columns can be clicked.

    Args:
        matrix: (10, 10) counts, row the true digit, column the predicted one.
        scale: of the colours. `MISTAKES` leaves the diagonal plain, `LOGARITHMIC` and `LINEAR`
            take it in.
        shares: 1 writes shares of the row, 0 of the column, None the counts.
        selected: true and predicted digit to be framed; None stands for all.
        dark: whether it lies on a dark page.
        small: whether it is shown on a phone.

    The last trace has one invisible marker for each cell, at x the predicted and y the true
    digit; x or y `TOTAL` stands for a whole row or column.
    """
    off = matrix * (1 - np.eye(10, dtype=matrix.dtype))
    coloured = (off if scale == MISTAKES else matrix).astype(float)
    if shares is not None:
        sums = matrix.sum(axis=shares, keepdims=True)
        coloured = np.divide(coloured, sums, out=np.zeros((10, 10)), where=sums > 0)
        written = np.divide(matrix * 100, sums, out=np.zeros((10, 10)), where=sums > 0)
        texts = [[f"{v:.1f}" if v else "" for v in row] for row in written]
    else:
        texts = [[f"{v}" if v else "" for v in row] for row in matrix]
    if scale == LOGARITHMIC:
        least = coloured[coloured > 0].min(initial=1)
        coloured = np.log10(np.maximum(coloured, least) / least * 2) * (coloured > 0)
    elif scale == MISTAKES:
        coloured = np.sqrt(coloured)
    ends = ("#fbe3c0", "#b34700") if scale == MISTAKES else ("#d6e6f4", "#08457e")
    if dark:
        ends = ("#4a2e08", "#ffb84d") if scale == MISTAKES else ("#0d2c47", "#8fd0ff")
    figure = _grid(coloured, texts, ends, matrix > 0, small)
    if scale == MISTAKES:
        for digit in range(10):
            edges = {"x0": digit - 0.5, "x1": digit + 0.5, "y0": digit - 0.5, "y1": digit + 0.5}
            colour = "rgba(86, 180, 233, 0.22)"
            figure.add_shape(**edges, fillcolor=colour, line_width=0, layer="below")
            figure.add_annotation(
                x=digit, y=digit, text=texts[digit][digit], showarrow=False,
                font={"size": 10 if small else 15},
            )  # fmt: skip
    words = [
        [f"{true} read as {read}: {matrix[true, read]:,}" for read in range(10)]
        + [f"All {matrix[true].sum():,} of the {true}s"]
        for true in range(10)
    ] + [[f"All {matrix[:, read].sum():,} read as {read}" for read in range(10)]]
    return _clickable(figure, words, matrix.sum(axis=1), matrix.sum(axis=0), selected, dark, small)


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
    better = np.where(np.eye(10, dtype=bool), difference, -difference).astype(float)
    texts = [[f"{v:+d}".replace("-", "−") if v else "" for v in row] for row in difference]
    strength = np.sign(better) * np.sqrt(np.abs(better))
    middle = "#20242c" if dark else "#f4f5f7"
    good, bad = (SKY, ORANGE) if dark else (BLUE, VERMILION)
    figure = _grid(strength, texts, (bad, middle, good), difference != 0, small)
    most = max(1.0, float(np.abs(strength).max()))
    figure.data[0].update(zmin=-most, zmax=most)
    words = [
        [
            f"{true} read as {read}: {names[0]} {first[true, read]:,}, "
            f"{names[1]} {second[true, read]:,}"
            for read in range(10)
        ]
        + [f"All of the {true}s"]
        for true in range(10)
    ] + [[f"All read as {read}" for read in range(10)]]
    sums = np.zeros(0, int)
    return _clickable(figure, words, sums, sums, selected, dark, small)


def _grid(
    values: npt.NDArray[np.float64],
    texts: list[list[str]],
    colours: tuple[str, ...],
    shown: npt.NDArray[np.bool_],
    small: bool,
) -> go.Figure:
    """Coloured cells with their numbers; cells that are not shown stay empty."""
    figure = go.Figure(
        go.Heatmap(
            z=np.where(shown, values, np.nan),
            text=texts,
            texttemplate="%{text}",
            textfont={"size": 10 if small else 15},
            colorscale=[[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)],
            showscale=False,
            hoverinfo="skip",
            xgap=2,
            ygap=2,
        )
    )
    if not shown.any():
        figure.data[0].update(zmin=0, zmax=1)
    return figure


def _clickable(
    figure: go.Figure,
    words: list[list[str]],
    row_sums: npt.NDArray[np.int64],
    column_sums: npt.NDArray[np.int64],
    selected: tuple[int | None, int | None],
    dark: bool,
    small: bool,
) -> go.Figure:
    line = "rgba(128, 136, 148, 0.25)"
    for at in np.arange(-0.5, 10):
        for ends in (
            {"x0": at, "x1": at, "y0": -0.5, "y1": 9.5},
            {"y0": at, "y1": at, "x0": -0.5, "x1": 9.5},
        ):
            figure.add_shape(**ends, line={"color": line, "width": 1}, layer="below")
    size = 9 if small else 12
    for digit, total in enumerate(row_sums):
        _sum(figure, TOTAL, digit, int(total), size)
    for digit, total in enumerate(column_sums):
        _sum(figure, digit, TOTAL, int(total), size)
    true, read = selected
    if true is not None or read is not None:
        rows = (-0.5, 9.5) if true is None else (true - 0.5, true + 0.5)
        columns = (-0.5, 9.5) if read is None else (read - 0.5, read + 0.5)
        figure.add_shape(
            x0=columns[0], x1=columns[1], y0=rows[0], y1=rows[1],
            line={"color": "#ffffff" if dark else "#000000", "width": 3},
        )  # fmt: skip
    spots = [(x, y) for y in range(11) for x in range(11) if (x, y) != (TOTAL, TOTAL)]
    invisible = {"marker": {"opacity": 0}}
    figure.add_trace(
        go.Scatter(
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
    )
    names = [str(digit) for digit in range(10)]
    ticks = {"tickvals": list(range(10)), "ticktext": names, "ticks": "", "showgrid": False}
    ticks |= {"fixedrange": True, "zeroline": False, "tickfont": {"size": 13 if small else 16}}
    figure.update_xaxes(**ticks, range=[-0.5, 10.5], side="top", title="Read as")
    figure.update_yaxes(**ticks, range=[10.5, -0.5], title="True digit")
    return plain(figure, 400 if small else 600, dark)


def _sum(figure: go.Figure, x: int, y: int, total: int, size: int) -> None:
    figure.add_annotation(
        x=x, y=y, text=f"{total}", showarrow=False, opacity=0.6, font={"size": size}
    )


def plain(figure: go.Figure, height: int, dark: bool) -> go.Figure:
    """What all figures share that can be saved as pictures: margins, ground, no clutter."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        paper_bgcolor="#0e1117" if dark else "#ffffff",
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
            marker={"color": colour, "pattern": {"shape": pattern, "fgcolor": "#ffffff"}},
            hovertemplate=f"%{{x:.1%}} sure, {name}: %{{y:,}}<extra></extra>",
        )
    figure.update_xaxes(title="Confidence", tickformat=".0%", fixedrange=True, range=[0, 1])
    figure.update_yaxes(title="Digits", type="log", dtick=1, fixedrange=True)
    figure.update_layout(barmode="group", bargap=0.1)
    return plain(figure, 340, dark)


def reliability(bins: Bins, dark: bool = False) -> go.Figure:
    """How often a network is right, by how sure it is; on the dashed line if it is honest."""
    some = bins.counts > 0
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="honest",
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
    return plain(figure, 340, dark)


def answering(
    thresholds: npt.NDArray[np.float64],
    answered: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    chosen: float,
    dark: bool = False,
) -> go.Figure:
    """The share that is answered and the share of it that is right, for each threshold."""
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
    figure.update_yaxes(tickformat=".1%", fixedrange=True)
    return plain(figure, 340, dark)
