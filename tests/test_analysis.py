"""What a dataset holds: counted on images whose answer is known, and on real digits."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.datasets import Dataset, analysis


def blank(count):
    return np.zeros((count, 28, 28), np.uint8)


@given(st.integers(0, 200), st.integers(0, 100), st.integers(0, 2**31 - 1))
def test_a_sample_is_of_different_digits_and_always_the_same(count, among, seed):
    chosen = analysis.sample(count, among, seed)
    assert len(chosen) == min(count, among)
    assert len(set(chosen.tolist())) == len(chosen)
    assert all(0 <= index < among for index in chosen)
    assert np.array_equal(chosen, analysis.sample(count, among, seed))


def test_pixels_are_counted_by_their_level(digits):
    counts = analysis.pixel_counts(digits.x_train)
    assert counts.sum() == digits.x_train.size
    assert counts[0] == (digits.x_train == 0).sum()
    assert counts[255] == (digits.x_train == 255).sum()


def test_ink_is_a_share_of_the_image():
    images = blank(3)
    images[1] = 255
    images[2, :14] = 255
    assert analysis.ink(images).tolist() == [0.0, 1.0, 0.5]


def test_the_mean_of_each_digit():
    images, labels = blank(3), np.array([4, 4, 7], np.uint8)
    images[0, 0, 0] = 255
    images[2] = 51
    means = analysis.class_means(images, labels)
    assert means.dtype == np.float32
    assert means[4, 0, 0] == pytest.approx(0.5)
    assert means[7].mean() == pytest.approx(0.2)
    assert not means[[0, 1, 2, 3, 5, 6, 8, 9]].any()


def test_the_most_and_the_least_typical(digits):
    images, labels = digits.x_train, digits.y_train
    apart = analysis.typicality(images, labels)
    most, least = analysis.extremes(apart, labels, 3, 5)
    assert set(labels[most]) == set(labels[least]) == {3}
    threes = apart[labels == 3]
    assert apart[most].tolist() == sorted(threes)[:5]
    assert apart[least].tolist() == sorted(threes, reverse=True)[:5]
    mean = analysis.class_means(images, labels)[3]
    by_hand = np.sqrt(((images[most[0]] / 255 - mean) ** 2).mean())
    assert apart[most[0]] == pytest.approx(by_hand, rel=1e-4)


def test_duplicates_are_found_to_the_last_pixel(digits):
    assert analysis.duplicates(digits.x_train) == []
    images = digits.x_train[:50].copy()
    images[[9, 30]] = images[4]
    images[20] = images[7]
    images[21] = images[7]
    images[21, 0, 0] += 1  # alike but for one level of one pixel
    assert [group.tolist() for group in analysis.duplicates(images)] == [[4, 9, 30], [7, 20]]


def test_test_images_among_the_training_images_are_found(digits):
    test = digits.x_test.copy()
    test[3] = digits.x_train[11]
    assert analysis.shared_images(digits.x_train, test) == [(11, 3)]


def test_wrong_labels_are_among_the_first_outliers(digits):
    labels = digits.y_train.copy()
    wrong = list(range(60, 1400, 140))
    labels[wrong] = (labels[wrong] + 3) % 10
    found = analysis.outliers(digits.x_train, labels, 20)
    known = {o.index for o in found}
    assert len(known & set(wrong)) >= 8  # of ten; some hands are odd by nature
    for outlier in (o for o in found if o.index in wrong):
        assert outlier.label == labels[outlier.index]
        assert outlier.like == digits.y_train[outlier.index]  # what it truly is
        assert outlier.ratio > 1
    assert [o.ratio for o in found] == sorted((o.ratio for o in found), reverse=True)


def test_outliers_of_few_digits_do_no_harm(digits):
    labels = digits.y_train[:12]
    for outlier in analysis.outliers(digits.x_train[:12], labels):
        assert outlier.label != outlier.like


def test_principal_components_are_the_widest_directions(digits):
    points = analysis.principal_components(digits.x_train, 3)
    assert points.shape == (len(digits.x_train), 3)
    spread = points.var(axis=0)
    assert spread[0] > spread[1] > spread[2] > 0
    rows = digits.x_train.reshape(len(points), -1) / 255
    values = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    assert np.sqrt(spread * len(points)) == pytest.approx(values[:3], rel=1e-3)


def test_an_analysis_says_in_words_what_it_counted(digits):
    found = analysis.analyse(digits)
    words = " ".join(analysis.in_words(found))
    counts = found.train_per_class
    assert sum(counts) == len(digits.x_train)
    assert f"({max(counts):,})" in words
    assert f"({min(counts):,})" in words
    assert f"{found.pixel_mean:.4f}" in words
    assert found.pixel_mean == pytest.approx(digits.x_train.mean() / 255)
    assert found.pixel_std == pytest.approx((digits.x_train / 255).std())
    assert "No training images repeat" in words
    assert "none of the test images" in words


def test_words_for_one_and_for_several_duplicates(digits):
    train = digits.x_train.copy()
    train[1] = train[0]
    test = digits.x_test.copy()
    test[0] = train[5]
    once = dataclasses.replace(digits, x_train=train, x_test=test)
    words = " ".join(analysis.in_words(analysis.analyse(once)))
    assert "1 training image repeats another" in words
    assert "1 of the test images is among them" in words
    train[2] = train[0]
    words = " ".join(analysis.in_words(analysis.analyse(once)))
    assert "2 training images repeat another" in words


def test_mnist_is_analysed(mnist):
    found = analysis.analyse(mnist)
    assert found.train_per_class[1] == 6742
    assert found.train_per_class[5] == 5421
    assert found.pixel_mean == pytest.approx(0.1307, abs=1e-4)  # the usual constants
    assert found.pixel_std == pytest.approx(0.3081, abs=1e-4)
    assert not found.duplicates
    assert not found.shared


def test_a_dataset_without_some_digits_can_be_analysed():
    images = np.full((4, 28, 28), 9, np.uint8)
    images[:, :2] = np.arange(4, dtype=np.uint8)[:, None, None]
    labels = np.array([2, 2, 3, 3], np.uint8)
    found = analysis.analyse(Dataset("few", images, labels, images[:1], labels[:1], "here"))
    assert found.train_per_class[2] == 2
    assert found.shared == [(0, 0)]
    assert analysis.in_words(found)
