"""Digits on a plane, those that are alike close together: t-SNE, in a process of its own.

t-SNE (van der Maaten, Hinton 2008) takes ten seconds and more for some thousand digits. It
runs beside the server at a low priority, says how far it is, and leaves its result in a
file, so that nobody waits twice.

    python -m mnist_core.datasets.embedding IMAGES.npy POINTS.npy
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

from mnist_core import datasets
from mnist_core.datasets import Images
from mnist_core.datasets.analysis import principal_components
from mnist_core.errors import InputError
from mnist_core.files import written_whole

ITERATIONS = 750
COMPONENTS = 50  # principal components that t-SNE starts from, as its authors advise
VERSION = 1  # of what is kept: another number and all is computed anew

Points = npt.NDArray[np.float32]


def tsne(images: Images, seed: int = 0) -> Points:
    """Place images on a plane, float32 (n, 2); what t-SNE says goes to standard output."""
    from sklearn.manifold import TSNE

    rows = principal_components(images, COMPONENTS)
    model = TSNE(
        perplexity=min(30.0, (len(images) - 1) / 3),
        init="pca",
        max_iter=ITERATIONS,
        random_state=seed,
        verbose=2,
    )
    return model.fit_transform(rows).astype(np.float32)


class Embedding:
    """A t-SNE under way or done. `share` goes from 0 to 1; then there are points or an error."""

    def __init__(self, images: Images) -> None:
        self.points: Points | None = None
        self.error: str | None = None
        self.share = 0.0
        self._started = time.monotonic()
        self._images = images
        digest = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()[:16]
        self.path = datasets.cache_folder() / f"tsne-{VERSION}-{digest}.npy"
        if not self._read():
            threading.Thread(target=self._run, name="t-SNE", daemon=True).start()

    @property
    def done(self) -> bool:
        return self.points is not None or self.error is not None

    @property
    def seconds_left(self) -> float | None:
        """As if it went on as until now; None while nothing can be said."""
        if not 0.05 < self.share < 1:
            return None
        return (time.monotonic() - self._started) * (1 - self.share) / self.share

    def _read(self) -> bool:
        try:
            points = np.load(self.path, allow_pickle=False)
        except Exception:  # missing or damaged: it is computed again
            return False
        if points.shape != (len(self._images), 2) or not np.isfinite(points).all():
            return False
        self.points, self.share = points, 1.0
        return True

    def _run(self) -> None:
        try:
            with written_whole(self.path) as beside:
                given = beside.with_suffix(".images.npy")
                try:
                    np.save(given, self._images)
                    self._watch(given, beside)
                finally:
                    given.unlink(missing_ok=True)
            if not self._read():
                raise InputError("t-SNE came to no result: try again.")
        except InputError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"t-SNE failed ({error}): try again."

    def _watch(self, given: Path, result: Path) -> None:
        command = [
            sys.executable,
            "-u",
            "-m",
            "mnist_core.datasets.embedding",
            str(given),
            str(result),
        ]
        root = Path(__file__).resolve().parents[2]
        path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        ) as process:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said = line.strip() or said
                if found := re.search(r"Iteration (\d+)", line):
                    # The neighbours, which come first, take about a tenth of the time.
                    self.share = 0.1 + 0.9 * min(1.0, int(found[1]) / ITERATIONS)
        if process.returncode:
            raise InputError(f"t-SNE failed ({said[:200]}): try again.")


def main(argv: list[str]) -> None:
    given, result = argv
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(10)  # whoever draws comes first
    np.save(result, tsne(np.load(given, allow_pickle=False)))


if __name__ == "__main__":
    main(sys.argv[1:])
