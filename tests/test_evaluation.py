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


def brute_force(probabilities, labels, true, predicted, right, low, high):
    chosen = []
    for index, (row, label) in enumerate(zip(probabilities, labels, strict=True)):
        read = int(row.argmax())
        if (
            (true is None or label == true)
            and (predicted is None or read == predicted)
            and (right is None or (read == label) == right)
            and low <= row.max() <= high
        ):
            chosen.append(index)
    return chosen


maybe_digit = st.none() | st.integers(0, 9)


@given(some, maybe_digit, maybe_digit, st.none() | st.booleans(), st.floats(0, 1), st.floats(0, 1))
def test_a_selection_is_what_fulfils_every_condition(made, true, predicted, right, a, b):
    low, high = np.float32(min(a, b)), np.float32(max(a, b))
    found = evaluation.select(*made, true, predicted, right, (low, high))
    assert found.tolist() == brute_force(*made, true, predicted, right, low, high)


@given(some)
def test_the_cells_of_the_matrix_hold_the_samples_that_it_counts(made):
    matrix = evaluation.confusion_matrix(*made)
    for true in range(10):
        for predicted in range(10):
            assert len(evaluation.select(*made, true, predicted)) == matrix[true, predicted]


@given(some)
def test_orders(made):
    probabilities, labels = made
    every = np.arange(len(labels))
    wrong = evaluation.misclassified(*made)
    first = evaluation.arrange(every, *made, evaluation.MISTAKES_FIRST)
    assert first[: len(wrong)].tolist() == wrong.tolist()
    for order in evaluation.ORDERS:
        arranged = evaluation.arrange(every[::-1], *made, order, seed=3)
        assert sorted(arranged) == every.tolist()
    sure = probabilities.max(axis=1)
    least = evaluation.arrange(every, *made, evaluation.LEAST_SURE_FIRST)
    assert (np.diff(sure[least]) >= 0).all()
    by_index = evaluation.arrange(every[::-1], *made, evaluation.BY_INDEX)
    assert by_index.tolist() == every.tolist()


def test_a_random_order_is_its_seeds():
    made = predictions(0, 100, range(10))
    shuffled = [
        evaluation.arrange(np.arange(100), *made, evaluation.RANDOM, seed).tolist()
        for seed in (42, 42, 43)
    ]
    assert shuffled[0] == shuffled[1] != shuffled[2]


@given(some)
def test_shares_agree_with_scikit_learn(made):
    matrix = evaluation.confusion_matrix(*made)
    read = made[0].argmax(axis=1)
    for axis, normalize in ((1, "true"), (0, "pred")):
        expected = metrics.confusion_matrix(made[1], read, labels=range(10), normalize=normalize)
        assert evaluation.normalized(matrix, axis) == pytest.approx(expected)


@given(some)
def test_two_networks_part_the_samples(made):
    probabilities, labels = made
    second = np.roll(probabilities, 1, axis=0)
    split = evaluation.disagreement(probabilities, second, labels)
    for index, label in enumerate(labels):
        rights = probabilities[index].argmax() == label, second[index].argmax() == label
        groups = [index in part for part in (split.only_first, split.only_second, split.both_wrong)]
        assert groups == [rights == (True, False), rights == (False, True), not any(rights)]


@given(some, st.integers(1, 20))
def test_reliability_counted_sample_by_sample(made, bins):
    probabilities, labels = made
    found = evaluation.reliability(probabilities, labels, bins)
    members = [[] for _ in range(bins)]
    for row, label in zip(probabilities.astype(float), labels, strict=True):
        members[min(int(row.max() * bins), bins - 1)].append((row.max(), row.argmax() == label))
    error = 0.0
    for place, inside in enumerate(members):
        assert found.counts[place] == len(inside)
        if inside:
            sure, right = np.mean(inside, axis=0)
            assert found.confidence[place] == pytest.approx(sure)
            assert found.accuracy[place] == pytest.approx(right)
            error += abs(sure - right) * len(inside) / len(labels)
        else:
            assert np.isnan(found.accuracy[place])
    assert found.calibration_error == pytest.approx(error)


def test_who_says_not_sure_answers_less_and_better():
    probabilities = np.full((4, 10), 0.0, np.float32)
    probabilities[[0, 1, 2, 3], [3, 3, 5, 5]] = 0.9, 0.6, 0.8, 0.4
    labels = np.array([3, 1, 5, 2], np.uint8)
    answered, right = evaluation.coverage_and_accuracy(probabilities, labels, [0, 0.5, 0.7, 0.95])
    assert answered.tolist() == [1, 0.75, 0.5, 0]
    assert right[:3] == pytest.approx([0.5, 2 / 3, 1])
    assert np.isnan(right[3])


def test_a_wrong_label_is_found_and_a_hard_digit_is_not_called_one():
    labels = np.random.default_rng(0).integers(0, 10, 500).astype(np.uint8)
    networks = [np.full((500, 10), 0.02, np.float32) for _ in range(3)]
    for network in networks:
        network[np.arange(500), labels] = 0.82
        network[[20, 30]] = 0.01
        network[[20, 30], labels[[20, 30]]] = 0.91  # surer of these than of most
    hard = 7  # two of three lean to another digit, none strongly
    for network in networks[:2]:
        network[hard] = 0.02
        network[hard, (labels[hard] + 1) % 10] = 0.82
    given_labels = labels.copy()
    given_labels[[20, 30]] = (labels[[20, 30]] + 5) % 10
    issues = evaluation.find_label_issues(networks, given_labels)
    assert {issue.index for issue in issues} == {20, 30, hard}
    assert issues[-1].index == hard  # the least suspect of them
    found = {issue.index: issue for issue in issues}
    assert found[20].confident
    assert found[20].other == labels[20]
    assert found[20].agreeing == 3
    assert not found[hard].confident
    assert found[hard].agreeing == 2


@given(some)
def test_no_label_is_an_issue_that_the_networks_agree_with(made):
    probabilities, labels = made
    read = probabilities.argmax(axis=1)
    for issue in evaluation.find_label_issues([probabilities, probabilities], labels):
        assert issue.label == labels[issue.index]
        assert issue.other == read[issue.index] != issue.label
        assert issue.margin < 0


def test_reliability_sorts_by_confidence():
    given = np.full((4, 10), 0.0, np.float32)
    given[0, 3], given[0, 1] = 0.55, 0.45
    given[1, 3], given[1, 1] = 0.58, 0.42
    given[2, 7], given[2, 1] = 0.95, 0.05
    given[3, 7] = 1.0
    bins = evaluation.reliability(given, np.array([3, 1, 7, 7], np.uint8), 10)
    assert bins.counts.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert bins.confidence[5] == pytest.approx(0.565)
    assert bins.accuracy[5] == 0.5
    assert bins.confidence[9] == pytest.approx(0.975)
    assert bins.accuracy[9] == 1
    assert np.isnan(bins.accuracy[0])
