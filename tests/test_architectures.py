"""Recipes made networks."""

import keras
import numpy as np
import pytest

from mnist_core import datasets, recipes
from mnist_core.errors import InputError
from mnist_core.networks import architectures
from mnist_core.recipes import (
    OPTIMIZERS,
    RECIPES,
    Recipe,
    average_pool,
    conv,
    dense,
    dropout,
    lstm,
    max_pool,
)


def build(*hidden, **others):
    return architectures.build(Recipe("x", "x", hidden, **others))


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_maps_images_to_ten_scores(name, digits):
    recipe = RECIPES[name]
    model = architectures.build(recipe)
    assert model.input_shape == (None, 28, 28)
    scores = np.asarray(model(datasets.scale(digits.x_test[:7])))
    assert scores.shape == (7, 10)
    assert scores.dtype == np.float32
    assert (scores >= 0).all()
    assert (scores <= 1).all()
    assert np.ptp(scores, axis=0).max() > 0  # different images, different scores
    if recipe.output == "softmax":
        assert scores.sum(axis=1) == pytest.approx(np.ones(7), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("report-ann", 109_386),
        ("early-stopping-ann", 109_386),
        ("sigmoid-ann", 79_510),
        ("perceptron", 7_850),
        ("mlp", 55_050),
        ("dropout-mlp", 118_282),
        ("wide-mlp", 669_706),
    ],
)
def test_the_number_of_parameters_is_the_reports(name, count):
    assert architectures.build(RECIPES[name]).count_params() == count


@pytest.mark.parametrize(
    ("hidden", "count"),
    [
        ((), 7_850),
        ((dense(16),), 785 * 16 + 170),
        ((dropout(0.5),), 7_850),
        ((dropout(0.5), conv(4)), 10 * 4 + 26 * 26 * 4 * 10 + 10),
        ((conv(4, 3), max_pool()), 10 * 4 + 13 * 13 * 4 * 10 + 10),
        ((conv(4, 5, strides=2),), 26 * 4 + 12 * 12 * 4 * 10 + 10),
        ((conv(4, norm=True), average_pool()), 9 * 4 + 4 * 4 + 4 * 10 + 10),
        ((max_pool(4), dense(5)), 49 * 5 + 5 + 50 + 10),
        ((lstm(6), dense(7)), 4 * 6 * (28 + 6 + 1) + 7 * 7 + 80),
    ],
)
def test_layers_follow_each_other(hidden, count):
    model = build(*hidden)
    assert model.count_params() == count
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize("norm", [False, True])
def test_hidden_layers_give_no_negative_values(digits, norm):
    model = build(conv(4, norm=norm), dense(8))
    hidden = model.layers[-1].input, model.layers[-2].input  # after the dense, after the conv
    for flow in hidden:
        values = np.asarray(keras.Model(model.input, flow)(datasets.scale(digits.x_test[:50])))
        assert values.min() == 0
        assert values.max() > 0


def test_the_same_seed_gives_the_same_first_weights():
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return build(dense(8)).get_weights()[0]

    assert np.array_equal(weights(3), weights(3))
    assert not np.array_equal(weights(3), weights(4))


@pytest.mark.parametrize(
    "hidden",
    [
        (max_pool(7), max_pool(7)),
        (max_pool(), max_pool(), max_pool(), max_pool(), max_pool()),
        (conv(4, 20), conv(4, 20)),
        (conv(4), lstm(8)),
        (lstm(8), lstm(8)),
        (lstm(8), conv(4)),
        (dense(8), conv(4)),
        (dense(8), lstm(8)),
        (average_pool(),),
        (dense(8), average_pool()),
        (conv(4), average_pool(), max_pool()),
    ],
)
def test_layers_that_do_not_fit_are_refused(hidden):
    with pytest.raises(InputError, match=hidden[-1]["kind"]) as refusal:
        build(*hidden)
    assert "\n" not in str(refusal.value)


def test_nonsense_is_refused_before_anything_is_built():
    with pytest.raises(InputError, match="number of epochs"):
        build(dense(8), epochs=0)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_optimizers_are_keras_own(name):
    recipe = Recipe("x", "x", (), optimizer=name, learning_rate=0.125)
    optimizer = architectures.optimizer(recipe, 100)
    kind, _, momentum = name.partition("-")
    assert type(optimizer).__name__.lower() == kind
    assert getattr(optimizer, "momentum", 0.0) == (0.9 if momentum else 0.0)
    assert float(optimizer.learning_rate) == 0.125
    default = type(optimizer)().learning_rate
    assert OPTIMIZERS[name] == pytest.approx(float(default))


@pytest.mark.parametrize("steps", [1, 10, 1000])
def test_cosine_warms_up_and_falls_to_zero(steps):
    recipe = Recipe("x", "x", (), learning_rate=0.5, schedule="cosine")
    schedule = architectures.optimizer(recipe, steps)._learning_rate
    rates = [float(schedule(step)) for step in range(steps + 1)]
    assert all(0 <= rate <= 0.5 + 1e-6 for rate in rates)
    assert rates[0] < 0.1
    if steps > 1:
        peak = int(np.argmax(rates))
        assert rates[peak] == pytest.approx(0.5)
        assert peak == max(1, steps // 20)
        assert rates[-1] < 0.01
        assert sorted(rates[peak:], reverse=True) == rates[peak:]


@pytest.mark.parametrize("name", list(RECIPES))
def test_the_layer_table_counts_as_keras_does(name):
    recipe = RECIPES[name]
    model, table = architectures.build(recipe), recipes.layer_table(recipe)
    assert sum(row.parameters for row in table) == model.count_params()
    shapes = [tuple(layer.output.shape[1:]) for layer in model.layers]
    assert {row.shape for row in table} <= set(shapes)
    assert (table[0].shape, table[-1].shape) == ((28, 28), (10,))


def test_the_layer_table_knows_strides_and_plain_convolutions():
    recipe = Recipe("x", "x", (conv(4, 5, strides=3), max_pool(2), conv(6), dense(7)))
    model = architectures.build(recipe)
    table = recipes.layer_table(recipe)
    assert sum(row.parameters for row in table) == model.count_params()
    assert (8, 8, 4) in [row.shape for row in table]
