"""What a network looked at, on networks of which it is known."""

import numpy as np
import pytest

from mnist_core import datasets, drawing, predictor
from mnist_core.evaluation import explanations
from mnist_core.networks import keras_predictor
from mnist_core.networks.keras_predictor import KerasPredictor


@pytest.fixture(scope="module")
def reader(tiny_run):
    return keras_predictor.load(tiny_run)


@pytest.fixture(scope="module")
def quick(tiny_run):
    """The same network as LiteRT reads it."""
    return predictor.load(tiny_run)


def looks_at(row, column):
    """A network whose every answer hangs on one pixel: ink there says 1, none says 0."""
    import keras

    inputs = keras.Input((28, 28))
    last = keras.layers.Dense(10, activation="softmax")
    model = keras.Model(inputs, last(keras.layers.Flatten()(inputs)))
    weights = np.zeros((784, 10), np.float32)
    weights[row * 28 + column, 1] = 8
    last.set_weights([weights, np.array([4] + [0] * 9, np.float32)])
    return KerasPredictor(model)


def inked(row, column):
    image = np.zeros((28, 28), np.float32)
    image[8:20, 8:20] = 1
    assert image[row, column]
    return image


@pytest.mark.parametrize("spot", [(10, 12), (17, 9)])
def test_both_maps_find_the_one_pixel_that_decides(spot):
    image = inked(*spot)
    gradients = explanations.integrated_gradients(looks_at(*spot), image, 1)
    assert np.unravel_index(gradients.argmax(), (28, 28)) == spot
    assert np.count_nonzero(np.abs(gradients) > 1e-6) == 1
    covered = explanations.occlusion(looks_at(*spot), image, 1)
    assert covered[spot] == covered.max() > 0
    row, column = spot
    far = np.abs(np.add.outer(np.abs(np.arange(28) - row), np.abs(np.arange(28) - column)))
    assert (np.abs(covered[far > 2 * explanations.PATCH]) < 1e-6).all()
    assert (
        explanations.occlusion(looks_at(*spot), image, 0)[spot] < 0
    )  # the same ink speaks against 0


def test_gradients_add_up_to_what_the_ink_changes(reader, digits):
    image = datasets.scale(digits.x_test[3])
    digit = int(digits.y_test[3])
    relevance = explanations.integrated_gradients(reader, image, digit, steps=256)
    with_ink, without = np.log(
        np.concatenate([reader.predict(image[None]), reader.predict(0 * image[None])])
    )[:, digit]
    assert relevance.sum() == pytest.approx(with_ink - without, rel=0.02, abs=0.02)
    assert (relevance[image == 0] == 0).all()


def test_maps_of_an_empty_image_are_finite(reader):
    empty = np.zeros((28, 28), np.float32)
    for relevance in (
        explanations.occlusion(reader, empty, 3),
        explanations.integrated_gradients(reader, empty, 3),
    ):
        assert relevance.shape == (28, 28)
        assert np.isfinite(relevance).all()
        assert explanations.overlay(empty, relevance).dtype == np.uint8


def test_the_picture_shows_what_speaks_for_in_blue_and_against_in_orange():
    relevance = np.zeros((28, 28), np.float32)
    relevance[:14], relevance[14:] = 1, -1
    seen = explanations.overlay(
        drawing.from_strokes([np.array([[0, 0], [9, 9]], float)]), relevance
    )
    assert (seen[:14, :, 2] > seen[:14, :, 0]).all()
    assert (seen[14:, :, 0] > seen[14:, :, 2]).all()


def test_features_are_what_the_last_layer_is_given(reader, quick, digits):
    images = digits.x_test[:40]
    found = explanations.features(quick, images)
    weights, bias = (np.asarray(w) for w in reader.model.layers[-1].get_weights())
    scores = found @ weights + bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    assert expected == pytest.approx(reader.predict(datasets.scale(images)), abs=1e-4)


def test_nearest_agrees_with_looking_at_all_distances():
    random = np.random.default_rng(0)
    known, asked = random.random((300, 5), np.float32), random.random((130, 5), np.float32)
    noted = []
    indices, distances = explanations.nearest(
        asked, known, 4, lambda done, of: noted.append((done, of))
    )
    every = np.linalg.norm(asked[:, None] - known, axis=2)
    assert indices.tolist() == np.argsort(every, axis=1)[:, :4].tolist()
    assert distances == pytest.approx(np.sort(every, axis=1)[:, :4], abs=1e-5)
    assert noted[-1] == (130, 130)


def test_a_digit_is_its_own_nearest(quick, digits):
    known = explanations.features(quick, digits.x_train[:300])
    indices, distances = explanations.nearest(known[:20], known, 1)
    assert distances.max() < 1e-3
    assert (known[indices[:, 0]] == known[:20]).all()
