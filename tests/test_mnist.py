"""MNIST: found, verified, refused when it is not what it should be."""

import dataclasses
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import datasets
from mnist_core.datasets import mnist as source
from mnist_core.errors import InputError


@pytest.fixture
def mnist(needs_mnist):
    """MNIST's four arrays."""
    loaded = datasets.load("mnist")
    return {key: getattr(loaded, key) for key in datasets.MNIST_ARRAYS}


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


def test_mnist_is_downloaded_and_kept(mnist, site, monkeypatch, request):
    folder, address = site
    np.savez(folder / "mnist.npz", **mnist)
    no_datasets = request.getfixturevalue("no_datasets")
    file = dataclasses.replace(source.FILE, url=f"{address}/mnist.npz")
    monkeypatch.setattr(source, "FILE", file)
    loaded = datasets.load("mnist")
    assert np.array_equal(loaded.x_test, mnist["x_test"])
    assert loaded.source == str(no_datasets / "mnist.npz")
    (folder / "mnist.npz").unlink()
    assert datasets.load("mnist").checksum == loaded.checksum
