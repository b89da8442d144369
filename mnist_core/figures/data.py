"""What a dataset holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from mnist_core.figures.style import (
    BLUE,
    ORANGE,
    plain,
)


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
    return plain(figure, height)


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
    return plain(figure, height)


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
    return plain(figure, height)


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
    return plain(figure, height)
