"""The process that computes a t-SNE.

python -m mnist_core.datasets.embedder IMAGES.npy POINTS.npy
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_core import background
from mnist_core.background import WORKING, Job
from mnist_core.datasets import Images
from mnist_core.datasets.analysis import principal_components
from mnist_core.datasets.embedding import Points
from mnist_core.errors import InputError
from mnist_core.files import written_whole

ITERATIONS = 750
COMPONENTS = 50  # principal components that t-SNE starts from, as its authors advise
NEIGHBOURS_SHARE = 0.1  # of the time, roughly, goes into finding neighbours, which comes first


def tsne(
    images: Images, seed: int = 0, on_share: Callable[[float], None] = lambda _: None
) -> Points:
    """Place images uint8 (n, 28, 28) on a plane, float32 (n, 2).

    Args:
        on_share: called with the share that is done, 0 to 1.
    """
    from sklearn.manifold import TSNE

    rows = principal_components(images, COMPONENTS)
    model = TSNE(
        perplexity=min(30.0, (len(images) - 1) / 3),
        init="pca",
        max_iter=ITERATIONS,
        random_state=seed,
        verbose=2,
    )
    with contextlib.redirect_stdout(_Listener(on_share)):  # it says how far it is nowhere else
        return model.fit_transform(rows).astype(np.float32)


class _Listener(io.TextIOBase):
    """Hears the number of the iteration in what t-SNE prints."""

    def __init__(self, on_share: Callable[[float], None]) -> None:
        super().__init__()
        self._on_share = on_share

    def write(self, text: str) -> int:
        if found := re.search(r"Iteration (\d+)", text):
            done = min(1.0, int(found[1]) / ITERATIONS)
            self._on_share(NEIGHBOURS_SHARE + (1 - NEIGHBOURS_SHARE) * done)
        return len(text)


def main(arguments: list[str]) -> int:
    """The process."""
    given, result = map(Path, arguments)
    background.lower_priority()
    job = Job.named(result.parent, result.stem)
    try:
        with job.at_work() as note:
            note(WORKING, 0, 1)
            images = np.load(given, allow_pickle=False)
            given.unlink(missing_ok=True)
            points = tsne(images, on_share=lambda share: note(WORKING, share, 1))
            with written_whole(result) as beside, beside.open("wb") as file:
                np.save(file, points)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
