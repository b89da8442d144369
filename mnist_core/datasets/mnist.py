"""MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits"."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_core.datasets.cache import DataFile, read_once
from mnist_core.datasets.dataset import Dataset
from mnist_core.datasets.source import About, Family, Source
from mnist_core.datasets.splitting import subset
from mnist_core.errors import InputError
from mnist_core.files import Progress

# SHA-256 of the bytes of each array in C order; files that pack them may differ.
MNIST_ARRAYS: dict[str, tuple[tuple[int, ...], str, str]] = {
    "x_train": (
        (60000, 28, 28),
        "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "train-images-idx3-ubyte",
    ),
    "y_train": (
        (60000,),
        "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "train-labels-idx1-ubyte",
    ),
    "x_test": (
        (10000, 28, 28),
        "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "t10k-images-idx3-ubyte",
    ),
    "y_test": (
        (10000,),
        "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        "t10k-labels-idx1-ubyte",
    ),
}
TRAIN_DIGITS = 60_000
SEED = 0  # by which some of them are chosen
_ANOTHER_COPY = "delete it or point MNIST_PATH at another copy"


def read_mnist(path: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """Read and verify MNIST from an `mnist.npz`, or from a folder.

    The folder holds `mnist.npz`, or the four IDX files, gzipped or not.

    Raises:
        InputError: the file is missing, is no such file, or an array differs from MNIST.
    """
    if path.is_dir():
        if (path / "mnist.npz").exists():
            return read_mnist(path / "mnist.npz")
        arrays = {key: _read_idx(path, name) for key, (_, _, name) in MNIST_ARRAYS.items()}
    elif path.exists():
        arrays = _read_npz(path)
    else:
        raise InputError(
            f"There is no file {path}: set MNIST_PATH to an mnist.npz or to the folder "
            "with MNIST's four IDX files."
        )
    for key, (shape, checksum, _) in MNIST_ARRAYS.items():
        array = arrays[key]
        if array.shape != shape or array.dtype != np.uint8:
            raise InputError(
                f"{path} is not MNIST: {key} should be uint8 of shape {shape}, not "
                f"{array.dtype} of shape {array.shape}; {_ANOTHER_COPY}."
            )
        if hashlib.sha256(np.ascontiguousarray(array).data).hexdigest() != checksum:
            raise InputError(
                f"{path} is damaged or altered: {key} differs from MNIST's; {_ANOTHER_COPY}."
            )
    return arrays


def _read_npz(path: Path) -> dict[str, npt.NDArray[np.uint8]]:
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
        with np.load(path, allow_pickle=False) as file:
            for key, (shape, _, _) in MNIST_ARRAYS.items():
                if f"{key}.npy" not in sizes:
                    raise InputError(f"{path} holds no array {key}; {_ANOTHER_COPY}.")
                # A few kilobytes can unpack to any size: look before reading.
                if sizes[f"{key}.npy"] > np.prod(shape) + 4096:
                    raise InputError(
                        f"{path} is not MNIST: {key} is larger than it should be; {_ANOTHER_COPY}."
                    )
                arrays[key] = file[key]
    except InputError:
        raise
    except Exception as error:  # whatever zipfile and NumPy make of a damaged file
        raise InputError(
            f"{path} is no readable npz file, perhaps cut short; {_ANOTHER_COPY}."
        ) from error
    return arrays


def _read_idx(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    """Read one IDX file: two zero bytes, a type, the number of dimensions, the sizes, the data."""
    names = [name, name + ".gz", name.replace("-idx", ".idx"), name.replace("-idx", ".idx") + ".gz"]
    path = next((folder / n for n in names if (folder / n).is_file()), None)
    if path is None:
        raise InputError(f"{folder} holds neither mnist.npz nor {name}; {_ANOTHER_COPY}.")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(64_000_000)
        dimensions = data[3]
        start = 4 + 4 * dimensions
        shape = np.frombuffer(data[4:start], ">u4").astype(int)
        return np.frombuffer(data, np.uint8, offset=start).reshape(tuple(shape))
    except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
        raise InputError(
            f"{path} is no readable IDX file, perhaps cut short; {_ANOTHER_COPY}."
        ) from error


def load(progress: Progress | None, fetch: bool) -> Dataset:
    path = FILE.fetch(progress, fetch)
    return Dataset("mnist", **read_once(read_mnist, path), source=str(path))


FILE = DataFile(
    "mnist",
    "MNIST_PATH",
    "mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    read_mnist,
)
SOURCE = Source(
    "mnist",
    About(
        "70,000 digits by census workers and pupils, scanned, scaled to fit 20×20 pixels and "
        "centred by mass in 28×28 (LeCun, Cortes, Burges, CC BY-SA 3.0).",
        11,
    ),
    load,
    size=(TRAIN_DIGITS, 0),
    file=FILE,
)


def _some(name: str) -> Source | None:
    """`mnist-N`: N of the training digits, always the same, and all test digits."""
    found = re.fullmatch(r"mnist-([1-9]\d{0,4})", name)
    if not found or (count := int(found[1])) >= TRAIN_DIGITS:
        return None

    def load_some(progress: Progress | None, fetch: bool) -> Dataset:
        chosen = subset(load(progress, fetch), count, SEED)
        return dataclasses.replace(chosen, name=name)

    about = About(
        f"{count:,} of MNIST's training digits, chosen at random.", SOURCE.about.megabytes
    )
    return Source(name, about, load_some, size=(count, 0), parts=(SOURCE,))


SOME = Family("mnist-N for N of MNIST's training digits", _some)
