"""Recipes: the reports' facts, a way to JSON and back, and the refusal of nonsense."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import recipes
from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES, Recipe, conv, dense, dropout, lstm, max_pool

# Name, widths of the dense layers, dropout rates, and the hyperparameters that are reported.
# The formatter would give every number a line: then nobody could compare them with the reports.
REPORTED = [
    ("report-ann", [128, 64], [0.3, 0.3], {
        "optimizer": "adam", "learning_rate": 0.001, "loss": "categorical_crossentropy",
        "batch_size": 128, "epochs": 10, "validation_split": 0.1, "patience": None,
    }),
    ("early-stopping-ann", [128, 64], [0.3, 0.3], {
        "optimizer": "adam", "loss": "sparse_categorical_crossentropy",
        "batch_size": 128, "epochs": 50, "validation_split": 0.1, "patience": 5,
    }),
    ("sigmoid-ann", [100], [], {
        "output": "sigmoid", "optimizer": "adam", "loss": "sparse_categorical_crossentropy",
        "batch_size": 32, "epochs": 10, "validation_split": 0.1,
    }),
    ("perceptron", [], [], {
        "optimizer": "sgd", "learning_rate": 0.01, "loss": "categorical_crossentropy",
        "batch_size": 64, "epochs": 70, "validation_split": 0.2,
    }),
    ("mlp", [64, 64], [], {
        "optimizer": "sgd", "learning_rate": 0.01, "batch_size": 64, "epochs": 100,
        "validation_split": 0.2,
    }),
    ("dropout-mlp", [128, 128], [0.3, 0.3], {
        "optimizer": "sgd", "learning_rate": 0.01, "batch_size": 64, "epochs": 50,
        "validation_split": 0.2,
    }),
    ("wide-mlp", [512, 512], [0.3, 0.3], {
        "optimizer": "adam", "batch_size": 128, "epochs": 31, "validation_split": 0.2,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("name", "widths", "rates", "facts"), REPORTED)
def test_a_recipe_is_as_its_report_says(name, widths, rates, facts):
    recipe = recipes.get(name)
    assert recipe.name == name
    assert [layer["units"] for layer in recipe.hidden if layer["kind"] == "dense"] == widths
    assert [layer["rate"] for layer in recipe.hidden if layer["kind"] == "dropout"] == rates
    assert len(recipe.hidden) == len(widths) + len(rates)
    assert all(layer["activation"] == "relu" for layer in recipe.hidden if layer["kind"] == "dense")
    assert {key: getattr(recipe, key) for key in facts} == facts
    assert recipe.output == facts.get("output", "softmax")
    # What the reports do not do: augment, smooth the labels, change the learning rate.
    assert not any(recipe.augmentation.values())
    assert (recipe.label_smoothing, recipe.schedule, recipe.dataset) == (0, "constant", "mnist")


def test_the_two_recipes_that_the_reports_leave_free():
    assert any(layer["kind"] == "conv" for layer in RECIPES["cnn"].hidden)
    assert any(layer["kind"] == "lstm" for layer in RECIPES["rnn"].hidden)


def test_every_recipe_is_known_by_its_own_name_and_makes_sense():
    assert {"cnn", "rnn"} | {name for name, *_ in REPORTED} <= set(RECIPES)
    for name, recipe in RECIPES.items():
        assert recipe.name == name
        assert recipe.title
        recipes.check(recipe)


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"no recipe 'cmn': choose one of report-ann, .*cnn"):
        recipes.get("cmn")


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_recipe_survives_json(name):
    recipe = RECIPES[name]
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert again.to_dict() == recipe.to_dict()


FINGERPRINTS = {
    "report-ann": "efa0f95065b6",
    "early-stopping-ann": "52515dda3d88",
    "sigmoid-ann": "79674a0b6975",
    "perceptron": "9c05aac8a2e7",
    "mlp": "a1de96edad9c",
    "dropout-mlp": "f8e4e91c01ef",
    "wide-mlp": "56f46be0ed1b",
    "cnn": "64d8fe30cac9",
    "fast-cnn": "59423b50c8ed",
    "keras-convnet": "06a7e9e66e48",
    "pen-cnn": "33b1d982a08e",
    "many-hands-cnn": "0b3c5eebd803",
    "hands-cnn": "fbe2b1a629d7",
    "rnn": "3607041196bf",
}


@pytest.mark.parametrize(("name", "known"), FINGERPRINTS.items())
def test_what_was_measured_of_a_recipe_is_still_known_by_its_fingerprint(name, known):
    read = Recipe.from_dict(json.loads(json.dumps(RECIPES[name].to_dict())))
    assert recipes.fingerprint(RECIPES[name]) == recipes.fingerprint(read) == known


def test_an_older_recipe_lacks_what_has_a_default():
    recipe = Recipe.from_dict({"name": "old", "hidden": [{"kind": "dense", "units": 5}]})
    assert (recipe.name, recipe.title) == ("old", "old")
    assert recipe.epochs == Recipe("x", "x", ()).epochs
    recipes.check(recipe)


# --- check ---------------------------------------------------------------------------

nan, infinity = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epochs": 0}, "number of epochs"),
        ({"epochs": -3}, "number of epochs"),
        ({"epochs": 2.5}, "number of epochs must be a whole number"),
        ({"epochs": 1_000_000}, "number of epochs"),
        ({"epochs": True}, "number of epochs"),
        ({"epochs": "10"}, "number of epochs"),
        ({"batch_size": 0}, "batch size"),
        ({"batch_size": -1}, "batch size"),
        ({"batch_size": None}, "batch size"),
        ({"learning_rate": 0}, "learning rate"),
        ({"learning_rate": -0.001}, "learning rate"),
        ({"learning_rate": nan}, "learning rate"),
        ({"learning_rate": infinity}, "learning rate"),
        ({"learning_rate": "fast"}, "learning rate"),
        ({"validation_split": -0.1}, "validation split"),
        ({"validation_split": 1.0}, "validation split"),
        ({"validation_split": nan}, "validation split"),
        ({"label_smoothing": 1.0}, "Label smoothing"),
        ({"optimizer": "adagard"}, "no optimizer 'adagard': choose one of adam"),
        ({"optimizer": ["adam"]}, "no optimizer"),
        ({"loss": "mse"}, "no loss 'mse'"),
        ({"output": "relu"}, "no output activation 'relu'"),
        ({"schedule": "stairs"}, "no learning rate schedule 'stairs'"),
        ({"patience": 0}, "patience"),
        ({"patience": 3, "validation_split": 0.0}, "Early stopping needs validation samples"),
        ({"augmentation": {"flip": 1.0}}, "no augmentation 'flip'"),
        ({"augmentation": {"rotation": -5}}, "augmentation rotation"),
        ({"augmentation": {"zoom": nan}}, "augmentation zoom"),
        ({"renderings": -1}, "number of renderings"),
        ({"stroke_augmentation": {"blur": 0.1}}, "no stroke augmentation 'blur'"),
        ({"stroke_augmentation": {"slant": 7}}, "stroke augmentation slant"),
        ({"hidden": (dropout(1.0),)}, "dropout rate"),
        ({"hidden": (dropout(-0.1),)}, "dropout rate"),
        ({"hidden": (dense(0),)}, "width of a dense layer"),
        ({"hidden": (dense(64), dense(-1))}, "width of a dense layer"),
        ({"hidden": ({"kind": "dense"},)}, "width of a dense layer"),
        ({"hidden": (lstm(100_000),)}, "width of a lstm layer"),
        ({"hidden": (conv(0),)}, "number of filters"),
        ({"hidden": (conv(8, size=29),)}, "size of a filter"),
        ({"hidden": (conv(8, strides=0),)}, "stride of a filter"),
        ({"hidden": (conv(8, 2, strides=3),)}, "stride of a filter"),
        ({"hidden": (max_pool(1),)}, "size of a pooling layer"),
        ({"hidden": ({"kind": "attention"},)}, "no layer 'attention'"),
        ({"hidden": ({},)}, "no layer None"),
        ({"frozen": 1}, "say which to start from"),
        ({"frozen": 2, "start_from": "cnn"}, "frozen layers must be a whole number from 0 to 1"),
        ({"frozen": -1, "start_from": "cnn"}, "number of frozen layers"),
    ],
)
def test_nonsense_is_refused_by_name(changes, says):
    recipe = dataclasses.replace(Recipe("x", "x", (dense(8),)), **changes)
    with pytest.raises(InputError, match=says) as refusal:
        recipes.check(recipe)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_the_limits_themselves_are_allowed():
    recipes.check(Recipe("x", "x", (), epochs=1, batch_size=1, validation_split=0.0))
    recipes.check(Recipe("x", "x", (dropout(0.0), dense(1)), learning_rate=1, patience=1))
    recipes.check(Recipe("x", "x", (), augmentation=dict.fromkeys(recipes.AUGMENTATIONS, 0)))
    recipes.check(Recipe("x", "x", (), augmentation=recipes.AUGMENTATIONS))
    recipes.check(Recipe("x", "x", (), stroke_augmentation=recipes.STROKE_AUGMENTATIONS))


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_a_seed_is_taken(seed):
    recipes.check_seed(seed)


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, None, "1", True])
def test_a_seed_that_not_every_generator_takes_is_refused(seed):
    with pytest.raises(InputError, match="seed must be a whole number from 0 to 2147483647, not"):
        recipes.check_seed(seed)


# --- starting from another ------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ((), (), 1),  # the output alone
        ((dense(8),), (dense(8), dropout(0.3)), 2),  # dropout has no weights
        ((dense(8), dense(4)), (dense(8), dense(5)), 1),
        ((dense(8),), (dense(8), dense(8)), 1),
        ((dense(8),), (dense(8, "tanh"),), 0),
        ((conv(8), max_pool(), conv(8)), (conv(8), conv(8)), 1),
        ((conv(8), max_pool(), conv(8)), (conv(8), max_pool(), conv(8)), 3),
    ],
)
def test_networks_agree_as_far_as_their_first_layers_are_the_same(one, other, count):
    for pair in ((one, other), (other, one)):
        assert recipes.common_layers(*(Recipe("x", "x", hidden) for hidden in pair)) == count


def test_another_output_agrees_with_none():
    one = Recipe("x", "x", (dense(8),))
    assert recipes.common_layers(one, dataclasses.replace(one, output="sigmoid")) == 1


def test_what_goes_on_takes_smaller_steps_once():
    recipe = recipes.fine_tuned(RECIPES["cnn"], "cnn", 2)
    assert recipe.learning_rate < RECIPES["cnn"].learning_rate
    assert recipes.fine_tuned(recipe, "again").learning_rate == recipe.learning_rate
    assert (recipe.start_from, recipe.frozen) == ("cnn", 2)


@pytest.mark.parametrize("name", list(RECIPES))
@pytest.mark.parametrize("images", [1, 10, 100, 5000])
def test_few_images_make_a_recipe_that_can_be_trained(name, images):
    recipe = recipes.for_few_images(RECIPES[name], images)
    recipes.check(recipe)
    assert recipe.train_images == images
    assert recipe.batch_size <= max(1, images * (1 - recipe.validation_split))
    assert recipe.non_digits <= images / 10


# --- from_dict -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        "cnn",
        {},
        {"name": "x"},
        {"hidden": []},
        {"name": "x", "hidden": [], "momentum": 0.9},
        {"name": "x", "hidden": [], 5: 6},
        {"name": 5, "hidden": []},
        {"name": "x", "hidden": None},
        {"name": "x", "hidden": 7},
        {"name": "x", "hidden": "dense"},
        {"name": "x", "hidden": [7]},
        {"name": "x", "hidden": [[["kind", "dense"]]]},
        {"name": "x", "hidden": {"kind": "dense"}},
        {"name": "x", "hidden": [], "augmentation": 4},
        {"name": "x", "hidden": [], "start_from": 4},
        {"name": "x", "hidden": [], "stroke_augmentation": ["slant"]},
        {"name": "x", "hidden": [], "epochs": "many"},
        {"name": "x", "hidden": [], "batch_size": 2.5},
        {"name": "x", "hidden": [], "augmentation": {"zoom": "much"}},
        {"name": "x", "hidden": [], "calibrate": 1},
        {"name": "x", "hidden": [], "learning_rate": 10**400},
    ],
)
def test_what_is_no_recipe_is_refused(values):
    with pytest.raises(InputError) as refusal:
        Recipe.from_dict(values)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"hidden": []}, "missing required field name"),
        ({"name": "x", "hidden": [], "epochs": "many"}, "expected int, got str at epochs"),
        ({"name": "x", "hidden": [[]]}, r"expected object, got array at hidden\[0\]"),
        ({"name": "x", "hidden": [], "momentum": 0.9}, "unknown entries: momentum"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_said(values, says):
    with pytest.raises(InputError, match=says):
        Recipe.from_dict(values)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.fixed_dictionaries(
            {"kind": st.sampled_from(["dense", "dropout", "conv", "lstm"]) | inner},
            optional={"units": inner, "rate": inner, "filters": inner},
        )
    ),
    max_leaves=8,
)
fields = {field.name: values for field in dataclasses.fields(Recipe)}
nearly_recipes = st.fixed_dictionaries(
    {"name": st.text() | values, "hidden": st.lists(values, max_size=3) | values},
    optional={key: kind for key, kind in fields.items() if key not in ("name", "hidden")},
)


@given(values | nearly_recipes)
def test_garbage_is_a_recipe_or_refused(garbage):
    try:
        recipe = Recipe.from_dict(garbage)
        recipes.check(recipe)
    except InputError:
        return
    assert Recipe.from_dict(recipe.to_dict()) == recipe
