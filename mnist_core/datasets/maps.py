"""Makes the maps that come with the program, for every dataset that is on this machine.

python -m mnist_core.datasets.maps

A map is coordinates and nothing else, float16 (n, 2); its file is named after a checksum of the
digits that it was made of, so that it is only ever shown with them.
"""

from __future__ import annotations

import sys

import numpy as np

from mnist_core import datasets
from mnist_core.datasets import embedding
from mnist_core.datasets.embedder import tsne
from mnist_core.files import written_whole


def main() -> int:
    """Make the maps that are missing."""
    embedding.SHIPPED.mkdir(exist_ok=True)
    for name in filter(datasets.at_hand, datasets.NAMES):
        dataset = datasets.load(name, fetch=False)
        images = dataset.x_train[embedding.mapped(dataset)]
        path = embedding.SHIPPED / embedding.place(images).name
        if not path.exists():
            with written_whole(path) as beside, beside.open("wb") as file:
                np.save(file, tsne(images).astype(np.float16))
        print(f"{name}: {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
