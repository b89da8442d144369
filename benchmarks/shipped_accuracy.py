"""Whether the shipped runs still read MNIST's test digits as when they were trained.

Each reads all 10,000 with LiteRT, as the server does; its accuracy has to be the one that its
`run.json` says, to the digit. They were trained and measured with Keras.
"""

from __future__ import annotations

import sys
import time

from common import need, print_table
from mnist_core import datasets, evaluation, predictor, runs


def main() -> int:
    need("mnist")
    mnist = datasets.load("mnist")
    images = datasets.scale(mnist.x_test)
    rows, different = [], 0
    for name in runs.SHIPPED:
        reader = predictor.load(runs.SHIPPED_DIR / name)
        begun = time.perf_counter()
        accuracy = evaluation.accuracy(reader.predict(images), mnist.y_test)
        seconds = time.perf_counter() - begun
        said = runs.read(runs.SHIPPED_DIR / name).metrics.test_accuracy
        same = said is not None and round(accuracy * len(images)) == round(said * len(images))
        different += not same
        rows.append([name, f"{said:.4f}", f"{accuracy:.4f}", f"{seconds:.1f} s"])
    print_table(["run", "its `run.json`", "read now", "time"], rows)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
