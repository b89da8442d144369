"""The digits of Spanish and of Swiss hands: read in each form, verified, writers kept apart."""

import gzip
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from mnist_core import datasets, drawing
from mnist_core.datasets import registry, swiss_digits, uji_pen
from mnist_core.errors import InputError

# --- uji-pen -------------------------------------------------------------------------


def made_up_uji():
    """(label, writer, strokes) as 60 people might have written, two of each."""
    random = np.random.default_rng(0)
    for writer in range(1, 61):
        for label in range(10):
            for _ in (1, 2):
                strokes = [random.integers(-9, 900, (5, 2)) for _ in range(1 + label % 2)]
                yield label, writer, strokes


def uji_text(characters):
    lines = ["// UJI: 100 units per millimetre"]
    for number, (label, writer, strokes) in enumerate(characters):
        site = "trn_UJI" if writer < 40 else "tst_UPV"
        lines += [
            f"// ASCII char: {label}",
            f"WORD {label} {site}_W{writer:02}-{number % 2 + 1:02}",
        ]
        lines += [f"  NUMSTROKES {len(strokes)}"]
        lines += [f"  POINTS {len(s)} # {' '.join(map(str, s.ravel()))}" for s in strokes]
        lines += ["WORD ñ trn_UJI_W01-01", "  NUMSTROKES 1", "  POINTS 1 # 3 4"]
    return "\n".join(lines)


def uji_lines(characters):
    return "\n".join(
        json.dumps({"label": str(d), "writer": f"uji_{w:02}", "strokes": [p.tolist() for p in s]})
        for d, w, s in characters
    )


def test_the_original_text_and_its_digits_alone_are_the_same(tmp_path):
    written = list(made_up_uji())
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / uji_pen.UJI_FILE).write_text(uji_text(written), encoding="utf-8")
    (tmp_path / "b").mkdir()
    packed = gzip.compress(uji_lines(written).encode())
    (tmp_path / "b" / uji_pen.DIGITS_FILE).write_bytes(packed)
    (tmp_path / "plain.jsonl").write_text(uji_lines(written))
    for path in ("a", f"a/{uji_pen.UJI_FILE}", "b", "plain.jsonl"):
        found = uji_pen.read_uji(tmp_path / path)
        assert len(found) == 1200
        for digit, (label, writer, strokes) in zip(found, written, strict=True):
            assert (digit.label, digit.writer) == (label, writer)
            assert all(map(np.array_equal, digit.strokes, strokes))
            assert len(digit.strokes) == len(strokes)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("WORD 7 trn_UJI_W09-01", "WORD h trn_UJI_W09-01", 1),
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("POINTS 5 #", "POINTS 6 #", 1),
        lambda text: text.replace("# ", "# nan ", 1),
        lambda text: text.replace("NUMSTROKES", "WORD", 1),
        lambda text: '{"label": 3}\n',
        lambda text: "[]",
        lambda text: "",
    ],
)
def test_uji_text_that_is_not_whole_is_refused(tmp_path, monkeypatch, spoil):
    path = tmp_path / uji_pen.UJI_FILE
    path.write_text(spoil(uji_text(made_up_uji())), encoding="utf-8")
    monkeypatch.setenv("UJIPEN_PATH", str(path))
    with pytest.raises(InputError, match="damaged or is not") as refusal:
        datasets.load("uji-pen")
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("needs_uji")
def test_a_quarter_of_the_spanish_writers_is_kept_for_testing():
    found = datasets.load("uji-pen", fetch=False)
    assert set(found.writers_test) == set(datasets.UJI_TEST_WRITERS)
    assert set(found.writers_train) == set(range(1, 61)) - set(datasets.UJI_TEST_WRITERS)
    assert (len(found.x_train), len(found.x_test)) == (900, 300)
    drawn = np.round(drawing.from_strokes(found.strokes_test[7]) * 255)
    assert np.array_equal(found.x_test[7], drawn)


# --- swiss-digits --------------------------------------------------------------------

FOLDERS = [f"{writer:04}_CH{writer % 9}M" for writer in range(1, 22)]


def scan(label):
    """A bar of ink whose place says the digit, as a scan on white paper."""
    pixels = np.full((40, 30), 250, np.uint8)
    pixels[5:35, 10 : 12 + label] = 30
    return pixels


def png(pixels):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def swiss_files():
    """A small copy of the repository: 21 writers with each digit 20 times, by their names."""
    scans = [png(scan(label)) for label in range(10)]
    return {
        f"{folder}/{label}/number-{number}.png": scans[label]
        for folder in FOLDERS
        for label in range(10)
        for number in range(1000, 1000 + swiss_digits.LEAST)
    }


def archive(path, files):
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(f"numbers-61220a7/{name}", content)
    return path


def test_scans_are_read_from_the_archive_and_from_its_folder(tmp_path, swiss_files, monkeypatch):
    extra = {
        "README.md": b"words",
        "UNCATEGORIZED/number-1.png": b"no image",
        "0022_DE4M/3/number-1.png": b"a later writer",
        swiss_digits.LEFT_OUT["no ink is left in MNIST's form"][0]: png(scan(1)),
    }
    swiss_digits.verify_archive(archive(tmp_path / "numbers.zip", swiss_files | extra))
    with zipfile.ZipFile(tmp_path / "numbers.zip") as packed:
        packed.extractall(tmp_path / "tree")
    (tmp_path / "array").mkdir()
    monkeypatch.setattr(swiss_digits, "_form", lambda content: read[content])
    read = {png(scan(d)): np.full((28, 28), d + 1, np.uint8) for d in range(10)}
    for form in ("numbers.zip", "tree", "array"):
        if form == "array":  # as a worker on another machine gets it
            content = datasets.content("swiss-digits", tmp_path / "tree")
            (tmp_path / form / swiss_digits.SCANS_FILE).write_bytes(content)
        monkeypatch.setenv("SWISS_DIGITS_PATH", str(tmp_path / form))
        found = datasets.load("swiss-digits")
        assert len(found.x_train) == 16 * 200
        assert len(found.x_test) == 5 * 200
        assert set(found.writers_test) == set(datasets.SWISS_TEST_WRITERS)
        assert (found.x_test[:, 0, 0] == found.y_test + 1).all()


def test_a_scan_is_brought_into_mnists_form():
    form = swiss_digits._form(png(scan(4)))
    assert form.dtype == np.uint8
    rows, columns = np.flatnonzero(form.any(axis=1)), np.flatnonzero(form.any(axis=0))
    assert 20 <= len(rows) <= 22
    assert len(columns) < 8


def test_half_an_archive_is_refused(tmp_path, swiss_files, monkeypatch):
    half = dict(list(swiss_files.items())[: len(swiss_files) // 2])
    path = archive(tmp_path / "half.zip", half)
    with pytest.raises(InputError, match="no whole copy"):
        swiss_digits.verify_archive(path)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(path.read_bytes()[:-500])
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "other.npz", x=np.zeros((3, 5, 5), np.uint8), y=np.zeros(3, np.uint8))
    for given in (path, cut, tmp_path / "empty", tmp_path / "nowhere", tmp_path / "other.npz"):
        monkeypatch.setenv("SWISS_DIGITS_PATH", str(given))
        with pytest.raises(InputError, match="no whole copy") as refusal:
            datasets.load("swiss-digits")
        assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("needs_swiss")
def test_five_swiss_writers_are_kept_and_the_spoilt_scans_left_out():
    found = datasets.load("swiss-digits", fetch=False)
    assert set(found.writers_test) == set(datasets.SWISS_TEST_WRITERS)
    assert not set(found.writers_train) & set(found.writers_test)
    omitted = sum(map(len, swiss_digits.LEFT_OUT.values()))
    assert len(found.x_train) + len(found.x_test) == 12_221 - omitted
    for images in (found.x_train, found.x_test):
        assert images.any(axis=(1, 2)).all()


# --- together ------------------------------------------------------------------------


def test_any_of_them_can_be_trained_on_together(no_datasets):
    assert datasets.files_of("uji-pen+swiss-digits") == ["uji-pen", "swiss-digits"]
    for name in ("uji-pen+uji-pen", "uji-pen+", "uji-pen+letters", "+"):
        with pytest.raises(InputError, match="or several of them joined by"):
            datasets.load(name)
    assert registry.NAMES.count("uji-pen") == 1
