"""Colours and layout that all figures share.

Colours are Okabe and Ito's, which colour-blind eyes tell apart, and no figure says with
colour alone what it has to say.
"""

from __future__ import annotations

import plotly.graph_objects as go

BLUE, ORANGE, GREEN, VERMILION = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, PINK = "#56b4e9", "#cc79a7"
GREY = "#9aa5b1"
TRACK = "rgba(128, 136, 148, 0.13)"
# For several curves or points in one figure; the last two make eight of the six.
SERIES = (BLUE, ORANGE, GREEN, VERMILION, SKY, PINK, "#7f7f7f", "#b8a800")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


def plain(figure: go.Figure, height: int) -> go.Figure:
    """No frame, the legend above, axes that do not move."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        uirevision="same",
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        bargap=0.2,
    )
    return figure
