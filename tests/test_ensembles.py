"""Several runs averaged as one run."""

import dataclasses
import shutil
import time

import keras
import numpy as np
import pytest
import tampering

from mnist_core import datasets, predictor, report, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import comparison, explanations, results
from mnist_core.networks import browser, formats, keras_predictor, saving
from mnist_core.recipes import Recipe, average_pool, conv, dense
from mnist_core.training import ensembles, imports, training_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    """A folder with three runs that read in as many ways."""
    folder = tmp_path_factory.mktemp("members")
    recipes = [
        Recipe("soft", "soft", (dense(16),), epochs=2, batch_size=64),
        Recipe("apart", "apart", (dense(8),), output="sigmoid", epochs=2, batch_size=64),
        Recipe(
            "turned",
            "turned",
            (conv(4, strides=2, norm=True), average_pool()),
            epochs=1,
            tta_angle=8.0,
        ),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(folder))
        for recipe in recipes:
            run = training_run.train(recipe, digits, seed=2, name=recipe.name)
        runs.change(run, temperature=0.6, confidence_threshold=0.8)
    return folder


@pytest.fixture
def members(trained, models_dir):
    shutil.copytree(trained, models_dir, dirs_exist_ok=True)
    return [runs.read(name) for name in ("soft", "apart", "turned")]


@pytest.fixture
def average(members):
    return ensembles.create("average", members)


def test_it_gives_the_mean_of_what_its_members_say(average, members, digits):
    images = datasets.scale(digits.x_test)
    expected = np.mean([predictor.load(run).predict(images) for run in members], axis=0)
    for run in members:
        runs.delete(run)  # the file stands for itself
    assert np.allclose(predictor.load("average").predict(images), expected, atol=1e-6)
    one = predictor.load("average").predict(images[:1])
    assert np.allclose(one, expected[:1], atol=1e-6)


def test_it_is_a_run_that_says_what_it_averages(average, members, digits):
    assert average.status == runs.FINISHED
    assert average.problem is None
    assert average.members == ["soft", "apart", "turned"]
    noted = [member.sha256 for member in average.record.ensemble.members]
    assert noted == [runs.file_sha256(run.model_file) for run in members]
    assert runs.summary(average)["averages"] == "soft, apart, turned"
    assert average.confidence_threshold == pytest.approx((0.5 + 0.5 + 0.8) / 3, abs=1e-4)
    assert average.record.seconds == pytest.approx(sum(run.record.seconds for run in members))
    found = results.find(average, "optical-digits", digits.checksum)
    right = (found.probabilities.argmax(axis=1) == digits.y_test).mean()
    assert average.metrics.test_accuracy == pytest.approx(right)
    assert not (average.path / "progress.json").exists()


def test_it_can_be_explained_and_exported_and_comes_in_again(average, digits, tmp_path):
    reader = predictor.load(average)
    image = datasets.scale(digits.x_test[:1])[0]
    digit = int(digits.y_test[0])
    assert (
        np.abs(explanations.integrated_gradients(keras_predictor.load(average), image, digit)).sum()
        > 0
    )
    # What its last layer is given is what each of the three says.
    assert explanations.features(reader, digits.x_test[:7]).shape == (7, 30)
    formats.export(average, tmp_path / "out.keras")
    for ending in (".h5", ".tflite"):
        with pytest.raises(InputError, match="cannot hold an average"):
            formats.export(average, tmp_path / f"out{ending}")
    given = (tmp_path / "out.keras").read_bytes()
    again = imports.import_keras(given, "again", average.dataset)
    assert again.metrics.test_accuracy == average.metrics.test_accuracy
    with pytest.raises(InputError, match="cannot run in a browser"):
        browser.pack(average)
    assert "averages others" in report.refusal(average)


def test_an_average_can_be_averaged(average, members, digits):
    both = ensembles.create("both", [average, members[0]])
    images = datasets.scale(digits.x_test[:20])
    expected = np.mean([predictor.load(run).predict(images) for run in (average, members[0])], 0)
    assert np.allclose(predictor.load(both).predict(images), expected, atol=1e-6)


def test_it_remembers_all_that_its_members_were_trained_on(members):
    runs.change(members[0], dataset=runs.DatasetUsed(name="pen-strokes-5"))
    average = ensembles.create("average", [runs.read(run.name) for run in members])
    assert average.record.dataset.name == "optical-digits"  # as most of them
    assert runs.trained_on(average) == {"pen-strokes-5", "optical-digits"}


def test_the_file_holds_nothing_but_keras_own_layers(average):
    loaded = keras.models.load_model(average.model_file, compile=False, safe_mode=True)
    kinds = {layer.__class__.__module__ for layer in loaded.layers}
    assert all(kind.startswith("keras.") for kind in kinds)
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in loaded.layers)


def broken(run):
    run.model_file.write_bytes(b"nothing")


def unfinished(run):
    runs.change(run, status=runs.FAILED)


def gone(run):
    shutil.rmtree(run.path)


def huge(run):
    runs.change(run, parameters=ensembles.MOST_PARAMETERS)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (broken, "incomplete or altered"),
        (unfinished, "is failed: average runs that are finished"),
        (gone, "does not exist"),
        (huge, "average fewer or smaller"),
    ],
)
def test_members_that_cannot_be_averaged_are_refused(members, models_dir, spoil, says):
    spoil(members[1])
    with pytest.raises(InputError, match=says):
        ensembles.create("average", [runs.read(run.name) for run in members])
    assert not (models_dir / "average").exists()


def test_too_few_too_many_or_twice_the_same_are_refused(members, models_dir):
    for chosen in (members[:1], members * 3):
        with pytest.raises(InputError, match="takes 2 to 8 runs"):
            ensembles.create("average", chosen)
    with pytest.raises(InputError, match="soft is named twice"):
        ensembles.create("average", [members[0], *members])
    with pytest.raises(InputError, match="a run soft already"):
        ensembles.create("soft", members)
    assert not (models_dir / "average").exists()


def test_a_member_that_changes_meanwhile_fails_the_average(members, digits):
    run = ensembles._begin("average", members)
    saving.save(
        keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)]),
        members[0].model_file,
        digits.x_test[:5],
    )
    runs.change(members[0], model=runs.ModelFile())
    with pytest.raises(InputError, match="soft has changed meanwhile"):
        ensembles.measure_ensemble(run)
    after = runs.read("average")
    assert after.status == runs.FAILED
    assert "has changed meanwhile" in after.record.reason


def test_a_process_of_its_own_makes_it(members):
    started = ensembles.start("average", members)
    assert started.status == runs.RUNNING
    limit = time.monotonic() + 120
    while (run := runs.read("average")).active:
        assert time.monotonic() < limit
        time.sleep(0.1)
    assert run.status == runs.FINISHED, runs.log_end(run)
    assert run.metrics.test_accuracy > 0


def test_garbled_members_are_a_problem_and_no_crash(average):
    for garbage in (7, ["x"], {"members": "abc"}, {"members": [{"run": 1}]}, {"members": 3}):
        run = tampering.rewrite(average, ensemble=garbage)
        assert "garbled" in run.problem
        assert "ensemble" in run.problem


def test_its_gain_and_cost_are_set_against_the_best_member(average, members):
    def contender(run, drawn, milliseconds):
        return comparison.contender(run, comparison.Measured(drawn, 100, milliseconds))

    others = [contender(run, 0.9 + i / 100, 1.0) for i, run in enumerate(members)]
    words = comparison.gain(contender(average, 0.93, 3.0), others)
    assert words.startswith("average averages soft, apart and turned. It reads ")
    assert "1.00 points more of the drawn digits than turned" in words
    assert "3.0 times the time for one image" in words
    best = max(members, key=lambda run: run.metrics.test_accuracy)
    assert f"of the test digits than {best.name}" in words
    alone = comparison.gain(contender(average, 0.93, 3.0), [])
    assert alone == "average averages soft, apart and turned."


def test_figures_on_other_digits_are_no_gain(average, members):
    elsewhere = dataclasses.replace(
        comparison.contender(members[0]), test_digits="mnist", metrics={"test_accuracy": 0.1}
    )
    assert "test digits" not in comparison.gain(comparison.contender(average), [elsewhere])
