"""What a run's network was after each epoch, to look back at how it learned.

    epochs/0000.bin   before the first epoch
    epochs/0001.bin   after it, and so on: half precision, as `networks.browser` packs a network

At most `MOST_EPOCHS` of them are kept, evenly spread, and the last one.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from mnist_core.files import read_bounded, written_whole
from mnist_core.runs.directory import Run

EPOCHS = "epochs"  # the folder, within a run directory
MOST_EPOCHS = 40
LARGEST_EPOCH = 20_000_000  # bytes of a file


def keep_epoch(path: Path, number: int, content: bytes) -> None:
    """Keep a network as it is after an epoch, and fewer of those before it if they are too many.

    Args:
        path: the run directory.
        number: of the epoch, from 1; 0 before the first.

    Raises:
        InputError: it cannot be written.
    """
    folder = path / EPOCHS
    with contextlib.suppress(OSError):  # a run that was deleted stays deleted
        folder.mkdir()
    with written_whole(folder / f"{number:04d}.bin", make_folder=False) as beside:
        beside.write_bytes(content)
    kept = _files(path)
    first, second, *more = [*kept, number, number]
    step = max(1, second - first) if more[2:] else 1  # as it was thinned before
    while sum(n % step == 0 or n == number for n in kept) > MOST_EPOCHS:
        step *= 2
    for other, file in kept.items():
        if other % step and other != number:
            file.unlink(missing_ok=True)


def forget_epochs(path: Path) -> None:
    """Take away what was kept in a run directory: it is trained anew."""
    shutil.rmtree(path / EPOCHS, ignore_errors=True)


def kept_epochs(run: Run) -> list[tuple[int, Path]]:
    """The epochs after which the network was kept, from the first, each with its file."""
    return list(_files(run.path).items())


def read_epoch(file: Path) -> bytes:
    """The content of such a file.

    Raises:
        OSError: it is gone, or no plain file, or far too large.
    """
    return read_bounded(file, LARGEST_EPOCH)


def _files(path: Path) -> dict[int, Path]:
    found = {}
    with contextlib.suppress(OSError):
        for file in sorted((path / EPOCHS).iterdir()):
            if file.suffix == ".bin" and file.stem.isdecimal() and len(file.stem) < 8:
                found[int(file.stem)] = file
    return found
