"""Datasets: found, verified, refused when they are not what they should be, split, described."""

import functools
import gzip
import hashlib
import http.server
import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import datasets, drawing
from mnist_core.datasets import loading
from mnist_core.errors import InputError


@pytest.fixture
def no_datasets(tmp_path, monkeypatch):
    """A machine without any dataset; its cache folder."""
    for variable in ("MNIST_PATH", "PENDIGITS_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def mnist(needs_mnist):
    """MNIST's four arrays."""
    loaded = datasets.load("mnist")
    return {key: getattr(loaded, key) for key in datasets.MNIST_ARRAYS}


@pytest.fixture
def site(tmp_path):
    """A folder and the address at which a server gives its files."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(QuietFiles, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def assert_refused(path, says):
    with pytest.raises(InputError, match=says) as refusal:
        datasets.read_mnist(path)
    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


def idx(array):
    """The bytes of an IDX file."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def npy(shape, data=b"", descr="|u1"):
    """The bytes of an array in NumPy's form, whether its data is as long as it says or not."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + data


def write_npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, data in members.items():
            archive.writestr(f"{key}.npy", data)
    return path


# --- MNIST ---------------------------------------------------------------------------


@pytest.mark.usefixtures("needs_mnist")
def test_mnist_is_what_its_papers_say():
    mnist = datasets.load("mnist", fetch=False)
    assert mnist.x_train.shape == (60000, 28, 28)
    assert mnist.x_test.shape == (10000, 28, 28)
    assert mnist.x_train.dtype == mnist.y_test.dtype == np.uint8
    assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert datasets.describe(mnist)["test_per_class"] == (
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    )


def test_mnist_is_read_from_a_folder_with_the_npz(mnist, tmp_path, monkeypatch):
    np.savez(tmp_path / "mnist.npz", **mnist)
    monkeypatch.setenv("MNIST_PATH", str(tmp_path))
    assert datasets.at_hand("mnist")
    again = datasets.load("mnist", fetch=False)
    assert again.source == str(tmp_path)
    assert np.array_equal(again.x_test, mnist["x_test"])


def test_mnist_is_read_from_the_cache(mnist, no_datasets):
    assert not datasets.at_hand("mnist")
    no_datasets.mkdir(parents=True)
    np.savez(no_datasets / "mnist.npz", **mnist)
    assert datasets.at_hand("mnist")
    assert datasets.load("mnist", fetch=False).source == str(no_datasets / "mnist.npz")


@pytest.mark.parametrize(
    ("zipped", "dotted"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_mnist_is_read_from_idx_files(mnist, tmp_path, monkeypatch, zipped, dotted):
    for key, (_, _, name) in datasets.MNIST_ARRAYS.items():
        name = name.replace("-idx", ".idx") if dotted else name
        data = idx(mnist[key])
        if zipped:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data, 1))
        else:
            (tmp_path / name).write_bytes(data)
    monkeypatch.setenv("MNIST_PATH", str(tmp_path))
    again = datasets.load("mnist", fetch=False)
    for key, array in mnist.items():
        assert np.array_equal(getattr(again, key), array)


@pytest.mark.parametrize("key", list(datasets.MNIST_ARRAYS))
def test_an_altered_array_is_named(mnist, tmp_path, key):
    altered = mnist[key].copy()
    altered.flat[1234] ^= 1
    np.savez(tmp_path / "a.npz", **{**mnist, key: altered})
    assert_refused(tmp_path / "a.npz", f"damaged or altered: {key} differs")


def test_arrays_in_another_order_are_refused(mnist, tmp_path):
    turned = {**mnist, "x_train": mnist["x_train"][::-1], "y_train": mnist["y_train"][::-1]}
    np.savez(tmp_path / "a.npz", **turned)
    assert_refused(tmp_path / "a.npz", "x_train differs")


@pytest.mark.parametrize("key", list(datasets.MNIST_ARRAYS))
def test_a_missing_array_is_named(mnist, tmp_path, key):
    np.savez(tmp_path / "a.npz", **{k: v for k, v in mnist.items() if k != key})
    assert_refused(tmp_path / "a.npz", f"holds no array {key}")


def test_an_altered_file_is_noticed_though_it_was_read_before(mnist, tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    np.savez(path, **mnist)
    monkeypatch.setenv("MNIST_PATH", str(path))
    datasets.load("mnist", fetch=False)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InputError, match="cut short"):
        datasets.load("mnist", fetch=False)


def test_a_truncated_npz_is_refused(mnist, tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x_test=mnist["x_test"], y_test=mnist["y_test"])
    whole = path.read_bytes()
    for share in (0, 0.01, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert_refused(path, "no readable npz")


def test_a_damaged_npz_is_refused_wherever_the_damage_lies(tmp_path):
    path = tmp_path / "a.npz"
    data = bytes(np.random.default_rng(0).integers(0, 9, 47_040_000 // 100, np.uint8))
    whole = bytearray(write_npz(path, x_train=npy((60000, 28, 28), data)).read_bytes())
    for start in range(0, len(whole), len(whole) // 25):
        damaged = whole.copy()
        damaged[start : start + 200] = b"\xff" * 200
        path.write_bytes(damaged)
        assert_refused(path, "no readable npz|holds no array|larger than it should be")


def test_pickled_objects_are_not_unpacked(tmp_path):
    objects = np.array([Path("x")] * 5, dtype=object)
    np.savez(tmp_path / "a.npz", **dict.fromkeys(datasets.MNIST_ARRAYS, objects))
    assert_refused(tmp_path / "a.npz", "no readable npz")


def test_a_small_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path):
    # Twice what MNIST takes is enough to see that it is refused by its size.
    path = write_npz(tmp_path / "a.npz", x_train=npy((120000, 28, 28), bytes(94_080_000)))
    assert path.stat().st_size < 100_000
    assert_refused(path, "x_train is larger than it should be")


@pytest.mark.parametrize("shape", [(10**15,), (10**30,), (-1,), (60000, 28, 28)])
def test_an_array_shorter_than_it_says_is_refused(tmp_path, shape):
    assert_refused(write_npz(tmp_path / "a.npz", x_train=npy(shape, b"abc")), "no readable npz")


def test_an_array_of_another_shape_is_named(tmp_path):
    small = {
        key: np.zeros((10, *shape[1:]), np.uint8)
        for key, (shape, _, _) in datasets.MNIST_ARRAYS.items()
    }
    np.savez(tmp_path / "a.npz", **small)
    assert_refused(tmp_path / "a.npz", r"x_train should be uint8 of shape \(60000, 28, 28\)")


@pytest.mark.parametrize("content", [b"", b"this is a text file\n" * 100, npy((5,), b"12345")])
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    assert_refused(tmp_path / "a.npz", "no readable npz")


def test_a_mistake_in_mnist_path_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "nowhere.npz"))
    assert not datasets.at_hand("mnist")
    with pytest.raises(InputError, match=r"no file .*nowhere\.npz.*MNIST_PATH"):
        datasets.load("mnist")


def test_an_empty_folder_is_refused(tmp_path):
    assert_refused(tmp_path, "neither mnist.npz nor train-images-idx3-ubyte")


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"])
def test_a_truncated_or_damaged_idx_file_is_refused(tmp_path, name):
    whole = idx(np.random.default_rng(0).integers(0, 9, (600, 28, 28), np.uint8))
    if name.endswith(".gz"):
        whole = gzip.compress(whole)
    pieces = [whole[: int(len(whole) * share)] for share in (0, 0.00001, 0.5, 0.999)]
    pieces += [whole[:at] + b"\xff" * 50 + whole[at + 50 :] for at in (0, 15)]
    if name.endswith(".gz"):
        pieces += [whole[:at] + b"\xff" * 50 + whole[at + 50 :] for at in range(50, 5000, 500)]
    for piece in pieces:
        (tmp_path / name).write_bytes(piece)
        with pytest.raises(InputError, match=f"{name} is no readable IDX file") as refusal:
            datasets.read_mnist(tmp_path)
        assert "\n" not in str(refusal.value)


@given(st.binary(max_size=200))
def test_any_bytes_in_place_of_mnist_are_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("any")
    for name in ("a.npz", "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"):
        (folder / name).write_bytes(data)
        with pytest.raises(InputError):
            datasets.read_mnist(folder / "a.npz" if name == "a.npz" else folder)
        (folder / name).unlink()


# --- load ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mnist", "pen-strokes", "mnist+pen-strokes"])
def test_what_is_not_there_is_not_fetched_unasked(no_datasets, name):
    assert not datasets.at_hand(name)
    with pytest.raises(InputError, match="_PATH to your copy of") as refusal:
        datasets.load(name, fetch=False)
    assert "\n" not in str(refusal.value)
    assert not no_datasets.exists()


@pytest.mark.parametrize("name", ["fashion", "", "MNIST", "mnist+", "optical-digits+mnist"])
def test_an_unknown_dataset_is_refused_with_the_known_ones(name):
    assert not datasets.at_hand(name)
    with pytest.raises(InputError, match="choose one of mnist, pen-strokes") as refusal:
        datasets.load(name)
    assert repr(name) in str(refusal.value)


def test_a_missing_dataset_fails_where_every_test_is_required(unavailable, monkeypatch):
    monkeypatch.delenv("REQUIRE_ALL_TESTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Set this"):
        unavailable("Set this.")
    monkeypatch.setenv("REQUIRE_ALL_TESTS", "1")
    with pytest.raises(pytest.fail.Exception, match="Set this"):
        unavailable("Set this.")


# --- optical-digits ------------------------------------------------------------------


def test_optical_digits_need_no_file(no_datasets, digits):
    assert datasets.at_hand("optical-digits")
    again = datasets.load("optical-digits", fetch=False)
    assert again.x_train.shape == (1437, 28, 28)
    assert again.x_test.shape == (360, 28, 28)
    assert again.y_train.shape == (1437,)
    assert again.y_test.shape == (360,)
    assert {a.dtype for a in (again.x_train, again.y_train, again.x_test, again.y_test)} == {
        np.dtype(np.uint8)
    }
    assert again.checksum == digits.checksum
    assert not no_datasets.exists()


def test_optical_digits_are_in_mnists_form(digits):
    images = np.concatenate([digits.x_train, digits.x_test]).astype(np.float64)
    assert images.max() == 255
    assert np.median(images) == 0
    at = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        line = images.sum(axis=axis)
        centres = line @ at / mass
        assert np.abs(centres - 14.5).max() < 1
        extent = (line > 0).sum(axis=1)
        assert extent.max() <= 23
    rows, columns = (images.any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert np.maximum(rows, columns).min() >= 19
    assert set(np.bincount(digits.y_train, minlength=10)) <= set(range(130, 160))


def test_the_checksum_tells_digits_and_their_order(digits):
    def other(**changes):
        arrays = {k: getattr(digits, k) for k in datasets.MNIST_ARRAYS}
        return datasets.Dataset("x", **{**arrays, **changes}, source="x").checksum

    assert other() == digits.checksum
    assert other(x_train=digits.x_train[::-1]) != digits.checksum
    assert other(y_test=digits.y_test ^ 1) != digits.checksum


# --- split, one_hot, scale, describe -------------------------------------------------


def test_the_last_samples_validate_by_default():
    training, validation = datasets.split(60000, 0.1)
    assert training.tolist() == list(range(54000))
    assert validation.tolist() == list(range(54000, 60000))


def test_no_validation_is_a_split_too():
    training, validation = datasets.split(10, 0)
    assert training.tolist() == list(range(10))
    assert len(validation) == 0


def test_a_seed_shuffles_before_the_split():
    first, again, other = (datasets.split(1000, 0.2, seed) for seed in (1, 1, 2))
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    assert len(first[1]) == 200
    assert sorted(np.concatenate(first)) == list(range(1000))
    assert first[1].min() < 800


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=60),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.integers(0, 9),
)
def test_a_writer_is_on_one_side_only(writers, fraction, seed):
    writers = np.array(writers, np.int16)
    alone, people = int((writers == 0).sum()), len(set(writers[writers > 0]))
    try:
        training, validation = datasets.split(len(writers), fraction, seed, writers)
    except InputError:
        nobody_trains = max(alone, people) * (1 - fraction) < 1 + 1e-9
        nobody_validates = people == 0 and fraction < 1e-9
        assert nobody_trains or nobody_validates
        return
    assert sorted(np.concatenate([training, validation])) == list(range(len(writers)))
    known = {w for w in writers[training] if w} & {w for w in writers[validation] if w}
    assert not known
    if fraction and people:
        assert (writers[validation] > 0).any()


def test_a_seed_chooses_the_writers():
    writers = np.repeat(np.arange(1, 31, dtype=np.int16), 5)

    def held_out(seed):
        return set(writers[datasets.split(len(writers), 0.2, seed, writers)[1]])

    assert held_out(None) == {25, 26, 27, 28, 29, 30}
    assert held_out(1) == held_out(1)
    assert len(held_out(1)) == 6
    assert held_out(1) != held_out(2)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan"), float("inf")])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(InputError, match="at least 0 and below 1"):
        datasets.split(100, fraction)


@pytest.mark.parametrize(("count", "fraction"), [(0, 0.0), (1, 0.5), (0, 0.1), (2, 0.9)])
def test_a_split_that_leaves_a_side_empty_is_refused(count, fraction):
    with pytest.raises(InputError, match=f"one side of {count} samples empty"):
        datasets.split(count, fraction)


def test_a_single_writer_cannot_be_split():
    with pytest.raises(InputError, match="empty"):
        datasets.split(20, 0.1, writers=np.full(20, 7, np.int16))


def test_one_hot_puts_the_one_in_the_labels_column():
    encoded = datasets.one_hot(np.array([3, 0, 9], np.uint8))
    assert encoded.dtype == np.float32
    assert encoded.shape == (3, 10)
    assert encoded.argmax(axis=1).tolist() == [3, 0, 9]
    assert encoded.sum() == 3


def test_scale_maps_bytes_to_the_unit_interval():
    scaled = datasets.scale(np.array([[[0, 51, 255]]], np.uint8))
    assert scaled.dtype == np.float32
    assert scaled.ravel().tolist() == pytest.approx([0, 0.2, 1])


def test_describe_counts_what_is_there(digits):
    facts = datasets.describe(digits)
    assert facts["name"] == "optical-digits"
    assert facts["image_shape"] == (28, 28)
    assert (facts["train_samples"], facts["test_samples"], facts["classes"]) == (1437, 360, 10)
    assert facts["train_per_class"] == [int((digits.y_train == d).sum()) for d in range(10)]
    assert sum(facts["test_per_class"]) == 360
    assert facts["pixel_range"] == (0, 255)
    scaled = datasets.scale(digits.x_train)
    assert facts["pixel_mean"] == pytest.approx(float(scaled.mean()), rel=1e-4)
    assert facts["pixel_std"] == pytest.approx(float(scaled.std()), rel=1e-4)


# --- pen-strokes ---------------------------------------------------------------------

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


@pytest.mark.usefixtures("needs_mnist", "needs_pens")
def test_both_together_are_tested_on_mnist():
    both = datasets.load("mnist+pen-strokes", fetch=False)
    assert len(both.x_train) == len(both.strokes_train) == len(both.writers_train)
    assert len(both.x_test) == 10000
    assert not both.writers_train[:60000].any()
    assert both.writers_train[60000:].all()
    assert not any(len(strokes) for strokes in both.strokes_train[:60000])
    assert not set(both.writers_train) & set(datasets.TEST_WRITERS)


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
    monkeypatch.setattr(loading, "PENS_SHA256", hashlib.sha256(text).hexdigest())
    monkeypatch.setattr(loading, "PENS_URL", f"{address}/pens.Z")
    calls = []
    pens = datasets.load("pen-strokes", lambda *call: calls.append(call))
    assert calls
    assert (no_datasets / datasets.PENS_FILE).read_bytes() == text
    assert (pens.y_train.tolist(), pens.y_test.tolist()) == ([8], [1])
    (folder / "pens.Z").unlink()
    assert datasets.load("pen-strokes").checksum == pens.checksum


def test_mnist_is_downloaded_and_kept(mnist, site, monkeypatch, request):
    folder, address = site
    np.savez(folder / "mnist.npz", **mnist)
    no_datasets = request.getfixturevalue("no_datasets")
    monkeypatch.setattr(loading, "MNIST_URL", f"{address}/mnist.npz")
    loaded = datasets.load("mnist")
    assert np.array_equal(loaded.x_test, mnist["x_test"])
    assert loaded.source == str(no_datasets / "mnist.npz")
    (folder / "mnist.npz").unlink()
    assert datasets.load("mnist").checksum == loaded.checksum


def test_the_sizes_that_are_known_beforehand_are_right(digits, needs_mnist, needs_pens):
    assert set(datasets.TRAIN_SIZES) == set(datasets.NAMES)
    for name, (count, pens) in datasets.TRAIN_SIZES.items():
        dataset = datasets.load(name, fetch=False)
        assert len(dataset.x_train) == count
        assert sum(len(strokes) > 0 for strokes in dataset.strokes_train) == pens


def test_a_subset_is_chosen_by_the_seed(digits):
    part, again, other = (datasets.subset(digits, 100, seed) for seed in (1, 1, 2))
    assert len(part.x_train) == len(part.y_train) == 100
    assert np.array_equal(part.x_train, again.x_train)
    assert not np.array_equal(part.x_train, other.x_train)
    assert part.x_test is digits.x_test
    assert datasets.subset(digits, 0, 1) is digits
    assert datasets.subset(digits, 10**6, 1) is digits


def test_a_subset_keeps_strokes_and_writers_with_their_digits(needs_pens):
    pens = datasets.load("pen-strokes", fetch=False)
    part = datasets.subset(pens, 50, 3)
    assert len(part.strokes_train) == len(part.writers_train) == 50
    for image, strokes, label in zip(
        part.x_train[:5], part.strokes_train, part.y_train, strict=False
    ):
        drawn = np.round(drawing.from_strokes(strokes) * 255).astype(np.uint8)
        assert np.array_equal(image, drawn)
        assert label in range(10)
