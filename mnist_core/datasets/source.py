"""What a dataset tells the registry of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mnist_core.datasets.cache import DataFile
from mnist_core.datasets.dataset import Dataset
from mnist_core.files import Progress

Load = Callable[[Progress | None, bool], Dataset]


@dataclass(frozen=True)
class About:
    """What a dataset is, in a sentence or two, and how much there is to download."""

    text: str
    megabytes: float = 0.0  # about


@dataclass(frozen=True)
class Source:
    """A dataset that can be loaded by its name."""

    name: str
    about: About
    load: Load  # called with whom to tell of a download, and whether there may be one
    # Training digits, and how many of them have strokes: known without loading, as the content
    # is. None: known only once it is loaded.
    size: tuple[int, int] | None = None
    file: DataFile | None = None  # None: it needs none, or those of its parts
    parts: tuple[Source, ...] = ()  # of which it is made

    @property
    def files(self) -> list[DataFile]:
        """The files that it is read from."""
        own = [self.file] if self.file else []
        return own + [file for part in self.parts for file in part.files]


@dataclass(frozen=True)
class Family:
    """Datasets whose names share their beginning, one for each writer, class or hand."""

    names: str  # which there are, for whoever gave a name that is none
    source: Callable[[str], Source | None]  # the dataset of a name; None: it is not of this family
