"""Pen strokes: parsed, verified, downloaded, drawn, with their writers kept apart."""

import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import datasets
from mnist_core.datasets import pen_strokes
from mnist_core.errors import InputError

UNIPEN = """\
.VERSION 1.0
.COMMENT this comes before any digit

.SEGMENT DIGIT ? ? "8"
.COMMENT 8 12 -9
.PEN_DOWN
 10 20
 11 25
.PEN_UP
.DT 100
.PEN_DOWN
 30 40
.PEN_UP
.SEGMENT DIGIT ? ? "0"
.COMMENT 0 13 -9
.PEN_DOWN
.PEN_UP
.SEGMENT DIGIT ? ? "1"
.COMMENT 1 14 -9
.PEN_DOWN
 5 6
.PEN_UP
"""


def test_unipen_text_gives_strokes_label_and_writer():
    eight, one = datasets.parse_unipen(UNIPEN)  # the 0 between them has no point
    assert (eight.label, eight.writer) == (8, 12)
    assert [stroke.tolist() for stroke in eight.strokes] == [[[10, -20], [11, -25]], [[30, -40]]]
    assert (one.label, one.writer) == (1, 14)
    assert [stroke.tolist() for stroke in one.strokes] == [[[5, -6]]]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"8"', '"x"', 4),
        ('"8"', '"12"', 4),
        ('"8"', "8", 4),
        (".COMMENT 8 12 -9", ".COMMENT 8", 5),
        (" 11 25", " 11 twenty", 8),
        (" 11 25", " 11", 8),
        (" 11 25", " 11 25 3", 8),
        ('"1"\n.COMMENT 1 14 -9\n.PEN_DOWN', '"1"', 19),
    ],
)
def test_a_broken_line_is_named(old, new, line):
    assert old in UNIPEN
    with pytest.raises(InputError, match=f"^Line {line} of the pen strokes") as refusal:
        datasets.parse_unipen(UNIPEN.replace(old, new, 1))
    assert "\n" not in str(refusal.value)


unipen_lines = st.sampled_from(UNIPEN.splitlines()) | st.text(max_size=20)


@given(st.text() | st.lists(unipen_lines, max_size=30).map("\n".join))
def test_any_text_is_parsed_or_refused(text):
    try:
        found = datasets.parse_unipen(text)
    except InputError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017
    else:
        for digit in found:
            assert 0 <= digit.label <= 9
            assert all(len(stroke) and stroke.shape[1] == 2 for stroke in digit.strokes)


@pytest.mark.usefixtures("needs_pens")
def test_six_writers_are_kept_for_testing():
    pens = datasets.load("pen-strokes", fetch=False)
    trained, tested = set(pens.writers_train), set(pens.writers_test)
    assert tested == set(datasets.TEST_WRITERS)
    assert len(tested) == 6
    assert trained == set(range(1, 31)) - tested
    assert len(pens.x_train) + len(pens.x_test) == 7494
    for part in ("train", "test"):
        sizes = {len(getattr(pens, f"{kind}_{part}")) for kind in ("x", "y", "strokes", "writers")}
        assert len(sizes) == 1
    training, validation = datasets.split(len(pens.x_train), 0.2, writers=pens.writers_train)
    assert not set(pens.writers_train[training]) & set(pens.writers_train[validation])


@pytest.mark.usefixtures("needs_pens")
def test_the_test_digits_of_the_pens_can_be_had_alone():
    pens = datasets.load("pen-strokes", fetch=False)
    images, labels = datasets.pens_test()
    assert (images == pens.x_test).all()
    assert (labels == pens.y_test).all()


@pytest.mark.usefixtures("needs_pens")
def test_the_pen_goes_down_when_y_grows():
    pens = datasets.load("pen-strokes", fetch=False)
    down = [
        strokes[0][-1, 1] - strokes[0][0, 1]
        for strokes, label in zip(pens.strokes_train, pens.y_train, strict=True)
        if label == 1 and len(strokes) == 1
    ]
    assert np.mean(np.array(down) > 0) > 0.9  # people write a 1 from top to bottom
    sevens = pens.x_train[pens.y_train == 7].astype(float)
    top = sevens[:, 4:9].any(axis=1).sum(axis=1).mean()
    bottom = sevens[:, 19:24].any(axis=1).sum(axis=1).mean()
    assert top > bottom  # a 7 has its bar on top


def test_altered_pen_strokes_are_refused(tmp_path, monkeypatch):
    (tmp_path / datasets.PENS_FILE).write_text(UNIPEN)
    monkeypatch.setenv("PENDIGITS_PATH", str(tmp_path))
    with pytest.raises(InputError, match="damaged or is not"):
        datasets.load("pen-strokes")
    monkeypatch.setenv("PENDIGITS_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="PENDIGITS_PATH"):
        datasets.load("pen-strokes")


def packed(data):
    """What the old Unix `compress` makes, without compressing anything.

    Codes of nine bits, the lowest bit first: seven bytes as they are, then the code that
    clears the table, so that the codes never become longer.
    """
    codes = []
    for at in range(0, len(data), 7):
        codes += [*data[at : at + 7], 256]
    bits = sum(code << (9 * i) for i, code in enumerate(codes))
    return b"\x1f\x9d\x90" + bits.to_bytes(-(-9 * len(codes) // 8), "little")


def test_pen_strokes_are_downloaded_unpacked_and_kept(no_datasets, site, monkeypatch):
    folder, address = site
    text = UNIPEN.replace("1 14 -9", "1 15 -9").encode()  # 15 is one of the writers for testing
    (folder / "pens.Z").write_bytes(packed(text))
    monkeypatch.setattr(pen_strokes, "SHA256", hashlib.sha256(text).hexdigest())
    file = dataclasses.replace(pen_strokes.FILE, url=f"{address}/pens.Z")
    monkeypatch.setattr(pen_strokes, "FILE", file)
    calls = []
    pens = datasets.load("pen-strokes", lambda *call: calls.append(call))
    assert calls
    assert (no_datasets / datasets.PENS_FILE).read_bytes() == text
    assert (pens.y_train.tolist(), pens.y_test.tolist()) == ([8], [1])
    (folder / "pens.Z").unlink()
    assert datasets.load("pen-strokes").checksum == pens.checksum
