"""Measures, compared with scikit-learn's and with what can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from mnist_core import evaluation
from mnist_core.evaluation import Confusion


def predictions(seed, count, digits):
    """Random probabilities, right about half of the time, and labels among `digits`."""
    random = np.random.default_rng(seed)
    labels = random.choice(digits, count).astype(np.uint8)
    scores = random.random((count, 10)) ** 3 + 1e-3
    right = random.random(count) < 0.5
    scores[right, labels[right]] += 1
    probabilities = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities, labels


some = st.builds(
    predictions,
    st.integers(0, 2**32 - 1),
    st.integers(1, 200),
    st.lists(st.integers(0, 9), min_size=1, unique=True),
)


@given(some)
def test_measures_agree_with_scikit_learn(given_and_true):
    probabilities, labels = given_and_true
    predicted = probabilities.argmax(axis=1)
    assert evaluation.accuracy(probabilities, labels) == pytest.approx(
        metrics.accuracy_score(labels, predicted)
    )
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    assert evaluation.loss(probabilities, labels) == pytest.approx(
        metrics.log_loss(labels, exact, labels=range(10)), rel=1e-4
    )
    matrix = evaluation.confusion_matrix(probabilities, labels)
    assert matrix.shape == (10, 10)
    assert matrix.sum() == len(labels)
    for true, predicted_as in [(0, 1), (3, 3), (9, 4)]:
        assert matrix[true, predicted_as] == ((labels == true) & (predicted == predicted_as)).sum()


@given(some)
def test_the_report_agrees_with_scikit_learn(given_and_true):
    probabilities, labels = given_and_true
    predicted = probabilities.argmax(axis=1)
    report = evaluation.classification_report(probabilities, labels)
    assert list(report) == [*map(str, range(10)), "macro avg", "weighted avg"]
    expected = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(10), zero_division=0
    )
    columns = ("precision", "recall", "f1-score", "support")
    for digit in range(10):
        row = [report[str(digit)][column] for column in columns]
        assert row == pytest.approx([values[digit] for values in expected])
    for average in ("macro", "weighted"):
        expected_average = metrics.precision_recall_fscore_support(
            labels, predicted, labels=range(10), average=average, zero_division=0
        )
        row = [report[f"{average} avg"][column] for column in columns[:3]]
        assert row == pytest.approx(expected_average[:3])
        assert report[f"{average} avg"]["support"] == len(labels)


@given(some)
def test_each_digits_accuracy_is_its_recall(given_and_true):
    probabilities, labels = given_and_true
    shares = evaluation.digit_accuracy(probabilities, labels)
    for digit in range(10):
        of_digit = labels == digit
        if of_digit.any():
            right = probabilities[of_digit].argmax(axis=1) == digit
            assert shares[digit] == pytest.approx(right.mean())
        else:
            assert np.isnan(shares[digit])


@given(some)
def test_the_most_confident_mistake_comes_first(given_and_true):
    probabilities, labels = given_and_true
    wrong = evaluation.misclassified(probabilities, labels)
    assert set(wrong) == set(np.flatnonzero(probabilities.argmax(axis=1) != labels))
    confidence = probabilities[wrong].max(axis=1)
    assert (np.diff(confidence) <= 0).all()
    assert len(wrong) == round((1 - evaluation.accuracy(probabilities, labels)) * len(labels))


@given(some)
def test_confused_pairs_come_in_falling_order(given_and_true):
    matrix = evaluation.confusion_matrix(*given_and_true)
    pairs = evaluation.most_confused(matrix, 1000)
    counts = [pair.count for pair in pairs]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == matrix.sum() - matrix.trace()
    assert all(pair.true != pair.predicted for pair in pairs)
    assert all(matrix[pair.true, pair.predicted] == pair.count > 0 for pair in pairs)
    assert evaluation.most_confused(matrix, 3) == pairs[:3]


def test_confused_pairs_by_hand():
    matrix = np.diag(np.full(10, 100))
    matrix[4, 9], matrix[9, 4], matrix[7, 2] = 5, 8, 6
    assert evaluation.most_confused(matrix) == [
        Confusion(9, 4, 8),
        Confusion(7, 2, 6),
        Confusion(4, 9, 5),
    ]
    assert evaluation.most_confused(np.diag(np.full(10, 100))) == []


def test_everything_right():
    labels = np.arange(10, dtype=np.uint8)
    probabilities = np.eye(10, dtype=np.float32)
    assert evaluation.accuracy(probabilities, labels) == 1
    assert evaluation.loss(probabilities, labels) == 0
    assert len(evaluation.misclassified(probabilities, labels)) == 0
    assert evaluation.digit_accuracy(probabilities, labels).tolist() == [1] * 10


def test_certainty_in_error_costs_much_but_not_infinitely_much():
    loss = evaluation.loss(np.eye(10, dtype=np.float32)[[3]], np.array([5], np.uint8))
    assert loss == pytest.approx(-np.log(1e-7))


def test_reliability_sorts_by_confidence():
    given = np.full((4, 10), 0.0, np.float32)
    given[0, 3], given[0, 1] = 0.55, 0.45
    given[1, 3], given[1, 1] = 0.58, 0.42
    given[2, 7], given[2, 1] = 0.95, 0.05
    given[3, 7] = 1.0
    bins = evaluation.reliability(given, np.array([3, 1, 7, 7], np.uint8))
    assert bins.counts.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert bins.confidence[5] == pytest.approx(0.565)
    assert bins.accuracy[5] == 0.5
    assert bins.confidence[9] == pytest.approx(0.975)
    assert bins.accuracy[9] == 1
    assert np.isnan(bins.accuracy[0])
