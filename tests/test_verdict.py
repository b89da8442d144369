"""What is said of a run's curves."""

import dataclasses

import pytest

from mnist_core import recipes, runs
from mnist_core.evaluation.verdict import verdict

PLAIN = recipes.Recipe("plain", "plain", (recipes.dense(16),))
DROPOUT = recipes.get("report-ann")


def rows(*pairs, above=-0.01):
    """A history of (loss, val_loss, accuracy)."""
    return [
        {
            "epoch": n,
            "loss": loss,
            "val_loss": val,
            "accuracy": right,
            "val_accuracy": right + above,
        }
        for n, (loss, val, right) in enumerate(pairs, 1)
    ]


@pytest.mark.parametrize(
    ("rate", "history", "says"),
    [
        (
            1.0,
            rows((2.4, 2.4, 0.1), (2.4, 2.4, 0.1)),
            "It guesses: the learning rate 1 is too high.",
        ),
        (1e-5, rows((2.4, 2.3, 0.1), (2.3, 2.3, 0.12)), "the learning rate 1e-05 is too low"),
        (0.1, rows((0.5, 0.4, 0.9), (2.3, 2.3, 0.3)), "by epoch 1 was lost again"),
        (
            0.001,
            rows((0.5, 0.4, 0.9), (0.3, 0.3, 0.95), (0.1, 0.4, 0.97)),
            "Since epoch 2 it learns its training digits by heart",
        ),
        (0.001, rows((0.5, 0.4, 0.9), (0.3, 0.3, 0.95)), "still getting better at 94.0%"),
        (0.001, rows((0.30, 0.300, 0.95), (0.29, 0.299, 0.95)), "levelled off at 94.0%"),
        (0.001, rows((0.30, 0.300, 0.95)), "After one epoch"),
    ],
)
def test_each_course_of_a_training_is_told_from_the_others(rate, history, says):
    told = verdict(dataclasses.replace(PLAIN, learning_rate=rate), history)
    assert says in told
    assert "above training" not in told


def test_it_says_why_validation_is_above_training():
    history = rows((0.3, 0.3, 0.95), (0.29, 0.299, 0.95), above=0.01)
    assert verdict(DROPOUT, history).endswith("because dropout is off there.")
    light = dataclasses.replace(PLAIN, augmentation=recipes.LIGHT)
    assert "not changed at random" in verdict(light, history)
    assert "measured during the epoch" in verdict(PLAIN, history)


@pytest.mark.parametrize("name", runs.SHIPPED)
def test_every_shipped_run_is_summed_up(name):
    run = runs.read(name)
    assert verdict(run.recipe, runs.read_history(run))


def test_of_no_epoch_nothing_is_said():
    assert verdict(PLAIN, []) == ""
