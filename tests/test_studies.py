"""Studies: trials through the real queue, a table that resumes, honest conclusions."""

import contextlib
import dataclasses
import errno
import math
import threading
import time

import psutil
import pytest
import tampering

from mnist_core import background, recipes, runs
from mnist_core.__main__ import main
from mnist_core.errors import InputError
from mnist_core.experiments import studies, study_progress, study_trials
from mnist_core.experiments.studies import STUDIES, Study
from mnist_core.experiments.study_trials import Row
from mnist_core.recipes import Recipe, dense
from mnist_core.training import queue

PATIENT = 120  # seconds that a busy machine may take for what takes ten
SMALL = Recipe("small", "small", (dense(8),), epochs=2, batch_size=64, dataset="optical-digits")
WIDTHS = Study(
    "small",
    "Width",
    "How wide?",
    {str(n): dataclasses.replace(SMALL, hidden=(dense(n),)) for n in (2, 16)},
)
ALSO = Study("also", "Also", "As wide?", {"sixteen": WIDTHS.values["16"]})


SHIPPED = study_trials.SHIPPED_TABLE
AS_A_TRIAL = {
    "study": {"name": "small", "value": "2"},
    "metrics": {"trained_accuracy": 0.75, "test_accuracy": 0.7},
}


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch, tmp_path):
    """Only what a test measures is in the table."""
    monkeypatch.setattr(study_trials, "SHIPPED_TABLE", tmp_path / "none.csv")


@pytest.fixture
def small(monkeypatch):
    """Two studies of a second a trial, which share one recipe."""
    monkeypatch.setitem(STUDIES, "small", WIDTHS)
    monkeypatch.setitem(STUDIES, "also", ALSO)


@pytest.fixture
def folder(models_dir):
    """A folder for runs whose processes are ended after the test."""
    yield models_dir
    for process in psutil.process_iter(["cmdline", "environ"]):
        with contextlib.suppress(psutil.Error):
            if (process.info["environ"] or {}).get("MODELS_DIR") == str(models_dir):
                process.kill()


@pytest.fixture
def no_workers(monkeypatch):
    """Nothing is started: what would be trained is looked at instead."""
    monkeypatch.setattr(queue, "tend", lambda: False)


def wait(condition, seconds=PATIENT):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        queue.tend()
        if condition():
            return True
        time.sleep(0.1)
    return False


def begun(folder):
    return sorted(path.name for path in folder.glob("trial-*"))


def row(study, value, seed, test, **more):
    """A made-up row; what is not given is as good as it gets without being told apart."""
    usual = {f.name: 1 if f.type == "int" else 0.5 for f in dataclasses.fields(Row)}
    usual |= {"study": study.name, "value": value, "seed": seed, "test_accuracy": test}
    usual |= {"dataset": "mnist", "tensorflow": "2", "measured": "2026-01-01"}
    return Row(**usual | {"fingerprint": recipes.fingerprint(study.values[value])} | more)


def rows(study, accuracies, spread=0.001, **more):
    """Three seeds a value around the accuracy that is given, `spread` apart."""
    return [
        row(study, value, seed, mean + off, drawn_accuracy=mean / 2 + off, **more)
        for value, mean in accuracies.items()
        for seed, off in enumerate((-spread, 0.0, spread))
    ]


# --- the studies ---------------------------------------------------------------------


@pytest.mark.parametrize("study", list(STUDIES.values()), ids=list(STUDIES))
def test_every_study_can_be_trained_and_changes_something(study):
    assert len({recipes.fingerprint(recipe) for recipe in study.values.values()}) == len(
        study.values
    )
    for recipe in study.values.values():
        recipes.layer_table(recipe)
        images = (recipe.train_images or 60_000) * (1 - recipe.validation_split)
        assert recipe.batch_size <= images
        assert recipe.validation_split > 0
    for claim in study.claims:  # each speaks of values that there are
        assert claim.rule(study, []).holds is None


def test_studies_meet_in_their_base_and_it_is_trained_once():
    base = recipes.fingerprint(studies.BASE)
    sharing = [
        s.name for s in STUDIES.values() if base in map(recipes.fingerprint, s.values.values())
    ]
    assert len(sharing) >= 8
    wanted = studies.trials_of(seeds=2)
    assert sum(trial.key == (base, 0) for trial in wanted) == 1
    seeds = [trial.seed for trial in wanted]
    assert seeds == sorted(seeds)  # every study has its first seed early


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="no study 'droput': choose one of layers, neurons"):
        studies.trials_of(["droput"])
    with pytest.raises(InputError, match="at least 1"):
        studies.trials_of(["dropout"], 0)


# --- trials --------------------------------------------------------------------------


def test_a_study_is_trained_interrupted_gone_on_with_and_leaves_rows_alone(small, folder, capsys):
    """The command is broken off once, a training killed; the rest is trained, nothing twice."""
    wanted = studies.trials_of(["small", "also"], 1)
    assert len(wanted) == 2
    assert study_trials.submit(wanted) == 2
    assert study_trials.submit(wanted) == 0

    class Broken(BaseException):
        pass

    def break_off(state, new):
        if state.training and runs.read(state.training.path).status == runs.RUNNING:
            process = psutil.Process(state.training.record.process.pid)
            process.kill()
            raise Broken

    with pytest.raises(Broken):
        study_progress.follow(wanted, break_off)
    # Nobody looks any more: the worker goes on; whoever looks next has the rows written.
    assert wait(lambda: study_trials.gather() or len(begun(folder)) == 1)
    state = study_progress.progress(wanted)
    assert (state.measured, state.total, len(state.failed)) == (1, 2, 1)
    assert "killed" in study_trials.why(state.failed[0])
    assert main(["study", "small", "also", "--seeds", "1"]) == 0  # it is tried again
    after = study_trials.read()
    assert {r.key for r in after} == {t.key for t in wanted}
    assert len(after) == 2
    for r in after:
        assert 0 < r.test_accuracy < 1
        assert 0 < r.train_accuracy < 1
        assert 0 < r.val_accuracy < 1
        assert r.epochs == 2
        assert r.parameters == 784 * int(r.value) + int(r.value) + int(r.value) * 10 + 10
        assert r.dataset == "optical-digits"
    assert begun(folder) == []
    assert {run.name for run in runs.all_runs(trials=True)} == set(runs.SHIPPED)
    assert not (folder / runs.TRASH).exists()  # what people deleted can still be had back
    text = capsys.readouterr().out
    assert "Width" in text
    assert studies.conclusion(WIDTHS, after).replace("**", "").split(";")[0] in " ".join(
        text.split()
    )
    before = study_trials.table().read_bytes()
    assert main(["study", "small", "--seeds", "1"]) == 0
    assert study_trials.table().read_bytes() == before


def test_training_accuracy_is_measured_with_nothing_left_out(models_dir, digits):
    from mnist_core import datasets, predictor
    from mnist_core.training import training_run

    recipe = dataclasses.replace(SMALL, train_images=700, hidden=(dense(32), recipes.dropout(0.5)))
    run = training_run.train(recipe, digits, seed=3, name="x")
    reader = predictor.load(run)
    chosen = datasets.subset(digits, 700, 3)
    kept = slice(0, 630)
    right = reader.predict(datasets.scale(chosen.x_train[kept])).argmax(axis=1)
    measured = training_run.trial_metrics(reader, run, digits)
    assert measured["trained_accuracy"] == (right == chosen.y_train[kept]).mean()
    assert measured["trained_accuracy"] > run.metrics.train_accuracy


def test_two_who_press_at_once_train_nothing_twice(small, models_dir, no_workers):
    wanted = studies.trials_of(["small"], 3)
    counts = []
    start = threading.Barrier(4)

    def press():
        start.wait()
        counts.append(study_trials.submit(wanted))

    people = [threading.Thread(target=press) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sum(counts) == 6
    assert len(begun(models_dir)) == 6


def test_trials_give_way_and_stay_out_of_the_list_of_runs(small, models_dir, no_workers, tiny):
    study_trials.submit(studies.trials_of(["small"], 1))
    mine = queue.submit(tiny, "optical-digits", name="mine")
    names = [run.name for run in queue.waiting()]
    assert names[0] == mine.name
    assert len(names) == 3
    assert {run.name for run in runs.all_runs()} == {*runs.SHIPPED, "mine"}


def test_stop_takes_out_what_waits_and_leaves_the_rest(small, models_dir, no_workers):
    study_trials.submit(studies.trials_of(["also"], 1))
    wanted = studies.trials_of(["small"], 2)
    assert study_trials.submit(wanted) == 3
    first = next(trial for trial in wanted if trial.value == "2" and trial.seed == 0)
    runs.change(first.run(), status=runs.RUNNING, process=background.this_process())
    assert study_trials.stop(wanted) == 2
    kept = {run.name for run in runs.all_runs(trials=True)} - set(runs.SHIPPED)
    shared = studies.trials_of(["also"], 1)[0]  # wanted by another study
    assert kept == {first.name, shared.name}
    state = study_progress.progress(wanted)
    assert state.training.name == first.name
    assert (state.waiting, state.measured) == (1, 0)


def test_a_row_is_written_once_however_often_one_looks(small, own_run, models_dir):
    """A trial whose row was written in the moment that the power failed."""
    tampering.rewrite(own_run, recipe=WIDTHS.values["2"].to_dict(), **AS_A_TRIAL)
    name = studies.trials_of(["small"], 2)[2].name
    own_run.path.rename(models_dir / name)
    (only,) = study_trials.gather()
    assert only.train_accuracy == 0.75
    assert math.isnan(only.drawn_accuracy)
    assert begun(models_dir) == []
    assert [r.key for r in study_trials.read()] == [only.key]
    assert study_trials.gather() == []


def test_a_damaged_table_is_refused_and_no_trial_lost(small, own_run, models_dir):
    tampering.rewrite(own_run, **AS_A_TRIAL)
    own_run.path.rename(models_dir / "trial-x-1")
    study_trials.table().write_text("study,seed\nx,y\n")
    for look in (
        study_trials.read,
        study_trials.gather,
        lambda: study_trials.submit(studies.trials_of(["small"])),
    ):
        with pytest.raises(InputError, match="cannot be read: delete it and run"):
            look()
    assert begun(models_dir) == ["trial-x-1"]
    study_trials.table().unlink()
    assert len(study_trials.gather()) == 1


def test_a_full_disk_is_told_and_no_trial_lost(small, own_run, models_dir, monkeypatch):
    tampering.rewrite(own_run, **AS_A_TRIAL)
    own_run.path.rename(models_dir / "trial-x-1")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mnist_core.files.tempfile.mkstemp", full)
        with pytest.raises(InputError, match="free some space"):
            study_trials.gather()
    assert begun(models_dir) == ["trial-x-1"]
    assert len(study_trials.gather()) == 1


# --- conclusions ---------------------------------------------------------------------


def test_a_clear_difference_is_concluded():
    study = STUDIES["layers"]
    measured = rows(study, {"none": 0.92, "1": 0.97, "2": 0.98, "3": 0.975, "4": 0.96})
    words = studies.conclusion(study, measured)
    assert "Test digits are read best with **2** (98.00 ± 0.10 %)" in words
    assert "worst with none (92.00 ± 0.10 %)" in words
    assert "tell" not in words
    better, enough = (claim.rule(study, measured) for claim in study.claims)
    assert better.holds is True
    assert "2: 98.00 ± 0.10 %; none: 92.00 ± 0.10 %" in better.figures
    assert enough.holds is True


def test_a_difference_within_the_spread_is_called_none():
    study = STUDIES["layers"]
    level = rows(study, {v: 0.97 + 0.0003 * i for i, v in enumerate(study.values)})
    words = studies.conclusion(study, level)
    assert "On test digits no difference is larger than the spread" in words
    assert "On drawn digits no difference is larger than the spread" in words
    better, enough = (claim.rule(study, level) for claim in study.claims)
    assert better.holds is False
    assert "within the spread" in better.figures
    assert enough.holds is True


def test_values_level_with_the_best_are_named():
    study = STUDIES["neurons"]
    means = {"16": 0.95, "32": 0.96, "64": 0.97, "128": 0.975, "256": 0.98, "512": 0.9805}
    words = studies.conclusion(study, rows(study, means | {"1024": 0.9795}))
    assert "**512**" in words
    assert "256 and 1024 are as good within the spread" in words
    assert "worst with 16" in words


def test_a_claim_that_the_figures_contradict_does_not_hold():
    study = STUDIES["optimizer"]
    means = dict.fromkeys(study.values, 0.97) | {"SGD, 0.01": 0.98}
    adam_above_sgd, adam_best = (claim.rule(study, rows(study, means)) for claim in study.claims)
    assert adam_above_sgd.holds is False
    assert adam_best.holds is False
    assert "SGD, 0.01: 98.00 ± 0.10 %" in adam_best.figures


def test_one_seed_tells_nothing():
    study = STUDIES["layers"]
    one = [r for r in rows(study, {"none": 0.9, "2": 0.98}) if r.seed == 0]
    assert "Nothing can be concluded yet" in studies.conclusion(study, one)
    assert all(claim.rule(study, one).holds is None for claim in study.claims)
    assert studies.conclusion(study, []) == ""


def test_what_is_not_measured_yet_is_said():
    study = STUDIES["layers"]
    words = studies.conclusion(study, rows(study, {"none": 0.9, "2": 0.98}))
    assert "**2**" in words
    assert "Without 3 of 5 values" in words
    better, enough = (
        claim.rule(study, rows(study, {"none": 0.9, "2": 0.98})) for claim in study.claims
    )
    assert better.holds is True
    assert enough.holds is None


def test_the_gap_of_dropout_and_its_claim():
    study = STUDIES["dropout"]
    measured = [
        row(
            study,
            value,
            seed,
            0.97,
            train_accuracy=0.995 - 0.003 * i + 0.0001 * seed,
            val_accuracy=0.971,
        )
        for i, value in enumerate(study.values)
        for seed in range(3)
    ]
    words = studies.conclusion(study, measured)
    assert "The gap between training and test accuracy shrinks from 2.51 points with 0 to 0.71" in (
        words
    )
    claim = study.claims[0].rule(study, measured)
    assert claim.holds is False  # training digits are read better than validation digits
    level = [dataclasses.replace(r, train_accuracy=0.98 + 0.001 * r.seed) for r in measured]
    assert "gap between training and test accuracy does not change" in studies.conclusion(
        study, level
    )


def test_a_claim_of_a_figure_near_the_spread_is_left_open():
    study = STUDIES["family"]
    for mean, holds in ((0.99, True), (0.97, False), (0.9805, None)):
        assert study.claims[0].rule(study, rows(study, {"CNN": mean})).holds is holds


def test_drawn_digits_that_were_not_there_are_left_out():
    study = STUDIES["layers"]
    measured = [
        dataclasses.replace(r, drawn_accuracy=math.nan)
        for r in rows(study, {"none": 0.92, "2": 0.98})
    ]
    words = studies.conclusion(study, measured)
    assert "drawn" not in words
    assert "nan" not in words


# --- the shipped table ---------------------------------------------------------------


def test_shipped_rows_belong_to_a_study():
    prints = {recipes.fingerprint(r) for s in STUDIES.values() for r in s.values.values()}
    for shipped in study_trials._read(study_trials.SHIPPED_TABLE):
        assert shipped.fingerprint in prints
        assert 0.1 < shipped.test_accuracy < 1


def test_what_ships_was_measured_on_the_studies_as_they_are(monkeypatch, models_dir):
    monkeypatch.setattr(study_trials, "SHIPPED_TABLE", SHIPPED)
    rows = study_trials.read()
    keys = {trial.key for trial in studies.trials_of([], studies.SEEDS)}
    assert rows
    assert {row.key for row in rows} <= keys
    assert all(0.1 < row.drawn_accuracy <= row.test_accuracy + 0.05 <= 1.05 for row in rows)
    for study in STUDIES.values():
        assert studies.conclusion(study, rows).startswith(("Test digits", "On test digits"))
