"""The files that datasets are read from: where they lie, downloaded once, read once."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnist_core.errors import InputError
from mnist_core.files import Progress, download


def cache_folder() -> Path:
    """Where Keras keeps downloaded datasets, and so do we."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


@dataclass(frozen=True)
class DataFile:
    """The file that a dataset is read from."""

    dataset: str
    variable: str  # of the environment, that says where the file is
    name: str  # that it usually has
    url: str
    verify: Callable[[Path], object]  # raises InputError if it is given another file
    decode: Callable[[bytes], bytes] | None = None  # unpacks what is downloaded
    others: tuple[str, ...] = ()  # names of files in other forms, which are read as well
    pack: Callable[[Path], bytes] | None = None  # makes one file of a folder

    def find(self) -> Path | None:
        """The file or folder that would be read, without a download.

        None if there is none; a path named by the environment is returned as it is, whether
        it exists or not, so that a mistake in it is noticed.
        """
        if given := os.environ.get(self.variable):
            return Path(given).expanduser()
        cached = (cache_folder() / name for name in (self.name, *self.others))
        return next((path for path in cached if path.exists()), None)

    def content(self, path: Path) -> bytes | None:
        """What is read from a path that was found, as the content of one file.

        None if that takes several files which nothing packs.

        Raises:
            InputError: the folder is no such dataset.
        """
        for file in (path, *(path / name for name in (self.name, *self.others))):
            if file.is_file():
                return file.read_bytes()
        return self.pack(path) if self.pack else None

    def missing(self) -> str:
        """One sentence that says how to get the file if it is not on this machine."""
        return (
            f"The dataset {self.dataset} is not on this machine: let it be downloaded, or set "
            f"{self.variable} to your copy of {self.name}."
        )

    def fetch(self, progress: Progress | None, allowed: bool) -> Path:
        """The file's path; it is downloaded if it is not there and that is allowed.

        Raises:
            InputError: it is not there and cannot be had.
        """
        path = self.find()
        if path is None:
            if not allowed:
                raise InputError(self.missing())
            path = cache_folder() / self.name
            download(self.url, path, self.verify, progress, self.decode)
        return path


def read_once(read: Callable[[Path], Any], path: Path) -> Any:
    """Read and verify a file once for as long as it does not change."""
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        stamp = tuple((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files)
    except OSError:
        return read(path)
    return _read_stamped(read, path, stamp)


@functools.lru_cache(maxsize=6)
def _read_stamped(read: Callable[[Path], Any], path: Path, stamp: object) -> Any:
    return read(path)
