"""The ten bars of the drawing page."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core import wording
from mnist_core.figures.style import (
    BLUE,
    GREY,
    TRACK,
)


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
    _lay_out(figure, names, height)
    return figure


def _lay_out(figure: go.Figure, names: list[str], height: int) -> None:
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


def bars_in_words(probabilities: npt.NDArray[np.float32] | None) -> str:
    """What `bars` shows, for those who cannot see it."""
    if probabilities is None:
        return "Ten empty bars, one for each digit from 0 to 9."
    order = np.argsort(-probabilities, kind="stable")[:3]
    best = ", ".join(f"{digit} with {probabilities[digit]:.0%}" for digit in order)
    return wording.BARS.format(best=best)
