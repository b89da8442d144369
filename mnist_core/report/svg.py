"""Small charts as SVG text, for a page that is printed and has no scripts.

Colours are Okabe and Ito's; lines are told apart by their dashes and names as well.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#9aa5b1"
DASHES = ("", "7 4", "2 3")
LINE_COLOURS = (BLUE, VERMILION, GREEN)


def lines(
    series: Mapping[str, Sequence[float]], alt: str, percent: bool = False, size: str = ""
) -> str:
    """Lines over the epochs 1, 2, …; a series may lack values (NaN)."""
    width, height, left, bottom, top, right = 420, 240, 52, 34, 30, 12
    values = [v for line in series.values() for v in line if math.isfinite(v)] or [0.0, 1.0]
    count = max((len(line) for line in series.values()), default=1)
    ticks = _ticks(min(values), max(values))
    low, high = min(ticks[0], min(values)), max(ticks[-1], max(values))

    def x(epoch: float) -> float:
        return left + (width - left - right) * ((epoch - 1) / (count - 1) if count > 1 else 0.5)

    def y(value: float) -> float:
        return height - bottom - (height - bottom - top) * (value - low) / (high - low)

    parts = []
    for tick in ticks:
        text = _number(tick, percent, ticks)
        parts.append(
            f'<path d="M{left} {y(tick):.1f}H{width - right}" stroke="#ddd"/>'
            f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{text}</text>'
        )
    for epoch in sorted({1, count, *(round(1 + (count - 1) * k / 4) for k in range(1, 4))}):
        parts.append(
            f'<text x="{x(epoch):.1f}" y="{height - 16}" text-anchor="middle">{epoch}</text>'
        )
    parts.append(f'<text x="{width - right}" y="{height - 3}" text-anchor="end">epoch</text>')
    at = left
    for (name, line), colour, dash in zip(series.items(), LINE_COLOURS, DASHES, strict=False):
        spots = [(x(i), y(v)) for i, v in enumerate(line, 1) if math.isfinite(v)]
        path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in spots) if spots else ""
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        if len(spots) == 1:
            parts.append(f'<circle cx="{spots[0][0]}" cy="{spots[0][1]}" r="3" fill="{colour}"/>')
        parts.append(f'<path d="{path}" {style}/>')
        parts.append(
            f'<path d="M{at} 14h26" {style}/><text x="{at + 32}" y="18">{html.escape(name)}</text>'
        )
        at += 56 + 8 * len(name)
    return _svg(width, height, "".join(parts), alt, size)


def bars(values: Sequence[float], texts: Sequence[str], alt: str, low: float = 0.0) -> str:
    """Ten upright bars named 0 to 9, with a text above each, from `low` upward."""
    width, height, bottom, top = 420, 170, 22, 22
    high = max([v for v in values if math.isfinite(v)], default=1.0)
    span = (high - low) or 1.0
    step = width / max(1, len(values))
    parts = []
    for digit, (value, text) in enumerate(zip(values, texts, strict=True)):
        share = max(0.0, (value - low) / span) if math.isfinite(value) else 0.0
        tall = share * (height - bottom - top)
        middle = step * (digit + 0.5)
        parts.append(
            f'<rect x="{middle - step * 0.36:.1f}" y="{height - bottom - tall:.1f}" '
            f'width="{step * 0.72:.1f}" height="{tall:.1f}" fill="{BLUE}"/>'
            f'<text x="{middle:.1f}" y="{height - bottom - tall - 5:.1f}" '
            f'text-anchor="middle" font-size="11">{html.escape(text)}</text>'
            f'<text x="{middle:.1f}" y="{height - 6}" text-anchor="middle">{digit}</text>'
        )
    return _svg(width, height, "".join(parts), alt)


def matrix(counts: npt.NDArray[np.int64], alt: str) -> str:
    """A confusion matrix: rows the true digit, columns the predicted one.

    Each cell has its number; mistakes are shaded by their share of their row.
    """
    cell, left, top = 40, 46, 46
    side = left + 10 * cell + 4
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    mistakes = shares * (1 - np.eye(10))
    worst = mistakes.max() or 1.0
    parts = [
        f'<text x="{left + 5 * cell}" y="14" text-anchor="middle">predicted</text>',
        f'<text transform="translate(14 {top + 5 * cell}) rotate(-90)" '
        'text-anchor="middle">true</text>',
    ]
    for row in range(10):
        spot = top + (row + 0.5) * cell + 5
        across = left + (row + 0.5) * cell
        parts.append(f'<text x="{left - 10}" y="{spot}" text-anchor="middle">{row}</text>')
        parts.append(f'<text x="{across}" y="{top - 8}" text-anchor="middle">{row}</text>')
        for column in range(10):
            count = int(counts[row, column])
            right = row == column
            shade = 0.13 if right else 0.85 * math.sqrt(mistakes[row, column] / worst)
            fill, ink = (GREEN if right else VERMILION), "#fff" if shade > 0.6 else "#222"
            x, y = left + column * cell, top + row * cell
            text = f"{count:,}" if count else "·"
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="{fill}" '
                f'fill-opacity="{shade:.3f}" stroke="#ccc" stroke-width="0.5"/>'
                f'<text x="{x + cell / 2}" y="{y + cell / 2 + 5}" text-anchor="middle" '
                f'fill="{ink if count else "#aaa"}" font-size="12.5">{text}</text>'
            )
    return _svg(side, top + 10 * cell + 4, "".join(parts), alt)


def cells(
    colours: Sequence[Sequence[str | None]],
    inks: Sequence[Sequence[str]],
    texts: Sequence[Sequence[str]],
    alt: str,
) -> str:
    """Ten rows of ten coloured cells, row the true digit, column what was read.

    Args:
        colours: #rrggbb, or None for an empty cell; `inks` those of the `texts`.
    """
    cell, left, top = 40, 46, 46
    side = left + 10 * cell + 4
    middle = 'text-anchor="middle" fill="currentColor"'
    parts = [
        f'<text x="{left + 5 * cell}" y="14" {middle}>read as</text>',
        f'<text transform="translate(14 {top + 5 * cell}) rotate(-90)" {middle}>true</text>',
    ]
    for row in range(10):
        spot, across = top + (row + 0.5) * cell + 5, left + (row + 0.5) * cell
        for x, y in ((left - 10, spot), (across, top - 8)):
            parts.append(f'<text x="{x}" y="{y}" {middle}>{row}</text>')
        for column in range(10):
            x, y = left + column * cell, top + row * cell
            colour, text = colours[row][column], html.escape(texts[row][column])
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" '
                f'fill="{colour or "none"}" stroke="#8886" stroke-width="0.5"/>'
            )
            if text:
                parts.append(
                    f'<text x="{x + cell / 2}" y="{y + cell / 2 + 5}" text-anchor="middle" '
                    f'fill="{inks[row][column]}" font-size="14">{text}</text>'
                )
    return _svg(side, top + 10 * cell + 4, "".join(parts), alt)


def strokes(paths: Sequence[Sequence[Sequence[float]]], alt: str, size: str = "") -> str:
    """Strokes of x and y, in any unit with y downward, as large as fits a square."""
    side, margin = 100.0, 15.0
    points = np.array([point for path in paths for point in path], float).reshape(-1, 2)
    if not len(points):
        return _svg(side, side, "", alt, size)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (side - 2 * margin) / max(float((high - low).max()), 1e-6)
    corner = (side - (high - low) * scale) / 2
    drawn = []
    for path in paths:
        spots = (np.array(path, float).reshape(-1, 2) - low) * scale + corner
        words = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        if len(spots):
            drawn.append(f"M{words}" + (f"L{words}" if len(spots) == 1 else ""))
    ink = (
        f'<path d="{"".join(drawn)}" fill="none" stroke="currentColor" stroke-width="8.5" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )
    return _svg(side, side, ink, alt, size)


def reliability(
    confidence: Sequence[float], accuracy: Sequence[float], counts: Sequence[int], alt: str
) -> str:
    """Accuracy over confidence, a dot for each bin that holds digits, larger with more digits."""
    side, left, bottom, right = 270, 46, 40, 22

    def x(v: float) -> float:
        return left + (side - left - right) * v

    def y(v: float) -> float:
        return side - bottom - (side - bottom - 10) * v

    parts = [
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="{GREY}" stroke-dasharray="5 4"/>',
        f'<path d="M{x(0)} {y(1)}V{y(0)}H{x(1)}" fill="none" stroke="#888"/>',
        f'<text x="{x(0.5)}" y="{side - 6}" text-anchor="middle">confidence</text>',
        f'<text transform="translate(12 {y(0.5)}) rotate(-90)" text-anchor="middle">'
        "share read right</text>",
    ]
    for tick in (0, 0.5, 1):
        parts.append(
            f'<text x="{x(tick)}" y="{y(0) + 16}" text-anchor="middle">{tick:.0%}</text>'
            f'<text x="{left - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:.0%}</text>'
        )
    total = max(1, sum(counts))
    for sure, share, count in zip(confidence, accuracy, counts, strict=True):
        if count:
            radius = 3 + 9 * math.sqrt(count / total)
            parts.append(
                f'<circle cx="{x(sure):.1f}" cy="{y(share):.1f}" r="{radius:.1f}" fill="{BLUE}" '
                'fill-opacity="0.75"/>'
            )
    return _svg(side, side, "".join(parts), alt)


def _svg(width: float, height: float, body: str, alt: str, size: str = "") -> str:
    label = html.escape(alt)
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}" '
        f'style="width:100%;max-width:{size or f"{width:g}px"}" font-size="12" '
        f'font-family="inherit"><title>{label}</title>{body}</svg>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Four to six round numbers that span the values."""
    span = max(high - low, 1e-6 * max(1.0, abs(low), abs(high)))  # equal values have a scale too
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if span / (power * m) <= 5)
    first = math.floor(low / step)
    last = max(first + 1, math.ceil(high / step - 1e-9))
    return [round(k * step, 12) for k in range(first, last + 1)]


def _number(value: float, percent: bool, ticks: Sequence[float]) -> str:
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = max(0, -math.floor(math.log10(step * (100 if percent else 1)) + 1e-9))
    return f"{value:.{places}%}" if percent else f"{value:.{places}f}"
