"""What a phone sends as a digit, be it what it may."""

import json
import math

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from mnist_core.classroom import given
from mnist_core.errors import InputError

ID = "a89d790d-d550-477f-b722-70b46271fd31"
GOOD = {"id": ID, "label": 4, "guess": None, "strokes": [[[1, 2], [3, 4]]]}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": 11}, "from 0 to 9"),
        ({"label": -1}, "from 0 to 9"),
        ({"label": 4.5}, "from 0 to 9"),
        ({"label": True}, "from 0 to 9"),
        ({"guess": "4"}, "from 0 to 9"),
        ({"id": "1"}, "is a UUID"),
        ({"id": "../" * 12}, "is a UUID"),
        ({"strokes": []}, "no ink"),
        ({"strokes": [[]]}, "no ink"),
        ({"strokes": [[[1, 2, 3]]]}, "each point is two numbers"),
        ({"strokes": [[["1", 2]]]}, "each point is two numbers"),
        ({"strokes": None}, "each point is two numbers"),
        ({"strokes": [[[math.nan, 2]]]}, "numbers between"),
        ({"strokes": [[[1e308, 2]]]}, "numbers between"),
        ({"strokes": [[[1, 2]] * 2_001]}, "at most 2,000 points"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_sentence(change, said):
    with pytest.raises(InputError, match=said) as caught:
        given.digit(GOOD | change)
    assert "\n" not in str(caught.value)


def test_digits_of_any_length_are_taken():
    for count in (*range(1, 120), given.MOST_POINTS):
        strokes = [[[n, n % 7] for n in range(count)]]
        assert given.digit(json.dumps(GOOD | {"strokes": strokes}).encode()).strokes == strokes


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[" * 90_000, b'{"id": NaN}', b"\xff\xfe", b'{"id": "\\ud800"}', b"7"]
)
def test_what_is_no_message_is_refused(text):
    with pytest.raises(InputError, match="cannot be read"):
        given.digit(text)


@settings(max_examples=40)
@over(st.binary(max_size=200) | ANY.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_do_harm(content):
    for read in (given.digit, given.vote):
        with pytest.raises(InputError):
            read(content)


@over(st.dictionaries(st.sampled_from((*GOOD, "label_source", "activity", "x")), ANY, max_size=3))
def test_what_is_kept_is_whole(changes):
    try:
        kept = given.digit(json.dumps(GOOD | changes).encode())
    except InputError:
        return
    assert kept.label in (None, *range(10))
    assert kept.strokes
    assert all(type(value) is int for s in kept.strokes for point in s for value in point)


@over(st.lists(st.tuples(*[st.floats(-1e5, 1e5)] * 2), min_size=1, max_size=30))
def test_rounding_leaves_the_shape(points):
    kept = [point for stroke in given.whole([points]) for point in stroke]
    assert len(kept) == len(points)
    extents = [
        max(max(axis) - min(axis) for axis in zip(*shape, strict=True)) for shape in (points, kept)
    ]
    if extents[1] > 5 * extents[0] > 1e-6:  # a small drawing was scaled up as a whole
        scale = extents[1] / extents[0]
        corner = [min(axis) for axis in zip(*points, strict=True)]
        points = [[(a - b) * scale for a, b in zip(p, corner, strict=True)] for p in points]
    for point, rounded in zip(points, kept, strict=True):
        assert max(abs(a - b) for a, b in zip(point, rounded, strict=True)) <= 1.0
