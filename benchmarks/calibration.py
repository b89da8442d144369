"""Whether the network is as often right as it says, and unsure of what is no digit.

Digits: test images of MNIST and of the writers who are held out of the other datasets; the pen
strokes of held-out writers on a canvas under the conditions of `drawn_digits.py`. Other things:
letters of several fonts (those that come with Streamlit), and drawings that are made here, by other
rules than those the network was trained with.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import streamlit
from drawn_digits import CANVAS, CONDITIONS, OTHERS, canvases, place
from PIL import Image, ImageDraw, ImageFont

from common import need, print_table
from mnist_core import datasets, drawing, evaluation, predictor

FONTS = (
    "SourceSansVF-Upright",
    "SourceSerifVariable-Italic",
    "KaTeX_Typewriter-Regular",
    "KaTeX_Math-Italic",
    "KaTeX_SansSerif-Bold",
)
# Left out: O and o, I, i and l, Z and z, S and s, B and b, G and g, q, which are also ways of
# writing a digit.
LETTERS = "ACDEFHJKLMNPQRTUVWXYacdefhkmnprtuvwxy"


def letters() -> Iterator[np.ndarray]:
    fonts = Path(streamlit.__file__).parent / "static" / "static" / "media"
    for name in FONTS:
        path = next(fonts.glob(f"{name}*"))
        font = ImageFont.truetype(str(path), 180)
        for letter in LETTERS:
            image = Image.new("L", (CANVAS, CANVAS))
            ImageDraw.Draw(image).text((140, 140), letter, 255, font, anchor="mm")
            yield np.asarray(image)


def random_strokes(count: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Curves of a few slow waves, one to four a drawing, with a brush of 8 to 30."""
    t = np.linspace(0, 1, 80)[:, None, None]
    for _ in range(count):
        strokes = []
        for _ in range(random.integers(1, 5)):
            waves = np.arange(1, 6)[None, :, None]
            size = random.normal(0, 1, (1, 5, 2)) / waves**0.7
            path = (size * np.sin(np.pi * waves * t + random.uniform(0, 6, (1, 5, 2)))).sum(1)
            strokes.append(140 + 60 * path / np.abs(path).max() + random.uniform(-50, 50, 2))
        yield drawing.render(strokes, (CANVAS, CANVAS), random.uniform(8, 30))


def back_and_forth(count: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """What a hand does that blackens a patch."""
    for _ in range(count):
        turns = random.integers(8, 25)
        x = np.linspace(60, random.uniform(150, 230), turns) + random.normal(0, 6, turns)
        y = np.where(np.arange(turns) % 2, random.uniform(60, 110), random.uniform(160, 230))
        path = np.stack([x, y + random.normal(0, 10, turns)], 1)
        yield drawing.render([path], (CANVAS, CANVAS), random.uniform(8, 30))


def dots(random: np.random.Generator) -> Iterator[np.ndarray]:
    for brush in range(6, 66, 2):
        yield drawing.render([random.uniform(60, 220, (1, 2))], (CANVAS, CANVAS), brush)


def faces(random: np.random.Generator) -> Iterator[np.ndarray]:
    angle = np.linspace(0, 2 * np.pi, 50)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    for _ in range(40):
        size, brush = random.uniform(60, 110), random.uniform(8, 22)
        eye = random.uniform(0.25, 0.4)
        mouth = np.linspace(0.3, np.pi - 0.3, 20)
        smile = np.stack([np.cos(mouth) * 0.55, 0.2 + random.uniform(-0.4, 0.4) * np.sin(mouth)], 1)
        parts = [ring, [[-eye, -0.3]], [[eye, -0.3]], smile]
        yield drawing.render([140 + size * np.asarray(p) for p in parts], (CANVAS, CANVAS), brush)


def pairs(
    digits: list[datasets.Strokes], count: int, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """Two digits of held-out writers side by side."""
    for _ in range(count):
        strokes: list[np.ndarray] = []
        for index, corner in zip(random.integers(0, len(digits), 2), (0, 1), strict=True):
            one = place(digits[index], CONDITIONS[0], 0)
            points = np.concatenate(one)
            high = np.ptp(points, axis=0).max()
            low = points.min(axis=0)
            strokes += [(path - low) / high * 110 + (20 + 130 * corner, 80) for path in one]
        yield drawing.render(strokes, (CANVAS, CANVAS), 12)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--run", help="instead of the default run")
    need("mnist")
    need("pen-strokes")
    pens = datasets.load("pen-strokes")
    reader = predictor.load(options.parse_args().run)
    assert reader.run is not None
    threshold = reader.run.confidence_threshold
    rows = []

    def digits(name: str, images: np.ndarray, labels: np.ndarray) -> None:
        given = reader.predict(images)
        answered = given.max(axis=1) >= threshold
        right = (given.argmax(axis=1) == labels)[answered].mean()
        error = evaluation.calibration_error(given, labels)
        rows.append(
            [name, f"{len(labels):,}", f"{error:.2%}", f"{answered.mean():.1%}", f"{right:.2%}"]
        )

    for name, words in OTHERS.items():
        if datasets.at_hand(name):
            found = datasets.load(name)
            digits(words, datasets.scale(found.x_test), found.y_test)
    drawn = np.stack([drawing.from_strokes(strokes) for strokes in pens.strokes_test])
    digits("held-out writers, as the page reads strokes", drawn, pens.y_test)
    for condition in CONDITIONS:
        images = np.stack([drawing.from_image(c) for c in canvases(condition, pens.strokes_test)])
        digits(f"held-out writers, {condition.name}", images, pens.y_test)
    print(f"{reader.run.name}: sure above a probability of {threshold:.2f}\n")
    print_table(["digits", "number", "calibration error", "answered", "right if answered"], rows)

    random = np.random.default_rng(0)
    kinds = {
        f"letters of {len(FONTS)} fonts": list(letters()),
        "random strokes": list(random_strokes(150, random)),
        "scribbles back and forth": list(back_and_forth(60, random)),
        "a dot": list(dots(random)),
        "a face": list(faces(random)),
        "two digits side by side": list(pairs(list(pens.strokes_test), 150, random)),
    }
    rows, unsure, total = [], 0, 0
    for kind, pictures in kinds.items():
        given = reader.predict(np.stack([drawing.from_image(picture) for picture in pictures]))
        not_sure = int((given.max(axis=1) < threshold).sum())
        rows.append([kind, str(len(pictures)), f"{not_sure / len(pictures):.1%}"])
        unsure, total = unsure + not_sure, total + len(pictures)
    rows.append(["all", str(total), f"{unsure / total:.1%}"])
    print()
    print_table(["no digit", "number", "answered “not sure”"], rows)


if __name__ == "__main__":
    main()
