"""Saved hands as datasets."""

import numpy as np
import pytest

from mnist_core import datasets, runs
from mnist_core.datasets import hands
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.hands import Digit, dump
from mnist_core.recipes import RECIPES
from mnist_core.training import hands as tuning


@pytest.fixture
def text(digits):
    """A saved hand of 40 digits."""
    pairs = zip(digits.x_train[:40], digits.y_train, strict=False)
    return dump([Digit(image, int(label)) for image, label in pairs])


def test_a_kept_hand_is_a_dataset_with_digits_to_train_on_and_to_test(no_datasets, text, digits):
    assert hands.names() == ()
    assert hands.keep(text, " Ana_2 ") == "hand-Ana_2"
    assert hands.names() == ("hand-Ana_2",)
    assert "hand-Ana_2" in results.test_sets()
    assert datasets.at_hand("hand-Ana_2")
    found = datasets.load("hand-Ana_2", fetch=False)
    assert len(found.x_train) + len(found.x_test) == 40
    assert 8 <= len(found.x_test) <= 14
    both = np.concatenate([found.x_train, found.x_test]).reshape(40, -1)
    given = digits.x_train[:40].reshape(40, -1)
    assert {image.tobytes() for image in both} == {image.tobytes() for image in given}


def test_the_default_run_is_fine_tuned_to_a_hand_in_small_steps(no_datasets, text):
    recipe = tuning.recipe(hands.keep(text, "ana"))
    usual = RECIPES[runs.DEFAULT_RUN]
    assert recipe.start_from == runs.DEFAULT_RUN
    assert recipe.dataset == "hand-ana"
    assert recipe.learning_rate < usual.learning_rate
    assert recipe.batch_size < 10


@pytest.mark.parametrize("name", ["", "../up", "a b", "x" * 41, "a+b"])
def test_a_name_that_is_none_is_refused(no_datasets, text, name):
    with pytest.raises(InputError, match="letters, digits"):
        hands.keep(text, name)


def test_what_is_no_hand_or_too_small_or_altered_is_refused(no_datasets, text):
    with pytest.raises(InputError, match="no saved hand"):
        hands.keep("{}", "ana")
    with pytest.raises(InputError, match="at least 20"):
        hands.keep(dump([]), "ana")
    with pytest.raises(InputError, match="There is no dataset"):
        datasets.load("hand-ana")
    hands.keep(text, "ana")
    (hands.folder() / "ana.json").write_text("{}")
    with pytest.raises(InputError, match="no saved hand"):
        datasets.load("hand-ana")
