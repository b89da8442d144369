"""How many numbers of two to six digits are read wholly right.

Each number is put together from digits of one held-out writer, side by side with gaps and
sizes that vary as a hand's do, and given to the program as bare strokes.
"""

import numpy as np

from common import need, print_table
from mnist_core import datasets, drawing, predictor
from mnist_core.drawing import segmentation

COUNT = 400  # numbers of each length


def compose(digits: list[datasets.Strokes], random: np.random.Generator) -> list[np.ndarray]:
    """The strokes of digits written side by side, each about 100 units high."""
    strokes, right = [], 0.0
    for digit in digits:
        points = np.concatenate(list(digit))
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        scale = 100 * random.uniform(0.8, 1.2) / max(size.max(), 1e-9)
        offset = np.array([right, random.uniform(-10, 10) - size[1] * scale])
        strokes += [(path - low) * scale + offset for path in digit]
        right += size[0] * scale + random.uniform(12, 40)
    return strokes


def main() -> None:
    need("pen-strokes")
    pens = datasets.load("pen-strokes")
    assert pens.writers_test is not None
    reader = predictor.load()
    random = np.random.default_rng(0)
    rows, total, counted = [], 0, 0
    for length in range(2, 7):
        wholly = segmented = 0
        for _ in range(COUNT):
            writer = random.choice(datasets.TEST_WRITERS)
            chosen = random.choice(np.flatnonzero(pens.writers_test == writer), length)
            strokes = compose([pens.strokes_test[i] for i in chosen], random)
            groups = segmentation.segment(strokes)
            segmented += len(groups) == length
            images = [drawing.from_strokes([strokes[i] for i in group], 9) for group in groups]
            read = reader.predict(np.stack(images)).argmax(axis=1)
            wholly += read.tolist() == pens.y_test[chosen].tolist()
        rows.append([str(length), f"{segmented / COUNT:.1%}", f"{wholly / COUNT:.1%}"])
        total, counted = total + wholly, counted + COUNT
    rows.append(["all", "", f"{total / counted:.1%}"])
    print_table(["digits", "segmented rightly", "read wholly right"], rows)


if __name__ == "__main__":
    main()
