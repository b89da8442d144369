"""What a drawing is like: to the networks, and to the training digits."""

import numpy as np

from mnist_core import datasets, predictor, runs
from mnist_core.evaluation import explanations, likeness


def test_a_training_digit_is_most_like_itself_and_every_network_has_its_say(own_run, digits):
    image = datasets.scale(digits.x_train[:1])[0]
    found = likeness.of(own_run, image)
    assert found.names[0] == own_run.name
    assert set(found.names) == {run.name for run in runs.all_runs() if run.usable}
    for name, row in zip(found.names, found.probabilities, strict=True):
        assert np.allclose(row, predictor.load(name).predict(image[None])[0], atol=1e-5)
    assert np.array_equal(found.images[0], digits.x_train[0])
    assert found.labels[0] == digits.y_train[0]
    assert not found.problem
    # Few digits are all compared: then it is the exact answer.
    reader = predictor.load(own_run)
    some = digits.x_train[: likeness.AMONG]
    near = likeness.nearest_in_training(reader, image, some)
    known, own = explanations.features(reader, some), reader.features(image[None])
    assert near.tolist() == explanations.nearest(own, known, likeness.NEAREST)[0][0].tolist()


def test_without_its_training_digits_the_networks_still_have_their_say(no_datasets):
    image = np.zeros((28, 28), np.float32)
    image[4:24, 13:15] = 1
    likeness._training.cache_clear()
    found = likeness.of(runs.read(runs.DEFAULT_RUN), image)
    likeness._training.cache_clear()
    assert len(found.names) >= 3
    assert len(found.images) == 0
    assert found.problem
