"""One image in, ten probabilities out: how long Keras takes, and how long we take.

All in one process, on the same network and the same image: the median of many calls.
"""

from functools import partial

import numpy as np

from common import median_seconds, print_table
from mnist_core import drawing, predictor, runs
from mnist_core.networks import keras_predictor


def main() -> None:
    seven = [np.array([[0, 0], [60, 0], [20, 100]], float)]
    image = drawing.from_strokes(seven)[None]
    rows = []
    for name in runs.SHIPPED:
        reader = predictor.load(runs.SHIPPED_DIR / name)
        model = keras_predictor.load_model(runs.read(runs.SHIPPED_DIR / name))
        keras_predict = median_seconds(partial(model.predict, image, verbose=0), 100)
        keras_call = median_seconds(partial(model, image), 300)
        ours = median_seconds(partial(reader.predict, image), 1000)
        rows.append(
            [
                name,
                f"{keras_predict * 1e3:.2f} ms",
                f"{keras_call * 1e3:.2f} ms",
                f"{ours * 1e3:.2f} ms",
                f"{keras_predict / ours:.0f}",
            ]
        )
    print_table(
        ["run", "`model.predict`", "`model(x)`", "`Predictor.predict`", "times as fast"], rows
    )
    pixels = drawing.render([path * 1.6 + 60 for path in seven], (280, 280), 18)
    form = median_seconds(lambda: drawing.from_image(pixels), 500)
    strokes = median_seconds(lambda: drawing.from_strokes(seven), 500)
    print(
        f"\nInto MNIST's form before that: {form * 1e3:.2f} ms from 280×280 pixels, "
        f"{strokes * 1e3:.2f} ms from strokes."
    )


if __name__ == "__main__":
    main()
