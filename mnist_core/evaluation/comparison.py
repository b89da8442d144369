"""Runs side by side: their metrics, the best by each, and which one to use.

Runs that were measured on different test digits cannot be compared by their test accuracy;
digits drawn by people whom no network was trained on are the same for all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mnist_core import datasets, evaluation, runs
from mnist_core.runs import Run

DRAWN = "pen-strokes"  # whose test digits are drawn ones, by writers never trained on
TIMED = 30  # single images by which the speed is measured


@dataclass(frozen=True)
class Metric:
    """A metric or a cost to compare runs by."""

    key: str
    title: str
    write: Callable[[float], str]
    high: bool | None = False  # whether more is better; None: neither is
    test_only: bool = False  # whether it holds only among runs with the same test digits


def _bytes(value: float) -> str:
    return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.0f} kB"


METRICS = (
    Metric("test_accuracy", "Test accuracy", "{:.2%}".format, high=True, test_only=True),
    Metric("test_loss", "Test loss", "{:.4f}".format, test_only=True),
    Metric("drawn_accuracy", "Drawn digits", "{:.2%}".format, high=True),
    Metric("val_accuracy", "Validation accuracy", "{:.2%}".format, high=True, test_only=True),
    Metric("train_accuracy", "Training accuracy", "{:.2%}".format, high=True, test_only=True),
    Metric("parameters", "Parameters", "{:,.0f}".format),
    Metric("milliseconds", "One image", "{:.2f} ms".format),
    Metric("bytes", "Model file", _bytes),
    Metric("seconds", "Training time", runs.duration),
    Metric("epochs", "Epochs", "{:,.0f}".format, high=None),
)


# What an average of runs is made for, and what it takes.
GAIN_AND_COST = tuple(
    metric
    for metric in METRICS
    if metric.key in ("test_accuracy", "drawn_accuracy", "milliseconds", "bytes")
)


@dataclass(frozen=True)
class Measured:
    """What has to be measured with the network itself."""

    drawn_accuracy: float  # NaN where the drawn digits are not on this machine
    drawn_count: int
    milliseconds: float  # to read one image


@dataclass(frozen=True)
class Contender:
    """A run with its metrics; those that are unknown are left out."""

    run: Run
    test_digits: str  # the dataset whose test digits it was measured on
    metrics: Mapping[str, float] = field(default_factory=dict)
    drawn_count: int = 0

    @property
    def name(self) -> str:
        return self.run.name


def refusal(run: Run) -> str | None:
    """Why a run cannot be compared, in one sentence; None if it can."""
    if run.problem:
        return run.problem
    if not run.usable:
        return f"The run {run.name} is {run.status}: there is nothing to compare yet."
    return None


def known_writers(run: Run) -> set[int]:
    """The writers of the drawn test digits whose hands a run has learnt all the same."""
    known = map(datasets.writer_of, runs.trained_on(run))
    return {writer for writer in known if writer in datasets.TEST_WRITERS}


def measure(run: Run) -> Measured:
    """Load a run's network, let it read the drawn digits, and time it on one image.

    Raises:
        InputError: the run or the dataset is broken.
    """
    from mnist_core.networks import predictor

    reader = predictor.load(run)
    reader.warm_up()
    image = np.zeros((1, 28, 28), np.float32)
    times = []
    for _ in range(TIMED):
        started = time.perf_counter()
        reader.predict(image)
        times.append(time.perf_counter() - started)
    accuracy, count = math.nan, 0
    if datasets.at_hand(DRAWN):
        drawn = datasets.load(DRAWN, fetch=False)
        # A writer whose hand the run has learnt is no stranger to it.
        assert drawn.writers_test is not None
        strange = ~np.isin(drawn.writers_test, list(known_writers(run)))
        count = int(strange.sum())
        given = reader.predict(datasets.scale(drawn.x_test[strange]))
        accuracy = evaluation.accuracy(given, drawn.y_test[strange])
    return Measured(accuracy, count, float(np.median(times)) * 1000)


def contender(run: Run, measured: Measured | None = None) -> Contender:
    """Collect what is known of a run."""
    known: dict[str, object] = {
        key: getattr(run.metrics, key)
        for key in ("test_accuracy", "test_loss", "val_accuracy", "train_accuracy")
    }
    known |= {key: getattr(run.record, key) for key in ("parameters", "seconds", "epochs")}
    try:
        known["bytes"] = run.model_file.stat().st_size
    except OSError:
        known["bytes"] = None
    if measured:
        known |= {"drawn_accuracy": measured.drawn_accuracy, "milliseconds": measured.milliseconds}
    metrics = {
        key: float(value)
        for key, value in known.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    # What was trained on MNIST and more is still measured on MNIST's test digits.
    tests = run.dataset.split("+")[0]
    return Contender(run, tests, metrics, measured.drawn_count if measured else 0)


def comparable(contenders: Sequence[Contender], metric: Metric) -> list[Contender]:
    """Those that have the metric and may be compared by it.

    A metric that depends on the test digits is compared only among the runs that share the
    most common ones.
    """
    known = [c for c in contenders if metric.key in c.metrics]
    if not metric.test_only or not known:
        return known
    tests = [c.test_digits for c in known]
    common = max(dict.fromkeys(tests), key=tests.count)
    return [c for c in known if c.test_digits == common]


def best(contenders: Sequence[Contender], metric: Metric) -> list[Contender]:
    """Those that are best by a metric: one, several that are equal, or none."""
    field_ = comparable(contenders, metric)
    if not field_ or metric.high is None:
        return []
    values = [c.metrics[metric.key] for c in field_]
    most = max(values) if metric.high else min(values)
    return [c for c, value in zip(field_, values, strict=True) if value == most]


def pareto_front(costs: Sequence[float], accuracies: Sequence[float]) -> list[int]:
    """Indices of those that no other beats in both cost and accuracy, the cheapest first."""
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -accuracies[i]))
    found: list[int] = []
    for index in order:
        if not found or accuracies[index] > accuracies[found[-1]]:
            found.append(index)
    return found


def recommend(contenders: Sequence[Contender]) -> str:
    """One or two sentences that name the run to use, and why.

    By drawn digits if all have been tried on them, else by test digits. Whoever is within
    one standard error of the best counts as good as the best; among those the smallest
    network is named (the one-standard-error rule: Breiman et al. 1984).
    """
    by_key = {metric.key: metric for metric in METRICS}
    drawn = all("drawn_accuracy" in c.metrics for c in contenders)
    metric = by_key["drawn_accuracy" if drawn else "test_accuracy"]
    field_ = comparable(contenders, metric)
    if len(field_) < 2:
        return ""
    shares = {c.name: c.metrics[metric.key] for c in field_}
    first = max(field_, key=lambda c: shares[c.name])
    top = shares[first.name]
    count = _count(first, drawn)
    error = math.sqrt(top * (1 - top) / count) if count else 0.0
    level = [c for c in field_ if shares[c.name] >= top - error]
    chosen = min(level, key=lambda c: (c.metrics.get("parameters", math.inf), -shares[c.name]))
    what = (
        "of the digits drawn by people whom no network here was trained on"
        if drawn
        else f"of the test digits of {chosen.test_digits}"
    )
    words = f"Use **{chosen.name}**: it reads {shares[chosen.name]:.2%} {what}"
    if chosen is first:
        second = max((c for c in field_ if c is not first), key=lambda c: shares[c.name])
        words += ", more than any other here" if shares[second.name] < top else ""
        words += f"; next comes {second.name} with {shares[second.name]:.2%}."
    else:
        words += (
            f", within chance of the best ({first.name}, {top:.2%}), with fewer parameters "
            f"({chosen.metrics.get('parameters', math.nan):,.0f} against "
            f"{first.metrics.get('parameters', math.nan):,.0f})."
        )
    smallest = min(field_, key=lambda c: c.metrics.get("parameters", math.inf))
    if smallest is not chosen and (1 - shares[chosen.name]) > 0:
        times = (1 - shares[smallest.name]) / (1 - shares[chosen.name])
        ratio = chosen.metrics["parameters"] / smallest.metrics["parameters"]
        words += (
            f" {smallest.name} is the smallest, with {ratio:.1f} times fewer parameters, but errs "
            f"{times:.1f} times as often."
        )
    return words


def gain(average: Contender, others: Sequence[Contender]) -> str:
    """What an average of runs gains over the best of its members, and what it costs.

    Args:
        others: among which its members are looked for.

    Returns:
        One or two sentences; only the members' names where none of them is known.
    """
    members = [runs.read(name) for name in average.run.members]
    words = f"{average.name} averages {_listed([run.name for run in members])}."
    places = [run.path.resolve() for run in members]
    known = [c for c in others if c.run.path.resolve() in places]
    gained, first = [], None
    for metric, what in ((GAIN_AND_COST[0], "test digits"), (GAIN_AND_COST[1], "drawn digits")):
        rivals = [
            c
            for c in known
            if {metric.key} <= set(c.metrics) & set(average.metrics)
            and (c.test_digits == average.test_digits or not metric.test_only)
        ]
        if rivals:
            first = max(rivals, key=lambda c: c.metrics[metric.key])
            points = (average.metrics[metric.key] - first.metrics[metric.key]) * 100
            more = f"{abs(points):.2f} points {'more' if points > 0 else 'fewer'} of"
            if abs(points) < 0.005:
                more = "as many of"
            gained.append(f"{more} the {what} {'as' if 'as' in more else 'than'} {first.name}")
    if first is None:
        return words
    words += f" It reads {_listed(gained)}, its best {'members' if len(gained) > 1 else 'member'}"
    cost = [
        what.format(f"{average.metrics[key] / first.metrics[key]:.1f}")
        for key, what in (
            ("milliseconds", "{} times the time for one image"),
            ("bytes", "{} times the room"),
        )
        if key in average.metrics and key in first.metrics
    ]
    return words + (f"; it takes {_listed(cost)} of {first.name}." if cost else ".")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _count(contender: Contender, drawn: bool) -> int:
    """How many digits the accuracy was measured on."""
    if drawn:
        return contender.drawn_count
    found = runs.read_evaluation(contender.run)
    return 0 if found is None else len(found.labels)
