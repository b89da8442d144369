"""How far confidence can be trusted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core.evaluation import Bins
from mnist_core.figures.style import BLUE, GREY, ORANGE, SKY

DARK_GROUND = "#171614"  # of Streamlit's dark theme


def _page_or_file(figure: go.Figure, height: int, dark: bool) -> go.Figure:
    """What all figures share that can be saved as pictures: margins, ground, no clutter."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        paper_bgcolor=DARK_GROUND if dark else "#ffffff",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        hovermode="closest",
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
