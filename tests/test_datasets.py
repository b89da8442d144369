"""Datasets: loaded by name, combined, split, described."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import datasets, drawing
from mnist_core.datasets import combination
from mnist_core.errors import InputError

# --- load ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["mnist", "pen-strokes", "uji-pen", "swiss-digits", "mnist+uji-pen"]
)
def test_what_is_not_there_is_not_fetched_unasked(no_datasets, name):
    assert not datasets.at_hand(name)
    with pytest.raises(InputError, match="_PATH to your copy of") as refusal:
        datasets.load(name, fetch=False)
    assert "\n" not in str(refusal.value)
    assert not no_datasets.exists()


@pytest.mark.parametrize("name", ["fashion", "", "MNIST", "mnist+", "mnist+mnist"])
def test_an_unknown_dataset_is_refused_with_the_known_ones(name):
    assert not datasets.at_hand(name)
    with pytest.raises(InputError, match="choose one of mnist, pen-strokes") as refusal:
        datasets.load(name)
    assert repr(name) in str(refusal.value)


def test_a_missing_dataset_fails_where_every_test_is_required(unavailable, monkeypatch):
    monkeypatch.delenv("REQUIRE_ALL_TESTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Set this"):
        unavailable("Set this.")
    monkeypatch.setenv("REQUIRE_ALL_TESTS", "1")
    with pytest.raises(pytest.fail.Exception, match="Set this"):
        unavailable("Set this.")


# --- optical-digits ------------------------------------------------------------------


def test_optical_digits_need_no_file(no_datasets, digits):
    assert datasets.at_hand("optical-digits")
    again = datasets.load("optical-digits", fetch=False)
    assert again.x_train.shape == (1437, 28, 28)
    assert again.x_test.shape == (360, 28, 28)
    assert again.y_train.shape == (1437,)
    assert again.y_test.shape == (360,)
    assert {a.dtype for a in (again.x_train, again.y_train, again.x_test, again.y_test)} == {
        np.dtype(np.uint8)
    }
    assert again.checksum == digits.checksum
    assert not no_datasets.exists()


def test_optical_digits_are_in_mnists_form(digits):
    images = np.concatenate([digits.x_train, digits.x_test]).astype(np.float64)
    assert images.max() == 255
    assert np.median(images) == 0
    at = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        line = images.sum(axis=axis)
        centres = line @ at / mass
        assert np.abs(centres - 14.5).max() < 1
        extent = (line > 0).sum(axis=1)
        assert extent.max() <= 23
    rows, columns = (images.any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert np.maximum(rows, columns).min() >= 19
    assert set(np.bincount(digits.y_train, minlength=10)) <= set(range(130, 160))


def test_the_checksum_tells_digits_and_their_order(digits):
    def other(**changes):
        arrays = {k: getattr(digits, k) for k in datasets.MNIST_ARRAYS}
        return datasets.Dataset("x", **{**arrays, **changes}, source="x").checksum

    assert other() == digits.checksum
    assert other(x_train=digits.x_train[::-1]) != digits.checksum
    assert other(y_test=digits.y_test ^ 1) != digits.checksum


# --- split, one_hot, scale, describe -------------------------------------------------


def test_the_last_samples_validate_by_default():
    training, validation = datasets.split(60000, 0.1)
    assert training.tolist() == list(range(54000))
    assert validation.tolist() == list(range(54000, 60000))


def test_no_validation_is_a_split_too():
    training, validation = datasets.split(10, 0)
    assert training.tolist() == list(range(10))
    assert len(validation) == 0


def test_a_seed_shuffles_before_the_split():
    first, again, other = (datasets.split(1000, 0.2, seed) for seed in (1, 1, 2))
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    assert len(first[1]) == 200
    assert sorted(np.concatenate(first)) == list(range(1000))
    assert first[1].min() < 800


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=60),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.integers(0, 9),
)
def test_a_writer_is_on_one_side_only(writers, fraction, seed):
    writers = np.array(writers, np.int16)
    alone, people = int((writers == 0).sum()), len(set(writers[writers > 0]))
    try:
        training, validation = datasets.split(len(writers), fraction, seed, writers)
    except InputError:
        nobody_trains = max(alone, people) * (1 - fraction) < 1 + 1e-9
        nobody_validates = people == 0 and fraction < 1e-9
        assert nobody_trains or nobody_validates
        return
    assert sorted(np.concatenate([training, validation])) == list(range(len(writers)))
    known = {w for w in writers[training] if w} & {w for w in writers[validation] if w}
    assert not known
    if fraction and people:
        assert (writers[validation] > 0).any()


def test_a_seed_chooses_the_writers():
    writers = np.repeat(np.arange(1, 31, dtype=np.int16), 5)

    def held_out(seed):
        return set(writers[datasets.split(len(writers), 0.2, seed, writers)[1]])

    assert held_out(None) == {25, 26, 27, 28, 29, 30}
    assert held_out(1) == held_out(1)
    assert len(held_out(1)) == 6
    assert held_out(1) != held_out(2)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan"), float("inf")])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(InputError, match="at least 0 and below 1"):
        datasets.split(100, fraction)


@pytest.mark.parametrize(("count", "fraction"), [(0, 0.0), (1, 0.5), (0, 0.1), (2, 0.9)])
def test_a_split_that_leaves_a_side_empty_is_refused(count, fraction):
    with pytest.raises(InputError, match=f"one side of {count} samples empty"):
        datasets.split(count, fraction)


def test_a_single_writer_cannot_be_split():
    with pytest.raises(InputError, match="empty"):
        datasets.split(20, 0.1, writers=np.full(20, 7, np.int16))


def test_one_hot_puts_the_one_in_the_labels_column():
    encoded = datasets.one_hot(np.array([3, 0, 9], np.uint8))
    assert encoded.dtype == np.float32
    assert encoded.shape == (3, 10)
    assert encoded.argmax(axis=1).tolist() == [3, 0, 9]
    assert encoded.sum() == 3


def test_scale_maps_bytes_to_the_unit_interval():
    scaled = datasets.scale(np.array([[[0, 51, 255]]], np.uint8))
    assert scaled.dtype == np.float32
    assert scaled.ravel().tolist() == pytest.approx([0, 0.2, 1])


def test_describe_counts_what_is_there(digits):
    facts = datasets.describe(digits)
    assert facts["name"] == "optical-digits"
    assert facts["image_shape"] == (28, 28)
    assert (facts["train_samples"], facts["test_samples"], facts["classes"]) == (1437, 360, 10)
    assert facts["train_per_class"] == [int((digits.y_train == d).sum()) for d in range(10)]
    assert sum(facts["test_per_class"]) == 360
    assert facts["pixel_range"] == (0, 255)
    scaled = datasets.scale(digits.x_train)
    assert facts["pixel_mean"] == pytest.approx(float(scaled.mean()), rel=1e-4)
    assert facts["pixel_std"] == pytest.approx(float(scaled.std()), rel=1e-4)


# --- combinations, sizes, subsets ----------------------------------------------------


@pytest.mark.usefixtures("needs_mnist", "needs_pens")
def test_both_together_are_tested_on_mnist():
    both = datasets.load("mnist+pen-strokes", fetch=False)
    assert len(both.x_train) == len(both.strokes_train) == len(both.writers_train)
    assert len(both.x_test) == 10000
    assert not both.writers_train[:60000].any()
    assert both.writers_train[60000:].all()
    assert not any(len(strokes) for strokes in both.strokes_train[:60000])
    assert not set(both.writers_train) & set(datasets.TEST_WRITERS)


def test_writers_of_datasets_that_are_combined_stay_apart(digits):
    few = datasets.subset(digits, 4, 0)
    one = dataclasses.replace(few, writers_train=np.array([1, 2, 0, 2], np.int16))
    other = dataclasses.replace(
        few,
        name="other",
        writers_train=np.array([1, 1, 3, 0], np.int16),
        strokes_train=[[np.zeros((1, 2))]] * 4,
    )
    both = combination.together("one+other", [one, few, other])
    assert both.writers_train.tolist() == [1, 2, 0, 2, 0, 0, 0, 0, 3, 3, 5, 0]
    assert [len(strokes) for strokes in both.strokes_train] == [0] * 8 + [1] * 4
    assert both.x_test is one.x_test
    assert np.array_equal(both.y_train, np.tile(few.y_train, 3))


def test_a_combination_needs_what_its_parts_need():
    assert datasets.files_of("mnist+pen-strokes") == ["mnist", "pen-strokes"]
    assert datasets.files_of("pen-strokes-7") == ["pen-strokes"]
    assert datasets.files_of("optical-digits") == datasets.files_of("nobody") == []
    parts = [datasets.ABOUT[name].megabytes for name in ("mnist", "pen-strokes")]
    assert datasets.ABOUT["mnist+pen-strokes"].megabytes == sum(parts)


@pytest.mark.usefixtures("needs_mnist", "needs_pens", "needs_uji", "needs_swiss")
def test_the_sizes_that_are_known_beforehand_are_right():
    assert set(datasets.TRAIN_SIZES) == set(datasets.NAMES)
    for name, (count, pens) in datasets.TRAIN_SIZES.items():
        dataset = datasets.load(name, fetch=False)
        assert len(dataset.x_train) == count
        assert sum(len(strokes) > 0 for strokes in dataset.strokes_train) == pens


def test_a_subset_is_chosen_by_the_seed(digits):
    part, again, other = (datasets.subset(digits, 100, seed) for seed in (1, 1, 2))
    assert len(part.x_train) == len(part.y_train) == 100
    assert np.array_equal(part.x_train, again.x_train)
    assert not np.array_equal(part.x_train, other.x_train)
    assert part.x_test is digits.x_test
    assert datasets.subset(digits, 0, 1) is digits
    assert datasets.subset(digits, 10**6, 1) is digits


def test_a_subset_keeps_strokes_and_writers_with_their_digits(needs_pens):
    pens = datasets.load("pen-strokes", fetch=False)
    part = datasets.subset(pens, 50, 3)
    assert len(part.strokes_train) == len(part.writers_train) == 50
    for image, strokes, label in zip(
        part.x_train[:5], part.strokes_train, part.y_train, strict=False
    ):
        drawn = np.round(drawing.from_strokes(strokes) * 255).astype(np.uint8)
        assert np.array_equal(image, drawn)
        assert label in range(10)


def test_some_of_mnist_beside_other_digits(mnist, digits):
    some = datasets.load("mnist-300", fetch=False)
    assert len(some.x_train) == 300
    assert np.array_equal(some.x_test, mnist.x_test)
    assert some.checksum == datasets.load("mnist-300", fetch=False).checksum
    both = datasets.load("optical-digits+mnist-300", fetch=False)
    assert len(both.x_train) == len(digits.x_train) + 300
    assert np.array_equal(both.x_test, digits.x_test)


@pytest.mark.parametrize("name", ["mnist-0", "mnist-60000", "mnist-x", "optical-digits+mnist-0"])
def test_no_other_number_of_mnists_digits_is_known(name):
    with pytest.raises(InputError, match="There is no dataset"):
        datasets.load(name, fetch=False)
