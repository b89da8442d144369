"""What one person has taught the reader."""

import base64
import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mnist_core import datasets, drawing, evaluation, predictor, runs
from mnist_core.errors import InputError
from mnist_core.hands import MOST, Digit, Hand, dump, load

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def reader():
    return predictor.load()


@pytest.fixture(scope="module")
def images(digits):
    return datasets.scale(digits.x_test)


@pytest.fixture
def hand(reader):
    return Hand(reader)


def entries(*pairs):
    """The text of a hand with these labels and amounts of ink."""
    ink = base64.b64encode(bytes([0] * 300 + [255] * 60 + [0] * 424)).decode()
    digits = [{"label": label, "ink": ink if given is None else given} for label, given in pairs]
    return json.dumps({"hand": 1, "digits": digits})


def test_a_hand_that_has_learnt_nothing_reads_as_its_network(hand, reader, images):
    np.testing.assert_array_equal(hand.predict(images[:20]), reader.predict(images[:20]))


def test_whatever_was_misread_is_read_right_once_it_was_corrected(hand, digits, images):
    """However sure the network was, and whatever was taught before."""
    corrected = 0
    for image, label in zip(datasets.scale(digits.x_train), digits.y_train, strict=True):
        if hand.predict(image[None]).argmax() != label:
            hand.learn(image, label)
            corrected += 1
            assert hand.predict(image[None]).argmax() == label
    assert 5 < corrected < 100


@pytest.mark.usefixtures("needs_pens")
@pytest.mark.parametrize("writer", [6, 16])
def test_corrections_help_with_digits_that_were_not_corrected(writer):
    """Two people whom a network that has seen no pens misreads often, in always the same way."""
    pens, reader = datasets.load(f"pen-strokes-{writer}"), predictor.load(runs.SHIPPED_DIR / "cnn")
    images = datasets.scale(np.concatenate([pens.x_train, pens.x_test]))
    labels = np.concatenate([pens.y_train, pens.y_test])
    without = np.count_nonzero(reader.predict(images).argmax(axis=1) != labels)
    hand, mistakes = Hand(reader), 0
    for image, label in zip(images, labels, strict=True):
        if hand.predict(image[None]).argmax() != label:
            hand.learn(image, label)
            mistakes += 1
    assert 0 < mistakes < without / 2


@pytest.mark.parametrize("label", [1, 3])
def test_an_absurd_correction_leaves_the_rest_as_it_is(hand, mnist, label):
    """Ten eights called something else, and scribbles: no more than a digit in a thousand."""
    eights = datasets.scale(mnist.x_train[mnist.y_train == 8][:10])
    for eight in eights:
        hand.learn(eight, label)
    for _ in range(10):
        scribble = drawing.from_strokes([RANDOM.normal(size=(12, 2))])
        hand.learn(scribble, int(RANDOM.integers(10)))
    test, labels = datasets.scale(mnist.x_test[:4000]), mnist.y_test[:4000]
    before = evaluation.accuracy(hand._predictor.predict(test), labels)
    assert evaluation.accuracy(hand.predict(test), labels) > before - 0.001
    others = datasets.scale(mnist.x_test[mnist.y_test == 8])
    assert (hand.predict(others).argmax(axis=1) == 8).mean() > 0.985


def test_of_two_answers_for_one_shape_the_last_counts(hand, images, digits):
    image, label = images[0], int(digits.y_test[0])
    other = (label + 5) % 10
    for told in (other, label, other, other):
        hand.learn(image, told)
        assert hand.predict(image[None]).argmax() == told
    assert [digit.label for digit in hand.digits] == [other]


def test_what_is_removed_is_forgotten(hand, reader, images, digits):
    hand.learn(images[0], (int(digits.y_test[0]) + 5) % 10)
    hand.learn(images[1], int(digits.y_test[1]))
    with pytest.raises(IndexError):
        hand.remove(2)
    hand.remove(0)
    assert [digit.label for digit in hand.digits] == [digits.y_test[1]]
    assert hand.predict(images[:1]).argmax() == digits.y_test[0]
    hand.forget()
    np.testing.assert_array_equal(hand.predict(images[:5]), reader.predict(images[:5]))


def test_a_full_hand_keeps_digits_of_each_label(hand, digits):
    for image, label in zip(digits.x_train[: MOST + 60], digits.y_train, strict=False):
        hand.learn(datasets.scale(image), label)
    assert MOST - 10 < len(hand.digits) <= MOST  # of the same shapes only the newest is kept
    assert len({digit.label for digit in hand.digits}) == 10
    newest = hand.digits[-1]
    np.testing.assert_array_equal(newest.image, digits.x_train[MOST + 59])


def test_a_saved_hand_reads_as_before_and_by_another_network_too(hand, images, digits):
    for image, label in zip(images[:30], digits.y_test, strict=False):
        hand.learn(image, (int(label) + (image.sum() > 90)) % 10)
    again = Hand.from_json(hand.to_json(), hand._predictor)
    np.testing.assert_allclose(again.predict(images), hand.predict(images), atol=1e-6)
    assert again.to_json() == hand.to_json()
    other = Hand.from_json(hand.to_json(), predictor.load(runs.SHIPPED_DIR / "cnn"))
    taught = np.stack([datasets.scale(digit.image) for digit in hand.digits[-5:]])
    labels = [digit.label for digit in hand.digits[-5:]]
    assert other.predict(taught[-1:]).argmax() == labels[-1]


def test_a_hand_of_too_many_digits_is_thinned_and_says_so(reader, digits):
    many = [
        Digit(digits.x_train[n % 1400], 3 if n < 9000 else int(digits.y_train[n % 1400]))
        for n in range(10_000)
    ]
    hand = Hand.from_json(dump(many), reader)
    assert hand.left_out == 10_000 - MOST
    assert len({digit.label for digit in hand.digits}) == 10
    np.testing.assert_array_equal(hand.digits[-1].image, many[-1].image)


@pytest.mark.parametrize(
    ("image", "label", "said"),
    [
        (np.ones((28, 28)), 10, "from 0 to 9"),
        (np.ones((28, 28)), -1, "from 0 to 9"),
        (np.ones((28, 28)), True, "from 0 to 9"),
        (np.ones((28, 28)), "3", "from 0 to 9"),
        (np.ones((28, 28)), 2.5, "from 0 to 9"),
        (np.zeros((28, 28)), 3, "no ink"),
        (np.full((28, 28), np.nan), 3, "finite"),
        (np.ones((20, 20)), 3, "shape"),
    ],
)
def test_what_cannot_be_learnt_is_refused_in_a_sentence(hand, image, label, said):
    with pytest.raises(InputError, match=said):
        hand.learn(image, label)
    assert hand.digits == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no saved hand"),
        ("[1, 2]", "no saved hand"),
        ("[" * 100_000, "no saved hand"),
        ('{"digits": []}', "no saved hand"),
        ('{"hand": 2, "digits": []}', "another version"),
        ('{"hand": true, "digits": []}', "another version"),
        ('{"hand": 1, "digits": 3}', "no saved hand"),
        (entries((3, None), (11, None)), "Digit 2"),
        (entries((None, None)), "Digit 1"),
        (entries((3, "AAAA")), "Digit 1"),
        (entries((3, "é")), "Digit 1"),
        (entries((3, base64.b64encode(bytes(784)).decode())), "Digit 1"),
    ],
)
def test_a_file_that_is_no_hand_is_refused_in_a_sentence(text, said):
    with pytest.raises(InputError, match=said):
        load(text)


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["hand", "digits", "label", "ink"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_no_file_is_more_than_refused(content):
    try:
        digits = load(json.dumps(content))
    except InputError:
        return
    assert all(0 <= digit.label <= 9 and digit.image.shape == (28, 28) for digit in digits)
