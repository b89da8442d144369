"""Evaluations are found only where they belong, and made where they are missing."""

import json
import shutil
import time

import numpy as np
import pytest
import tampering

from mnist_core import background, datasets, evaluation, predictor, runs
from mnist_core.background import Process, Status
from mnist_core.errors import InputError
from mnist_core.evaluation import evaluator, results

DATASET = "optical-digits"


@pytest.fixture
def moved_run(own_run):
    """A run without an evaluation."""
    (own_run.path / "evaluation.npz").unlink()
    return own_run


def wait_for_the_end(run, kind=results.EVALUATION, seconds=200):
    states = set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = results.progress(run, DATASET, kind)
        if told is None or told.problem:
            return states, told
        states.add(told.state)
        assert 0 <= told.share <= 1
        time.sleep(0.05)
    pytest.fail("It did not end.")


def test_the_shipped_evaluations_are_found_without_the_dataset(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "nowhere"))
    for name in runs.SHIPPED:
        run = runs.read(runs.SHIPPED_DIR / name)
        found = results.find(run, "mnist")
        share = evaluation.accuracy(found.probabilities, found.labels)
        assert share == pytest.approx(run.metrics.test_accuracy)


def test_an_evaluation_is_kept_and_found_again(moved_run, digits):
    with pytest.raises(InputError, match="has not been evaluated on optical-digits"):
        results.find(moved_run, DATASET)
    before = sorted(moved_run.path.iterdir())
    made = evaluator.evaluate(moved_run, digits)
    assert sorted(moved_run.path.iterdir()) == before  # the run's directory stays as it is
    found = results.find(moved_run, DATASET, digits.checksum)
    expected = predictor.load(moved_run).predict(datasets.scale(digits.x_test))
    assert found.probabilities == pytest.approx(expected, abs=1e-5)
    assert (found.probabilities == made.probabilities).all()
    assert results.check(found, digits)
    with pytest.raises(ValueError, match="read-only"):  # it is shared
        found.probabilities[0] = 0


def test_what_was_kept_does_not_belong_to_another_model_file(moved_run, digits, models_dir):
    evaluator.evaluate(moved_run, digits)
    other = runs.read(shutil.copytree(moved_run.path, models_dir / "other"))
    assert results.find(other, DATASET)  # the same model file under another name
    import zipfile

    with zipfile.ZipFile(other.model_file, "a") as archive:
        archive.writestr("more.txt", "another file")
    info = json.loads((other.path / "run.json").read_text())
    info["model"]["bytes"] = other.model_file.stat().st_size
    tampering.write_json(other.path, info)
    with pytest.raises(InputError, match="has not been evaluated"):
        results.find(runs.read(other.path), DATASET)


def test_an_evaluation_of_another_model_file_is_refused_by_name(own_run):
    found = runs.read_evaluation(own_run)
    changed = {**vars(found), "model_sha256": "0" * 64}
    runs.write_evaluation(own_run.path, runs.Evaluation(**changed))
    with pytest.raises(InputError, match="belongs to another model file"):
        results.find(own_run, DATASET)


def test_an_evaluation_of_other_digits_is_refused_once_the_digits_are_known(own_run, digits):
    assert results.find(own_run, DATASET)
    with pytest.raises(InputError, match="belongs to other digits"):
        results.find(own_run, DATASET, "f" * 64)
    evaluator.evaluate(own_run, digits)
    found = results.find(own_run, DATASET, digits.checksum)
    swapped = datasets.Dataset(
        DATASET, digits.x_train, digits.y_train, digits.x_test[::-1], digits.y_test, "test"
    )
    assert not results.check(found, swapped)


def test_an_evaluation_that_claims_to_be_mnists_must_have_its_labels(own_run):
    found = runs.read_evaluation(own_run)
    changed = {**vars(found), "dataset": "mnist"}
    runs.write_evaluation(own_run.path, runs.Evaluation(**changed))
    with pytest.raises(InputError, match="belongs to other digits"):
        results.find(own_run, "mnist")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no archive at all"])
def test_a_damaged_evaluation_is_told(own_run, content):
    (own_run.path / "evaluation.npz").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        results.find(own_run, DATASET)


def test_a_damaged_file_that_was_kept_is_as_good_as_none(moved_run, digits):
    evaluator.evaluate(moved_run, digits)
    (kept,) = results.folder().glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(InputError, match="has not been evaluated"):
        results.find(moved_run, DATASET)


def test_a_run_that_is_not_finished_has_none(tiny, models_dir):
    run = runs.create(tiny, DATASET, 0, "waiting")
    with pytest.raises(InputError, match="is queued"):
        results.find(run, DATASET)
    with pytest.raises(InputError, match="is queued"):
        results.start(run, DATASET)
    assert results.progress(run, DATASET) is None


def test_a_process_evaluates_and_tells_how_far_it_is(moved_run):
    assert results.progress(moved_run, DATASET) is None
    results.start(moved_run, DATASET)
    results.start(moved_run, DATASET)  # a second click starts nothing
    states, told = wait_for_the_end(moved_run)
    assert told is None, told
    assert background.WAITING in states
    found = results.find(moved_run, DATASET)
    share = evaluation.accuracy(found.probabilities, found.labels)
    assert share == pytest.approx(moved_run.metrics.test_accuracy, abs=0.003)


def test_a_model_of_other_shapes_is_told_by_the_process(moved_run):
    import keras

    inputs = keras.Input((8, 8))
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(inputs)))
    model.save(moved_run.model_file)
    moved_run = tampering.rewrite(moved_run, model=None, litert=None)
    results.start(moved_run, DATASET)
    _, told = wait_for_the_end(moved_run)
    assert "not images of 28×28 and ten probabilities" in told.problem


def test_a_process_that_died_is_told(moved_run):
    job = results.job(moved_run, DATASET)
    job.folder.mkdir()
    job.write(Status(state=background.WORKING, process=Process(2**22 + 1, 0.0)))
    told = results.progress(moved_run, DATASET)
    assert "ended unexpectedly" in told.problem


@pytest.mark.parametrize("content", ["", "[]", "{", '"words"'])
def test_a_garbled_note_of_progress_is_no_progress(moved_run, content):
    job = results.job(moved_run, DATASET)
    job.folder.mkdir()
    job.status_file.write_text(content)
    assert results.progress(moved_run, DATASET) is None


def test_time_left_follows_from_what_is_done(moved_run):
    job = results.job(moved_run, DATASET)
    job.folder.mkdir()
    me, began = background.this_process(), time.time() - 10
    job.write(Status(state=background.WORKING, process=me, done=250, total=1000, began=began))
    found = results.progress(moved_run, DATASET)
    assert found.share == 0.25
    assert found.seconds_left == pytest.approx(30, abs=2)


def test_the_nearest_training_digits_are_kept(own_run, digits):
    assert results.find_neighbours(own_run, digits) is None
    noted = []
    evaluator.compare_with_training(own_run, digits, digits, lambda *part: noted.append(part))
    found = results.find_neighbours(own_run, digits)
    assert found.indices.shape == (len(digits.x_test), results.NEAREST)
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert found.training_checksum == digits.checksum
    # Those alike to a network that reads well mostly have the same label.
    same = digits.y_train[found.indices[:, 0]] == digits.y_test
    assert same.mean() > 0.7
    assert noted[-1][0] == noted[-1][1]
    assert [done for done, _ in noted] == sorted(done for done, _ in noted)
