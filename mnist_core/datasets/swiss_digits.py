"""Swiss digits: what 21 people, most of them Swiss, wrote into boxes on paper, scanned."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mnist_core import drawing
from mnist_core.datasets.cache import DataFile, read_once
from mnist_core.datasets.dataset import CLASSES, Dataset, Images, Labels, Writers
from mnist_core.datasets.source import About, Source
from mnist_core.errors import InputError
from mnist_core.files import Progress

ARCHIVE = "swiss-digits.zip"
SCANS_FILE = "swiss28.npz"  # the scans in MNIST's form
SWISS_WRITERS = 21
SWISS_TEST_WRITERS = (4, 8, 12, 16, 20)  # kept for testing and never trained on
TRAIN_DIGITS = 9225
LEAST = 20  # of each digit by each writer, or a copy is not whole
# A scan in the archive: the writer's folder, the digit, the file.
_SCAN = re.compile(r"(?:^|/)(00\d\d_[A-Z0-9]{4})/([0-9])/([^/]+\.png)$")

# Left out. They were found among the digits that networks, trained without that writer, read
# otherwise than labelled and at high confidence, and among those with the least ink; each was
# then looked at beside its scan.
LEFT_OUT = {
    "no ink is left in MNIST's form": (
        "0019_US5M/1/number-244.png",
        "0019_US5M/1/number-245.png",
    ),
    "another digit than its folder says": (
        "0002_CH5M/5/number-459.png",  # a 4
        "0004_CH4M/8/number-411.png",  # a 6
        "0006_CH4M/3/number-205.png",  # an 8
        "0006_CH4M/3/number-545.png",  # an 8
        "0006_CH4M/5/number-92.png",  # a 3
        "0007_CH3M/8/number-519.png",  # a 5
        "0014_CH3F/6/number-344.png",  # a 7
        "0015_CH2M/7/number-27.png",  # a 2
        "0017_CH4M/1/number-599.png",  # a 7
        "0017_CH4M/7/number-579.png",  # a 2
        "0017_CH4M/8/number-233.png",  # a 9
        "0002_CH5M/9/number-19.png",  # a 0
    ),
    "cut off, so that nobody can tell": (
        "0003_CH3M/3/number-177.png",
        "0004_CH4M/7/number-468.png",
        "0006_CH4M/8/number-481.png",
        "0007_CH3M/6/number-542.png",
        "0008_CH3F/4/number-274.png",
        "0009_CH4M/0/number-521.png",
        "0009_CH4M/5/number-197.png",
        "0013_CH3M/0/number-324.png",
        "0013_CH3M/0/number-454.png",
        "0013_CH3M/7/number-215.png",
    ),
}
_OMITTED = frozenset(name for names in LEFT_OUT.values() for name in names)


class Scans(NamedTuple):
    """Digits of several writers in MNIST's form."""

    images: Images  # (n, 28, 28)
    labels: Labels
    writers: Writers


def read_swiss(path: Path) -> Scans:
    """Read and verify the digits, without those of `LEFT_OUT`.

    A. Schroeder and others, "Handwritten Numbers", github.com/kensanata/numbers, 2017, in the
    public domain (CC0 1.0).

    Args:
        path: `swiss28.npz`, the repository's archive (zip) or its unpacked folder, or a folder
            with one of these files.

    Raises:
        InputError: the file or folder is missing, damaged or another one.
    """
    try:
        named = [path / name for name in (SCANS_FILE, ARCHIVE)] if path.is_dir() else [path]
        file = next((one for one in named if one.is_file()), None)
        if file is not None and not _is_archive(file):
            return _chosen(*_packed(file))
        scans = list(_archived(file) if file else _unpacked(path))
        verify_names([name for name, _ in scans], path)
        images = [_form(content) for _, content in scans]
    except InputError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(_another(path)) from error
    return _chosen(np.stack(images), [name for name, _ in scans])


def _another(path: Path) -> str:
    return (
        f"{path} holds no whole copy of the Swiss digits: set SWISS_DIGITS_PATH to {SCANS_FILE} "
        "or to the folder or archive of github.com/kensanata/numbers."
    )


def _is_archive(file: Path) -> bool:
    """Whether a zip file holds scans; an npz is a zip file of arrays."""
    with zipfile.ZipFile(file) as packed:
        return not any(name.endswith(".npy") for name in packed.namelist())


def _packed(file: Path) -> tuple[Images, list[str]]:
    """The arrays of an npz: images x, labels y, and where each lies in the archive."""
    with np.load(file, allow_pickle=False) as arrays:
        images, labels = arrays["x"], arrays["y"]
        folders, files = arrays["writer"], arrays["fname"]
    if images.dtype != np.uint8 or images.shape != (len(labels), drawing.SIDE, drawing.SIDE):
        raise ValueError
    names = [f"{w}/{d}/{f}" for w, d, f in zip(folders, labels, files, strict=True)]
    verify_names(names, file)
    return images, names


def _archived(file: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as packed:
        for name in sorted(packed.namelist()):
            if found := _scan_name(name):
                yield found, packed.read(name)


def _unpacked(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*.png")):
        if found := _scan_name(PurePosixPath(file.relative_to(folder)).as_posix()):
            yield found, file.read_bytes()


def _scan_name(name: str) -> str | None:
    """`0001_CH4M/7/number-3.png` of a path that ends so; None of any other, or a later writer's."""
    found = _SCAN.search(name)
    if not found or not 1 <= int(found[1][:4]) <= SWISS_WRITERS:
        return None
    return "/".join(found.groups())


def verify_names(names: list[str], path: Path) -> None:
    """Whether all 21 writers are there with all ten digits.

    Raises:
        InputError: they are not.
    """
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for name in names:
        folder, digit, _ = name.split("/")
        counts[folder[:4], digit] += 1
    if len(counts) != SWISS_WRITERS * CLASSES or min(counts.values()) < LEAST:
        raise InputError(_another(path))


def _form(content: bytes) -> npt.NDArray[np.uint8]:
    ink = drawing.from_image(drawing.read_image(content))
    return np.round(ink * 255).astype(np.uint8)


def _chosen(images: Images, names: list[str]) -> Scans:
    """What is not left out."""
    kept = [index for index, name in enumerate(names) if name not in _OMITTED]
    writers = np.array([int(names[index][:4]) for index in kept], np.int16)
    labels = np.array([int(names[index].split("/")[1]) for index in kept], np.uint8)
    return Scans(images[kept], labels, writers)


def verify_archive(file: Path) -> None:
    """Whether a file is the repository's archive, without drawing its digits.

    Raises:
        InputError: it is not.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            names = [found for name in packed.namelist() if (found := _scan_name(name))]
            if packed.testzip() is not None:
                raise InputError(_another(file))
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(_another(file)) from error
    verify_names(names, file)


def pack(path: Path) -> bytes:
    """The digits, wherever they lie, as one file that `read_swiss` takes."""
    scans = read_swiss(path)
    folders = np.array([f"{writer:04}_CHXX" for writer in scans.writers])
    files = np.array([f"number-{index}.png" for index in range(len(scans.labels))])
    content = io.BytesIO()
    np.savez_compressed(content, x=scans.images, y=scans.labels, writer=folders, fname=files)
    return content.getvalue()


def _swiss_dataset(path: Path) -> Dataset:
    scans = read_swiss(path)
    tests = np.isin(scans.writers, SWISS_TEST_WRITERS)
    order = np.argsort(scans.writers, kind="stable")
    train, test = order[~tests[order]], order[tests[order]]
    return Dataset(
        "swiss-digits",
        scans.images[train],
        scans.labels[train],
        scans.images[test],
        scans.labels[test],
        str(path),
        writers_train=scans.writers[train],
        writers_test=scans.writers[test],
    )


def load(progress: Progress | None, fetch: bool) -> Dataset:
    return read_once(_swiss_dataset, FILE.fetch(progress, fetch))


FILE = DataFile(
    "swiss-digits",
    "SWISS_DIGITS_PATH",
    ARCHIVE,
    "https://github.com/kensanata/numbers/archive/61220a7a8e9c88cd697d5dc8bec8c34383701043.zip",
    verify_archive,
    others=(SCANS_FILE,),
    pack=pack,
)
SOURCE = Source(
    "swiss-digits",
    About(
        "12,197 digits that 21 people, most of them Swiss, wrote into boxes on paper, scanned: "
        "ones with a long upstroke, crossed sevens; five people are kept for testing "
        "(kensanata/numbers 2017, public domain).",
        20,
    ),
    load,
    size=(TRAIN_DIGITS, 0),
    file=FILE,
)
