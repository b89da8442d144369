"""Find, verify, load, split and describe the datasets.

Images are uint8 (n, 28, 28), 0 the ground and 255 the ink; labels uint8 (n,), 0 to 9.
`scale` makes of images what a network takes.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_core import drawing
from mnist_core.errors import InputError
from mnist_core.files import Progress, download

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

Writers = npt.NDArray[np.int16]
Strokes = Sequence[npt.NDArray[np.float64]]

CLASSES = 10


@dataclass(frozen=True)
class Dataset:
    """Training and test digits with their labels, and where they come from.

    Digits that were written with a pen also have their strokes, arrays (n, 2) of x and y
    with y downward, and the number of their writer; others have none and writer 0.
    """

    name: str
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    source: str
    strokes_train: Sequence[Strokes] = ()  # as long as x_train, or empty
    writers_train: Writers | None = None
    strokes_test: Sequence[Strokes] = ()
    writers_test: Writers | None = None

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over all arrays: the same digits in the same order, or another value."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


# --- MNIST ---------------------------------------------------------------------------

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
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


_ANOTHER_COPY = "delete it or point MNIST_PATH at another copy"


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


def _load_mnist(progress: Progress | None, fetch: bool) -> Dataset:
    path = find("mnist")
    if path is None:
        path = cache_folder() / "mnist.npz"
        if not fetch:
            raise InputError(missing("mnist"))
        download(MNIST_URL, path, read_mnist, progress)
    return Dataset("mnist", **_read_once(read_mnist, path), source=str(path))


# --- optical-digits ------------------------------------------------------------------


def _load_optical_digits(progress: Progress | None, fetch: bool) -> Dataset:
    """1,797 digits of 8×8 pixels, each with 17 grey levels, brought into MNIST's form.

    E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998; bundled with scikit-learn. The last fifth is the test set:
    the digits lie in the order in which people wrote them, so that most test digits are
    by people whom the network has not seen.
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    small = np.round(raw.images * (255 / 16)).astype(np.uint8)
    forms = np.stack([np.round(drawing.from_image(image) * 255) for image in small])
    images, labels = forms.astype(np.uint8), raw.target.astype(np.uint8)
    cut = len(images) * 4 // 5
    return Dataset(
        "optical-digits", images[:cut], labels[:cut], images[cut:], labels[cut:], "scikit-learn"
    )


# --- pen-strokes ---------------------------------------------------------------------

PENS_FILE = "pendigits-orig.tra"
PENS_URL = (
    "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/pendigits-orig.tra.Z"
)
PENS_SHA256 = "a66225d68d7d68591e62944df1ad33b3f5aa608e2df2505844b41f5568a80da4"
# Every fifth of the 30 writers is kept for testing and never trained on.
TEST_WRITERS = (5, 10, 15, 20, 25, 30)
WRITERS = 30
PENS = 5995  # digits of the other 24 writers


@dataclass(frozen=True)
class PenDigit:
    """One digit as a pen wrote it; y grows downward, as on a canvas."""

    strokes: Strokes
    label: int
    writer: int


def read_pens(path: Path) -> list[PenDigit]:
    """Read and verify the pen digits of 30 writers.

    E. Alpaydin, F. Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1996, CC BY 4.0: 7,494 digits in UNIPEN text form.

    Args:
        path: the file `pendigits-orig.tra`, or a folder that holds it.

    Raises:
        InputError: the file is missing or is not this one.
    """
    if path.is_dir():
        path = path / PENS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}): set PENDIGITS_PATH to {PENS_FILE}."
        ) from error
    if hashlib.sha256(data).hexdigest() != PENS_SHA256:
        raise InputError(
            f"{path} is damaged or is not {PENS_FILE}; delete it or point PENDIGITS_PATH at "
            "another copy."
        )
    return parse_unipen(data.decode("latin-1"))


def parse_unipen(text: str) -> list[PenDigit]:
    """Digits from UNIPEN text, as the pen-based digits are written.

    Digits without a point are left out.

    Raises:
        InputError: an unknown label or a line that cannot be understood, with its number.
    """
    digits: list[PenDigit] = []
    strokes: list[list[tuple[float, float]]] = []
    label = writer = -1

    def finish() -> None:
        paths = [np.array(stroke, np.float64) for stroke in strokes if stroke]
        if paths:
            digits.append(PenDigit(paths, label, writer))
        strokes.clear()

    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        try:
            if not words:
                continue
            if words[0] == ".SEGMENT":
                finish()
                label, writer = int(line.split('"')[1]), 0
                if not 0 <= label <= 9:
                    raise ValueError
            elif words[0] == ".COMMENT" and label >= 0:
                writer = int(words[2])
            elif words[0] == ".PEN_DOWN":
                strokes.append([])
            elif not words[0].startswith(".") and label >= 0:
                x, y = map(float, words)
                strokes[-1].append((x, -y))  # the tablet's y grows upward
        except (ValueError, IndexError):
            raise InputError(
                f"Line {number} of the pen strokes cannot be understood "
                f"({line.strip()[:40]!r}): take a whole copy of {PENS_FILE}."
            ) from None
    finish()
    return digits


def _load_pens(progress: Progress | None, fetch: bool) -> Dataset:
    path = find("pen-strokes")
    if path is None:
        path = cache_folder() / PENS_FILE
        if not fetch:
            raise InputError(missing("pen-strokes"))
        download(PENS_URL, path, read_pens, progress, decode=_uncompress)
    return _read_once(_pens_dataset, path)


def _pens_dataset(path: Path) -> Dataset:
    digits = read_pens(path)
    parts: dict[str, Any] = {}
    for part in ("train", "test"):
        chosen = _pens_of(digits, part)
        parts[f"x_{part}"], parts[f"y_{part}"] = _drawn(chosen)
        parts[f"writers_{part}"] = np.array([digit.writer for digit in chosen], np.int16)
        parts[f"strokes_{part}"] = [digit.strokes for digit in chosen]
    return Dataset("pen-strokes", source=str(path), **parts)


def _pens_of(digits: list[PenDigit], part: str) -> list[PenDigit]:
    chosen = [d for d in digits if (d.writer in TEST_WRITERS) == (part == "test")]
    return sorted(chosen, key=lambda digit: digit.writer)


def _drawn(digits: list[PenDigit]) -> tuple[Images, Labels]:
    images = [np.round(drawing.from_strokes(digit.strokes) * 255) for digit in digits]
    return np.stack(images).astype(np.uint8), np.array([d.label for d in digits], np.uint8)


def pens_test() -> tuple[Images, Labels]:
    """The test images and labels of `pen-strokes` alone, drawn in a fifth of its time.

    Raises:
        InputError: the dataset is not on this machine, or damaged.
    """
    path = find("pen-strokes")
    if path is None:
        raise InputError(missing("pen-strokes"))
    return _drawn(_pens_of(read_pens(path), "test"))


def _uncompress(data: bytes) -> bytes:
    """Unpack what the old Unix `compress` made (.Z)."""
    import unlzw3

    return unlzw3.unlzw(data)


def writer_of(name: str) -> int | None:
    """The writer of a dataset `pen-strokes-1` to `pen-strokes-30`; None for any other name."""
    found = re.fullmatch(r"pen-strokes-([1-9]\d?)", name)
    return int(found[1]) if found and int(found[1]) <= WRITERS else None


def of_writer(pens: Dataset, writer: int) -> Dataset:
    """The digits of one of the writers of `pen-strokes`, to learn one hand.

    The first half of what that person wrote is for training, the second half for testing.
    """
    for part in ("train", "test"):
        chosen = np.flatnonzero(getattr(pens, f"writers_{part}") == writer)
        if len(chosen):
            break
    images, labels = getattr(pens, f"x_{part}"), getattr(pens, f"y_{part}")
    strokes = getattr(pens, f"strokes_{part}")
    first, second = np.split(chosen, [len(chosen) // 2])
    # All are of one hand: there are no writers to keep apart.
    return Dataset(
        f"pen-strokes-{writer}",
        images[first],
        labels[first],
        images[second],
        labels[second],
        pens.source,
        strokes_train=[strokes[i] for i in first],
        strokes_test=[strokes[i] for i in second],
    )


# --- mnist+pen-strokes ---------------------------------------------------------------


def _load_both(progress: Progress | None, fetch: bool) -> Dataset:
    """MNIST's and the pens' training digits; the test digits are MNIST's."""
    mnist = load("mnist", progress, fetch)
    pens = load("pen-strokes", progress, fetch)
    assert pens.writers_train is not None
    unknown = len(mnist.x_train)
    return Dataset(
        "mnist+pen-strokes",
        np.concatenate([mnist.x_train, pens.x_train]),
        np.concatenate([mnist.y_train, pens.y_train]),
        mnist.x_test,
        mnist.y_test,
        f"{mnist.source}, {pens.source}",
        strokes_train=[()] * unknown + list(pens.strokes_train),
        writers_train=np.concatenate([np.zeros(unknown, np.int16), pens.writers_train]),
    )


# --- all of them ---------------------------------------------------------------------

_LOADERS: dict[str, Callable[[Progress | None, bool], Dataset]] = {
    "mnist": _load_mnist,
    "pen-strokes": _load_pens,
    "mnist+pen-strokes": _load_both,
    "optical-digits": _load_optical_digits,
}
NAMES = tuple(_LOADERS)
# Training digits, and how many of them have strokes: known without loading, as the content is.
TRAIN_SIZES = {
    "mnist": (60_000, 0),
    "pen-strokes": (PENS, PENS),
    "mnist+pen-strokes": (60_000 + PENS, PENS),
    "optical-digits": (1437, 0),
}


@dataclass(frozen=True)
class About:
    """What a dataset is, in a sentence or two, and how much there is to download."""

    text: str
    megabytes: float = 0.0  # about


ABOUT = {
    "mnist": About(
        "70,000 digits by census workers and pupils, scanned, scaled to fit 20×20 pixels and "
        "centred by mass in 28×28 (LeCun, Cortes, Burges).",
        11,
    ),
    "pen-strokes": About(
        "7,494 digits as 30 people wrote them with a pen on a tablet, here drawn in MNIST's form; "
        "six people are kept for testing (Alpaydin, Alimoglu 1996).",
        1,
    ),
    "mnist+pen-strokes": About(
        "MNIST's training digits and those of 24 people with a pen, to train on; the test digits "
        "are MNIST's.",
        12,
    ),
    "optical-digits": About(
        "1,797 digits, scanned to 8×8 pixels with 17 grey levels and here brought into MNIST's "
        "form; it comes with scikit-learn (Alpaydin, Kaynak 1998).",
    ),
}
# The datasets that are read from a file: by which variable it is found, and its usual name.
FILES = {
    "mnist": ("MNIST_PATH", "mnist.npz"),
    "pen-strokes": ("PENDIGITS_PATH", PENS_FILE),
}


def cache_folder() -> Path:
    """Where Keras keeps downloaded datasets, and so do we."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def find(name: str) -> Path | None:
    """The file or folder that a dataset would be read from, without a download.

    None if there is none; a path named by the environment is returned as it is, whether
    it exists or not, so that a mistake in it is noticed.
    """
    variable, file = FILES[name]
    if given := os.environ.get(variable):
        return Path(given).expanduser()
    cached = cache_folder() / file
    return cached if cached.exists() else None


def at_hand(name: str) -> bool:
    """Whether `load` can read the dataset without a download."""
    paths = [find(part) for part in files_of(name)]
    known = name in _LOADERS or writer_of(name) is not None
    return known and all(path is not None and path.exists() for path in paths)


def files_of(name: str) -> list[str]:
    """The datasets with a file of their own that a dataset is made of."""
    name = "pen-strokes" if writer_of(name) else name
    return [part for part in name.split("+") if part in FILES]


def missing(name: str) -> str:
    """One sentence that says how to get a dataset that is not on this machine."""
    variable, file = FILES[name]
    return (
        f"The dataset {name} is not on this machine: let it be downloaded, or set {variable} "
        f"to your copy of {file}."
    )


def load(name: str, progress: Progress | None = None, fetch: bool = True) -> Dataset:
    """Load a dataset by name, downloading it if it is not on this machine.

    Args:
        name: one of `NAMES`, or `pen-strokes-7` for the digits of that writer alone.
        progress: called with the bytes downloaded so far and in all.
        fetch: whether a dataset that is not on this machine may be downloaded.

    Raises:
        InputError: an unknown name, or a file that is missing, damaged or cannot be had.
    """
    if writer := writer_of(name):
        return of_writer(load("pen-strokes", progress, fetch), writer)
    if name not in _LOADERS:
        raise InputError(
            f"There is no dataset {name!r}: choose one of {', '.join(NAMES)}, or pen-strokes-1 "
            f"to pen-strokes-{WRITERS} for one writer."
        )
    return _LOADERS[name](progress, fetch)


def _read_once(read: Callable[[Path], Any], path: Path) -> Any:
    """Read and verify a file once for as long as it does not change."""
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        stamp = tuple((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files)
    except OSError:
        return read(path)
    return _read_stamped(read, path, stamp)


@functools.lru_cache(maxsize=4)
def _read_stamped(read: Callable[[Path], Any], path: Path, stamp: object) -> Any:
    return read(path)


def scale(images: Images) -> npt.NDArray[np.float32]:
    """uint8 images of 0 to 255 as float32 of 0 to 1."""
    return images.astype(np.float32) / np.float32(255)


def one_hot(labels: Labels) -> npt.NDArray[np.float32]:
    """Labels (n,) as float32 (n, 10) with a one in the label's column."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def split(
    count: int, fraction: float, seed: int | None = None, writers: Writers | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of the training and of the validation samples.

    Args:
        count: of samples in all.
        fraction: for validation, 0 up to but not 1.
        seed: shuffles with this seed before splitting; by default the last samples are
            for validation, as Keras does it.
        writers: of each sample, 0 where unknown. All digits of a known writer go to the
            same side, for digits of one hand are too much alike; at least one writer goes
            to validation.

    Raises:
        InputError: a fraction out of range, or one that leaves a side empty.
    """
    if not 0 <= fraction < 1:
        raise InputError(f"The validation split must be at least 0 and below 1, not {fraction}.")
    random = np.random.default_rng(seed) if seed is not None else None
    writers = np.zeros(count, np.int16) if writers is None else writers
    alone = np.flatnonzero(writers == 0)
    people = np.unique(writers[writers > 0])
    if random is not None:
        random.shuffle(alone)
        random.shuffle(people)
    cut = int(len(alone) * (1 - fraction))
    held_out = people[len(people) - int(np.ceil(len(people) * fraction)) :]
    written = np.flatnonzero(writers > 0)
    validates = np.isin(writers[written], held_out)
    training = np.concatenate([alone[:cut], written[~validates]])
    validation = np.concatenate([alone[cut:], written[validates]])
    if len(training) == 0 or (fraction > 0 and len(validation) == 0):
        raise InputError(
            f"A validation split of {fraction} leaves one side of {count} samples empty: "
            "take more samples or another split."
        )
    return training, validation


def subset(dataset: Dataset, count: int, seed: int) -> Dataset:
    """The dataset with only `count` of its training digits, chosen at random with the seed.

    The chosen ones keep their order; 0, or more than there are, takes all.
    """
    if not 0 < count < len(dataset.x_train):
        return dataset
    chosen = np.sort(np.random.default_rng(seed).permutation(len(dataset.x_train))[:count])
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[chosen],
        y_train=dataset.y_train[chosen],
        strokes_train=[dataset.strokes_train[i] for i in chosen] if dataset.strokes_train else (),
        writers_train=None if dataset.writers_train is None else dataset.writers_train[chosen],
    )


def describe(dataset: Dataset) -> dict[str, Any]:
    """What a data analysis starts with: shapes, class balance, and the range of pixels."""
    return {
        "name": dataset.name,
        "image_shape": dataset.x_train.shape[1:],
        "train_samples": len(dataset.x_train),
        "test_samples": len(dataset.x_test),
        "classes": CLASSES,
        "train_per_class": np.bincount(dataset.y_train, minlength=CLASSES).tolist(),
        "test_per_class": np.bincount(dataset.y_test, minlength=CLASSES).tolist(),
        "pixel_range": (int(dataset.x_train.min()), int(dataset.x_train.max())),
        "pixel_mean": float(dataset.x_train.mean() / 255),
        "pixel_std": float((dataset.x_train / np.float32(255)).std()),
    }
