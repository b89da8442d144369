"""Datasets: found, verified, loaded, split, described.

`load` gives one by its name. Each source is a file of its own, and the registry lists them.
What a dataset holds is analysed in `datasets.analysis`, laid out on a plane in
`datasets.embedding`.
"""

from mnist_core.datasets.cache import cache_folder
from mnist_core.datasets.classes import is_held_out
from mnist_core.datasets.dataset import (
    CLASSES,
    Dataset,
    Images,
    Labels,
    Strokes,
    Writers,
    describe,
    one_hot,
    scale,
)
from mnist_core.datasets.mnist import MNIST_ARRAYS, read_mnist
from mnist_core.datasets.pen_strokes import (
    PENS_FILE,
    TEST_WRITERS,
    parse_unipen,
    pens_test,
    writer_of,
)
from mnist_core.datasets.registry import (
    ABOUT,
    FILES,
    NAMES,
    TRAIN_SIZES,
    at_hand,
    content,
    files_of,
    find,
    load,
    missing,
)
from mnist_core.datasets.splitting import split, subset
from mnist_core.datasets.swiss_digits import SWISS_TEST_WRITERS
from mnist_core.datasets.uji_pen import UJI_TEST_WRITERS

__all__ = [
    "ABOUT",
    "CLASSES",
    "FILES",
    "MNIST_ARRAYS",
    "NAMES",
    "PENS_FILE",
    "SWISS_TEST_WRITERS",
    "TEST_WRITERS",
    "TRAIN_SIZES",
    "UJI_TEST_WRITERS",
    "Dataset",
    "Images",
    "Labels",
    "Strokes",
    "Writers",
    "at_hand",
    "cache_folder",
    "content",
    "describe",
    "files_of",
    "find",
    "is_held_out",
    "load",
    "missing",
    "one_hot",
    "parse_unipen",
    "pens_test",
    "read_mnist",
    "scale",
    "split",
    "subset",
    "writer_of",
]
