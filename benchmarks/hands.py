"""What a hand changes: people write in order, and every misread digit is corrected once.

Writers whom no network was trained on: the held-out ones of each dataset, and for a network that
has seen none of it all of them. `beforehand` digits of each label are taught first and do not
count. MNIST's test digits are read with each hand as it is in the end, and so are digits that
other writers of the same dataset wrote. `repeated` are the mistakes that somebody had seen before:
the same label taken for the same other one. Then the time that it takes, and that of a run which is
fine-tuned to a saved hand, as the train page does it, from the press to the end.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from common import median_seconds, need, print_table
from mnist_core import datasets, evaluation, predictor, runs
from mnist_core.datasets import hands as hand_datasets
from mnist_core.evaluation import gain
from mnist_core.hands import MOST, Digit, Hand, dump
from mnist_core.predictor import Predictor
from mnist_core.training import hands as tuning
from mnist_core.training import queue

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
DATASETS = ("pen-strokes", "uji-pen", "swiss-digits")
PLANS = ((250, 0), (50, 1))  # digits of a hand, and of each label beforehand
TUNED = 60  # digits of the hand that a run is fine-tuned to
OTHERS = 300  # digits of other writers that are read with each hand


class Remembering(Predictor):
    """A predictor that reads no digit twice, for digits that many hands are tried on."""

    def __init__(self, reader: Predictor) -> None:
        self.run, self._reader = reader.run, reader
        self._known: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    def read(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        keys = [image.tobytes() for image in images]
        new = [place for place, key in enumerate(keys) if key not in self._known]
        if new:
            made = self._reader.read(images[new])
            for place, *answer in zip(new, *made, strict=True):
                self._known[keys[place]] = answer[0], answer[1]
        probabilities, features = zip(*(self._known[key] for key in keys), strict=True)
        return np.stack(probabilities), np.stack(features)


@dataclass(frozen=True)
class Writers:
    """Digits of people whom a network was not trained on, as each wrote them."""

    images: Images
    labels: Labels
    writers: npt.NDArray[np.int16]

    def hands(self, size: int, beforehand: int) -> Iterator[tuple[list[int], list[int]]]:
        """Places of the digits that are taught first, and of those that are written then."""
        for writer in np.unique(self.writers):
            own = np.flatnonzero(self.writers == writer)
            if np.all(np.diff(self.labels[own].astype(int)) >= 0):  # sorted: mix them
                own = np.random.default_rng(int(writer)).permutation(own)
            step = size + 10 * beforehand
            for part in (own[at : at + step] for at in range(0, len(own), step)):
                if len(part) < min(step, 20):
                    continue
                first: list[int] = []
                for label in range(10):
                    first += part[self.labels[part] == label][:beforehand].tolist()
                yield first, [place for place in part.tolist() if place not in first]


def unseen(reader: Predictor, name: str) -> Writers:
    """The digits of a dataset whose writers the run was not trained on."""
    assert reader.run is not None
    dataset = datasets.load(name)
    seen = any(name in trained.split("+") for trained in runs.trained_on(reader.run))
    parts = ("test",) if seen else ("train", "test")
    arrays = [
        np.concatenate([getattr(dataset, f"{kind}_{part}") for part in parts])
        for kind in ("x", "y", "writers")
    ]
    return Writers(datasets.scale(arrays[0]), arrays[1], arrays[2])


def write(reader: Predictor, digits: Writers, plan: tuple[int, int]) -> list[str]:
    """One row: every hand of that plan, with the mistakes, and what the hands cost others."""
    mnist = datasets.load("mnist")
    test, truth = datasets.scale(mnist.x_test), mnist.y_test
    bare = evaluation.accuracy(reader.predict(test), truth)
    random = np.random.default_rng(0)
    mistakes, lost, others, given, labels = [], [], [], [], []
    for first, then in digits.hands(*plan):
        hand = Hand(reader)
        for place in first:
            hand.learn(digits.images[place], int(digits.labels[place]))
        guesses, truths = reader.predict(digits.images[then]).argmax(axis=1), digits.labels[then]
        without = np.flatnonzero(guesses != truths)
        kinds = {(truths[place], guesses[place]) for place in without}
        answers = _corrected(hand, digits, then)
        wrong = np.count_nonzero(answers.argmax(axis=1) != digits.labels[then])
        mistakes.append((len(without), len(without) - len(kinds), int(wrong)))
        given.append(answers)
        labels.append(digits.labels[then])
        lost.append(bare - evaluation.accuracy(hand.predict(test), truth) if hand.digits else 0.0)
        strangers = np.flatnonzero(digits.writers != digits.writers[then[0]])
        some = random.choice(strangers, min(OTHERS, len(strangers)), replace=False)
        before, after = (
            evaluation.accuracy(who.predict(digits.images[some]), digits.labels[some])
            for who in (reader, hand)
        )
        others.append(before - after)
    without, repeated, wrong = np.sum(mistakes, axis=0)
    error = evaluation.calibration_error(np.concatenate(given), np.concatenate(labels))
    return [
        f"{len(mistakes)}",
        str(without),
        str(repeated),
        str(wrong),
        f"{1 - wrong / without:.0%}" if without else "",
        f"{error:.2%}",
        f"{np.mean(lost):.3%}",
        f"{np.max(lost):.2%}",
        f"{np.mean(others):.2%}",
    ]


def _corrected(hand: Hand, digits: Writers, places: list[int]) -> npt.NDArray[np.float32]:
    """The probabilities of each digit when it was written; every misread one is corrected."""
    given = hand.predict(digits.images[places])
    at = 0
    while True:
        wrong = np.flatnonzero(given[at:].argmax(axis=1) != digits.labels[places[at:]])
        if not len(wrong):
            return given
        at += int(wrong[0])
        hand.learn(digits.images[places[at]], int(digits.labels[places[at]]))
        at += 1
        if at == len(places):
            return given
        given[at:] = hand.predict(digits.images[places[at:]])


def time_of(reader: Predictor) -> list[list[str]]:
    """Rows of milliseconds for one digit, with a full hand and without."""
    mnist = datasets.load("mnist")
    images, labels = datasets.scale(mnist.x_train[: 2 * MOST]), mnist.y_train
    hand = Hand(reader)
    numbers = iter(range(len(images)))
    while len(hand.digits) < MOST:
        number = next(numbers)
        hand.learn(images[number], int(labels[number]))
    one = images[-1:]
    return [
        ["read without a hand", f"{1e3 * median_seconds(lambda: reader.predict(one), 300):.2f}"],
        ["read with a full hand", f"{1e3 * median_seconds(lambda: hand.predict(one), 300):.2f}"],
        [
            "learn a digit, the hand being full",
            f"{1e3 * median_seconds(lambda: hand.learn(one[0], 3), 30):.1f}",
        ],
    ]


def fine_tuned() -> list[list[str]]:
    """A row: the seconds to fine-tune the default run to a hand, and what comes of it."""
    digits = unseen(predictor.load(), "pen-strokes")
    own = np.flatnonzero(digits.writers == digits.writers[0])[:TUNED]
    pixels = np.round(digits.images[own] * 255).astype(np.uint8)
    pairs = zip(pixels, digits.labels[own], strict=True)
    saved = dump([Digit(image, int(label)) for image, label in pairs])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder
        dataset = hand_datasets.keep(saved, "benchmark")
        began = time.perf_counter()
        run = queue.submit(tuning.recipe(dataset), dataset, 1, dataset)
        while runs.read(run.path).active:
            queue.tend()
            time.sleep(0.1)
        seconds = time.perf_counter() - began
        tuned = runs.read(run.path)
        found = datasets.load(dataset, fetch=False)
        base = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
        before, after = gain.compare(base, tuned, found.x_test, found.y_test).accuracies
    right = f"{before:.1%} → {after:.1%} of {len(found.y_test)}"
    return [[str(len(found.y_train)), f"{seconds:.0f} s", right]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", nargs="+", default=[runs.DEFAULT_RUN, "cnn"])
    options.add_argument("--datasets", nargs="+", default=DATASETS, choices=DATASETS)
    given = options.parse_args()
    for name in ("mnist", *given.datasets):
        need(name)
    rows = []
    for run in given.runs:
        reader = Remembering(predictor.load(runs.named(run)))
        for name in given.datasets:
            digits = unseen(reader, name)
            for plan in PLANS:
                size, beforehand = plan
                head = [run, name, str(size), str(beforehand)]
                rows.append(head + write(reader, digits, plan))
    print_table(
        [
            *("network", "writers of", "digits", "beforehand", "hands", "mistakes without"),
            *("repeated", "with", "fewer", "calibration error"),
            *("MNIST lost, mean", "worst", "others lost"),
        ],
        rows,
    )
    print()
    print_table([f"with a hand of {MOST} digits", "ms"], time_of(predictor.load()))
    print()
    print_table(["fine-tuned to digits", "from press to end", "of its others right"], fine_tuned())


if __name__ == "__main__":
    main()
