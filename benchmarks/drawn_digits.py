"""How well networks read what people draw, and what a drawing's form has to do with it.

Pen strokes of the six writers that no network here was trained on are replayed on a
canvas of 280×280 pixels under several conditions. The canvas becomes 28×28 either by a
plain resize, as most demonstrations do it, or by MNIST's normalisation.
"""

import argparse
import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from common import need, print_table
from mnist_core import datasets, drawing, predictor, recipes, runs

CANVAS = 280  # pixels

# Test digits that come as images in MNIST's form, or are drawn by their dataset.
OTHERS = {
    "mnist": "MNIST's test images",
    "uji-pen": "Spanish writers held out (UJI)",
    "swiss-digits": "Swiss writers held out, as scanned",
}


@dataclass(frozen=True)
class Condition:
    """How a digit is drawn: its longer side and the brush in pixels, its turn and slant."""

    name: str
    side: float = 200
    brush: float = 18
    corner: bool = False  # in one of the four corners in turn, else in the middle
    rotation: float = 0  # degrees, clockwise
    slant: float = 0  # sideways, as a share of the height


CONDITIONS = (
    Condition("as drawn, brush 18"),
    Condition("brush 10", brush=10),
    Condition("brush 28", brush=28),
    Condition("small in a corner", side=70, corner=True),
    Condition("filling the canvas", side=276),
    Condition("turned by 15°", rotation=15),
    Condition("turned by −15°", rotation=-15),
    Condition("slanted", slant=0.4),
)


def place(strokes: datasets.Strokes, condition: Condition, index: int) -> list[np.ndarray]:
    """A digit's strokes in pixels of the canvas; `index` chooses the corner."""
    points = np.concatenate(list(strokes))
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    angle = np.radians(condition.rotation)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    change = turn @ np.array([[1.0, 0.0], [-condition.slant, 1.0]])
    paths = [(path - middle) @ change for path in strokes]
    points = np.concatenate(paths)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = (condition.side - condition.brush) / max(size.max(), 1e-9)
    room = CANVAS - (size * scale + condition.brush)
    corner = np.array([(0, 0), (1, 0), (0, 1), (1, 1)][index % 4]) if condition.corner else 0.5
    offset = room * (0.03 + 0.94 * corner) + condition.brush / 2
    return [(path - low) * scale + offset for path in paths]


def plain_resize(canvas: np.ndarray) -> np.ndarray:
    """What most demonstrations do: the whole canvas made 28×28."""
    small = Image.fromarray(canvas).resize((28, 28), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


def keras_example(folder: str) -> predictor.Predictor:
    """The convolutional network of Keras' example `mnist_convnet`, trained here on MNIST.

    It is read from that folder as long as it is used.
    """
    import os

    from mnist_core.training import training_run

    os.environ["MODELS_DIR"] = folder
    run = training_run.train(recipes.get("keras-convnet"), datasets.load("mnist"), seed=0)
    return predictor.load(run)


def canvases(condition: Condition, digits: Sequence[datasets.Strokes]) -> list[np.ndarray]:
    return [
        drawing.render(place(strokes, condition, index), (CANVAS, CANVAS), condition.brush)
        for index, strokes in enumerate(digits)
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--run", help="instead of the default run")
    run = options.parse_args().run
    need("mnist")
    need("pen-strokes")
    with tempfile.TemporaryDirectory() as folder:
        compare(predictor.load(run), keras_example(folder))


def compare(best: predictor.Predictor, convnet: predictor.Predictor) -> None:
    pens = datasets.load("pen-strokes")
    ann = predictor.load(runs.SHIPPED_DIR / "report-ann")
    assert best.run is not None
    form: Callable[[np.ndarray], np.ndarray] = drawing.from_image
    columns = [
        ("report ANN, plain resize", ann, plain_resize),
        ("Keras' example, plain resize", convnet, plain_resize),
        ("Keras' example, MNIST's form", convnet, form),
        (f"{best.run.name}, MNIST's form", best, form),
    ]
    rows = []
    for condition in CONDITIONS:
        drawn = canvases(condition, pens.strokes_test)
        row = [condition.name]
        for _, reader, bring in columns:
            images = np.stack([bring(canvas) for canvas in drawn])
            row.append(f"{(reader.predict(images).argmax(1) == pens.y_test).mean():.1%}")
        rows.append(row)
    images = np.stack(
        [drawing.from_strokes(strokes, 18) for strokes in scaled_to(pens.strokes_test, 200)]
    )
    right = (best.predict(images).argmax(1) == pens.y_test).mean()
    rows.append(["as the page reads strokes", "", "", "", f"{right:.1%}"])
    readers = [reader for _, reader, _ in columns]
    for name, words in OTHERS.items():
        if datasets.at_hand(name):
            rows.append(as_they_are(words, datasets.load(name), readers))
    print(f"{len(pens.y_test):,} digits of {len(datasets.TEST_WRITERS)} writers held out\n")
    print_table(["condition", *(name for name, _, _ in columns)], rows)


def as_they_are(
    words: str, dataset: datasets.Dataset, readers: Sequence[predictor.Predictor]
) -> list[str]:
    """A row with each network's accuracy on a dataset's own test images."""
    images, labels = datasets.scale(dataset.x_test), dataset.y_test
    right = [(reader.predict(images).argmax(1) == labels).mean() for reader in readers]
    return [words, *(f"{share:.2%}" for share in right)]


def scaled_to(digits: Sequence[datasets.Strokes], side: float) -> list[list[np.ndarray]]:
    """The digits as drawn on a canvas with a longer side of `side` pixels."""
    condition = dataclasses.replace(CONDITIONS[0], side=side)
    return [place(strokes, condition, 0) for strokes in digits]


if __name__ == "__main__":
    main()
