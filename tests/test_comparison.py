"""Runs side by side: who is best, by what, and which one to use."""

import dataclasses
import math
import subprocess
import sys

import msgspec
import numpy as np
import pytest
import tampering
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import runs
from mnist_core.evaluation import comparison
from mnist_core.evaluation.comparison import METRICS, Contender, Measured

BY_KEY = {metric.key: metric for metric in METRICS}


def make(name, tests="mnist", count=1000, **metrics):
    run = runs.Run(runs.SHIPPED_DIR / name)
    return Contender(run, tests, metrics, count)


def test_the_best_is_the_highest_or_the_lowest():
    some = [
        make("a", test_accuracy=0.97, test_loss=0.2, parameters=10),
        make("b", test_accuracy=0.99, test_loss=0.1, parameters=30),
        make("c", test_accuracy=0.99, parameters=20),
    ]
    assert [c.name for c in comparison.best(some, BY_KEY["test_accuracy"])] == ["b", "c"]
    assert [c.name for c in comparison.best(some, BY_KEY["test_loss"])] == ["b"]
    assert [c.name for c in comparison.best(some, BY_KEY["parameters"])] == ["a"]
    assert comparison.best(some, BY_KEY["drawn_accuracy"]) == []
    assert comparison.best([], BY_KEY["test_accuracy"]) == []


def test_figures_on_other_test_digits_are_not_set_against_each_other():
    some = [
        make("a", test_accuracy=0.97, drawn_accuracy=0.9),
        make("b", test_accuracy=0.98, drawn_accuracy=0.8),
        make("c", tests="optical-digits", test_accuracy=0.999, drawn_accuracy=0.95),
    ]
    assert [c.name for c in comparison.best(some, BY_KEY["test_accuracy"])] == ["b"]
    assert [c.name for c in comparison.best(some, BY_KEY["drawn_accuracy"])] == ["c"]


points = st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1)), min_size=1, max_size=12)


@given(points)
def test_nobody_beats_the_front_and_the_front_beats_the_rest(some):
    costs, accuracies = zip(*some, strict=True)
    front = comparison.pareto_front(costs, accuracies)
    for i in range(len(some)):
        beaten = any(
            costs[j] <= costs[i]
            and accuracies[j] >= accuracies[i]
            and (costs[j], accuracies[j]) != (costs[i], accuracies[i])
            for j in range(len(some))
        )
        if i in front:
            assert not beaten
        else:
            same = any((costs[j], accuracies[j]) == some[i] for j in front)
            assert beaten or same


def test_the_clear_winner_is_recommended_with_its_cost():
    words = comparison.recommend(
        [
            make("small", drawn_accuracy=0.90, parameters=1000),
            make("large", drawn_accuracy=0.98, parameters=4000),
        ]
    )
    assert words.startswith("Use **large**: it reads 98.00%")
    assert "more than any other here; next comes small with 90.00%" in words
    assert "small is the smallest, with 4.0 times fewer parameters, but errs 5.0 times" in words


def test_within_chance_the_smaller_one_is_recommended():
    words = comparison.recommend(
        [
            make("small", drawn_accuracy=0.979, parameters=1000),
            make("large", drawn_accuracy=0.981, parameters=4000),
        ]
    )
    assert words.startswith("Use **small**: it reads 97.90%")
    assert "within chance of the best (large, 98.10%)" in words
    assert "(1,000 against 4,000)" in words


def test_without_drawn_digits_test_digits_decide():
    words = comparison.recommend(
        [make("a", test_accuracy=0.9, parameters=1), make("b", test_accuracy=0.95, parameters=2)]
    )
    assert "Use **b**: it reads 95.00% of the test digits of mnist" in words


def test_there_is_nothing_to_recommend_of_one():
    assert comparison.recommend([make("a", drawn_accuracy=0.9)]) == ""
    assert comparison.recommend([]) == ""


def test_a_run_is_measured_and_its_figures_collected(own_run, needs_pens):
    measured = comparison.measure(own_run)
    assert measured.drawn_count == 1499
    assert 0 < measured.drawn_accuracy < 1
    assert measured.milliseconds > 0
    found = comparison.contender(own_run, measured)
    assert found.name == "mine"
    assert found.test_digits == "optical-digits"
    assert found.metrics["test_accuracy"] == own_run.metrics.test_accuracy
    assert found.metrics["parameters"] == own_run.record.parameters
    assert found.metrics["bytes"] == own_run.model_file.stat().st_size
    assert set(found.metrics) <= set(BY_KEY)
    for key, value in found.metrics.items():
        assert BY_KEY[key].write(value)


def test_without_the_pens_nothing_is_claimed_of_drawing(own_run, monkeypatch, tmp_path):
    monkeypatch.setenv("PENDIGITS_PATH", str(tmp_path / "nowhere"))
    measured = comparison.measure(own_run)
    assert math.isnan(measured.drawn_accuracy)
    assert measured.drawn_count == 0
    assert "drawn_accuracy" not in comparison.contender(own_run, measured).metrics


def test_what_a_run_does_not_say_is_left_out(own_run):
    run = tampering.rewrite(own_run, parameters=None, seconds=None, metrics={})
    bare = comparison.contender(run, Measured(np.nan, 0, 1.0))
    assert set(bare.metrics) == {"bytes", "epochs", "milliseconds"}
    own_run.model_file.unlink()
    assert "bytes" not in comparison.contender(own_run).metrics


@pytest.mark.parametrize("status", [runs.QUEUED, runs.RUNNING, runs.FAILED])
def test_unfinished_runs_are_refused(own_run, status):
    record = msgspec.structs.replace(own_run.record, status=status)
    run = dataclasses.replace(own_run, record=record)
    assert f"The run mine is {status}" in comparison.refusal(run)
    assert comparison.refusal(own_run) is None
    assert "does not exist" in comparison.refusal(runs.read("nobody"))


@pytest.mark.slow
def test_pages_that_compare_do_not_wait_for_tensorflow():
    """It takes four seconds to import, and nothing that is painted first needs it."""
    rooms = "figures, report, datasets.embedding, evaluation.comparison, evaluation.explanations"
    rooms += ", experiments.reproductions, networks.predictor, training.queue"
    imports = "".join(f"import mnist_core.{room}; " for room in rooms.split(", "))
    code = f"import sys; {imports}print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=runs.SHIPPED_DIR.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == "False"
