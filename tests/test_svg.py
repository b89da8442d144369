"""Charts for the report: well-formed, and every number in its place."""

import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.report import svg

values = st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=30)


def parsed(text):
    """The elements of a chart; it has to be well-formed and say what it shows."""
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert "nan" not in re.sub("(aria-label|<title>).*?[>]", "", text)
    return root


@given(values, values)
def test_lines_of_any_numbers(first, second):
    parsed(svg.lines({"training": first, "validation": second}, "two lines"))


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_span_the_values_with_few_round_numbers(low, span):
    ticks = svg._ticks(low, low + span)
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    assert ticks[0] <= low + 1e-6 * span
    assert ticks[-1] >= low + span - 1e-6 * max(span, abs(low))


def test_a_line_rises_where_its_values_do():
    root = parsed(svg.lines({"accuracy": [0.1, 0.5, 0.9]}, "a rise", percent=True))
    line = next(p.get("d") for p in root.iter("path") if p.get("stroke") == svg.BLUE)
    spots = [tuple(map(float, spot.split())) for spot in line[1:].split("L")]
    assert [x for x, _ in spots] == sorted(x for x, _ in spots)
    assert [y for _, y in spots] == sorted((y for _, y in spots), reverse=True)
    assert "0%" in "".join(root.itertext())


def test_a_confusion_matrix_shows_every_count():
    counts = np.arange(100).reshape(10, 10)
    root = parsed(svg.matrix(counts, "counts"))
    texts = [t.text for t in root.iter("text")]
    assert {str(n) for n in range(1, 100)} <= set(texts)
    assert "·" in texts  # an empty cell
    parsed(svg.matrix(np.zeros((10, 10), int), "nothing"))


def test_bars_are_as_tall_as_their_values():
    root = parsed(svg.bars([1.0, 2.0, math.nan], ["1", "2", ""], "bars"))
    tall = [float(r.get("height")) for r in root.iter("rect")]
    assert tall[1] == 2 * tall[0] > 0
    assert tall[2] == 0


def test_reliability_leaves_empty_bins_out():
    root = parsed(svg.reliability([0.1, math.nan, 0.9], [0.2, math.nan, 0.9], [5, 0, 95], "dots"))
    dots = list(root.iter("circle"))
    assert len(dots) == 2
    assert float(dots[1].get("r")) > float(dots[0].get("r"))


def test_words_from_outside_cannot_become_markup():
    text = svg.bars([1.0], ["<b>"], '"><script>')
    assert "<b>" not in text
    assert "<script>" not in text
    parsed(text)
