"""Trainings that begin with another run's weights."""

import dataclasses
import shutil

import numpy as np
import pytest

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import comparison
from mnist_core.networks import keras_predictor
from mnist_core.recipes import Recipe, average_pool, conv, dense, dropout
from mnist_core.training import ensembles, queue, training_run, transfer
from mnist_core.training.listeners import Listeners

MAPS = Recipe(
    "maps",
    "maps",
    (conv(4, strides=2, norm=True), conv(6, strides=2, norm=True), average_pool(), dropout(0.2)),
    epochs=1,
    batch_size=64,
)


def weights_of(run):
    model = keras_predictor.load_model(run)
    return [[np.array(w) for w in layer.get_weights()] for layer in model.layers if layer.weights]


def same(one, other):
    return [
        all(np.array_equal(a, b) for a, b in zip(*pair, strict=True))
        for pair in zip(one, other, strict=True)
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(tmp_path_factory.mktemp("models")))
        return training_run.train(MAPS, digits, seed=3, name="maps")


@pytest.fixture
def maps(trained, models_dir):
    return runs.read(shutil.copytree(trained.path, models_dir / "maps"))


def test_frozen_layers_keep_all_that_they_had(maps, digits):
    recipe = dataclasses.replace(MAPS, start_from="maps", frozen=1, epochs=2)
    run = training_run.train(recipe, digits, name="after")
    # Convolution, its normalisation with its statistics; then what was trained.
    assert same(weights_of(maps), weights_of(run)) == [True, True, False, False, False]
    assert run.record.start == runs.Start(
        run="maps",
        sha256=runs.file_sha256(maps.model_file),
        layers=3,
        datasets=("optical-digits",),
    )
    assert runs.summary(run)["starts from"] == "maps, 3 layers, 1 of them frozen"
    assert runs.read("after").recipe == recipe


def test_a_training_that_starts_from_weights_begins_where_they_were(own_run, digits, tiny):
    recipe = dataclasses.replace(tiny, start_from="mine", epochs=1, learning_rate=1e-8)
    run = training_run.train(recipe, digits, seed=9, name="after")
    assert run.metrics.test_accuracy == pytest.approx(own_run.metrics.test_accuracy, abs=0.01)
    assert all(
        np.allclose(a, b, atol=1e-5)
        for one, other in zip(weights_of(own_run), weights_of(run), strict=True)
        for a, b in zip(one, other, strict=True)
    )


def test_where_layers_differ_fresh_weights_begin(own_run, digits, tiny):
    recipe = dataclasses.replace(
        tiny, hidden=(*tiny.hidden, dense(12)), start_from="mine", frozen=1, epochs=1
    )
    run = training_run.train(recipe, digits, name="after")
    assert run.record.start.layers == 1
    assert same(weights_of(own_run)[:1], weights_of(run)[:1]) == [True]
    assert len(weights_of(run)) == 3


def test_an_interruption_changes_nothing(maps, digits):
    recipe = dataclasses.replace(MAPS, start_from="maps", frozen=1, epochs=3)
    whole = training_run.train(recipe, digits, seed=4, name="whole")
    cut = runs.create(recipe, digits.name, 4, "cut")

    def interrupt(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training_run.train_run(cut, digits, Listeners(interrupt))
    shutil.rmtree(maps.path)  # what was taken from it lies in the checkpoint
    again = training_run.train_run(runs.read("cut"), digits)
    assert all(same(weights_of(whole), weights_of(again)))
    assert again.record.start == whole.record.start


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"start_from": "nobody"}, "nobody does not exist"),
        ({"hidden": (dense(17),)}, "The first layer of mine is another than that of tiny"),
        ({"hidden": (dense(16), dense(8)), "frozen": 2}, "Only the first 1 layers of mine"),
        ({"frozen": 2}, "from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_before_a_run_is_made(
    own_run, models_dir, digits, tiny, changes, says
):
    recipe = dataclasses.replace(tiny, **{"start_from": "mine", **changes})
    for begin in (
        lambda: training_run.train(recipe, digits, name="after"),
        lambda: queue.submit(recipe, digits.name, name="after"),
    ):
        with pytest.raises(InputError, match=says):
            begin()
    assert not (models_dir / "after").exists()


def test_only_runs_of_known_layers_can_be_started_from(own_run, tiny):
    average = ensembles.create("average", [own_run, runs.read("report-ann")])
    assert "not those of a recipe" in transfer.refusal(average)
    runs.change(own_run, status=runs.QUEUED)
    assert "is queued: start from one that is finished" in transfer.refusal(runs.read("mine"))
    own_run.model_file.unlink()
    runs.change(own_run, status=runs.FINISHED)
    with pytest.raises(InputError, match="missing"):
        transfer.source("mine")


def test_a_run_that_is_not_found_by_its_name_is_named_by_its_place(own_run, digits, tiny, tmp_path):
    moved = runs.read(shutil.copytree(own_run.path, tmp_path / "elsewhere" / "other"))
    recipe = dataclasses.replace(tiny, start_from=runs.reference(moved), epochs=1)
    run = training_run.train(recipe, digits, name="after")
    assert run.record.start.run == str(moved.path)


# --- one writer ----------------------------------------------------------------------


@pytest.mark.parametrize("writer", [1, 5])
def test_the_digits_of_one_writer(needs_pens, writer):
    pens = datasets.load("pen-strokes")
    part = "test" if writer in datasets.TEST_WRITERS else "train"
    chosen = getattr(pens, f"writers_{part}") == writer
    hand = datasets.load(f"pen-strokes-{writer}")
    assert datasets.at_hand(hand.name)
    together = np.concatenate([hand.x_train, hand.x_test])
    assert np.array_equal(together, getattr(pens, f"x_{part}")[chosen])
    assert abs(len(hand.x_train) - len(hand.x_test)) <= 1
    assert len(hand.strokes_train) == len(hand.x_train) >= 100
    assert set(hand.y_test) == set(range(10))
    # There is more than one hand to validate on only where there is more than one hand.
    kept, validating = datasets.split(len(hand.x_train), 0.2, writers=hand.writers_train)
    assert len(kept) > len(validating) > 0


@pytest.mark.parametrize("name", ["pen-strokes-0", "pen-strokes-31", "pen-strokes-x"])
def test_no_such_writer(name):
    assert datasets.writer_of(name) is None
    with pytest.raises(InputError, match="pen-strokes-1 to pen-strokes-30"):
        datasets.load(name)


def test_a_hand_that_was_learnt_does_not_count_among_strangers(needs_pens, own_run, digits):
    pens = datasets.load("pen-strokes")
    known = int((pens.writers_test == 5).sum())
    before = comparison.measure(own_run)
    runs.change(own_run, start=runs.Start(run="x", layers=1, datasets=("mnist", "pen-strokes-5")))
    after = comparison.measure(runs.read("mine"))
    assert before.drawn_count == len(pens.y_test)
    assert after.drawn_count == before.drawn_count - known
