"""The search: what is tried, what is pruned, and that nothing but validation decides."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import filelock
import optuna
import psutil
import pytest

from mnist_core import background, datasets, recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import (
    search,
    search_space,
    search_storage,
    search_tasks,
    search_trials,
    searcher,
)
from mnist_core.experiments.search import Space
from mnist_core.experiments.searcher import Listeners
from mnist_core.experiments.worker_pool import TaskResult
from mnist_core.training import queue

SPACE = Space(layers=(0, 2), widths=(8, 16), epochs=1, batch_sizes=(64, 128))
# Rates at which nothing is learned beside ones at which much is: some trials are hopeless.
HARD = dataclasses.replace(SPACE, epochs=4, learning_rate=(1e-7, 1e-2), optimizers=("adam",))
PATIENT = 120  # seconds that a busy machine may take for what takes five


def outcome(name):
    """All that a search decides: what was tried and what came of it."""
    return [(t.number, t.state, t.value, t.params, t.curve) for t in search.state(name).trials]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A search of six trials without interruption; its folder is not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(tmp_path_factory.mktemp("models")))
        search.create("calm", "optical-digits", 6, seed=5, space=HARD)
        searcher.run_search("calm")
        yield search.folder(), outcome("calm")


@pytest.fixture
def calm(undisturbed, models_dir):
    """A copy of that search, free to be changed."""
    shutil.copytree(undisturbed[0], search.folder())
    return search.folder() / "calm.db"


@pytest.fixture
def processes(models_dir):
    """A folder for runs whose processes are ended after the test."""
    yield models_dir
    for process in psutil.process_iter(["environ"]):
        with contextlib.suppress(psutil.Error):
            if (process.info["environ"] or {}).get("MODELS_DIR") == str(models_dir):
                process.kill()


# --- what is tried ---------------------------------------------------------------------


def test_hopeless_trials_are_pruned_and_the_best_ran_to_its_end(calm):
    found = search.state("calm")
    assert found.activity == search.FINISHED
    assert [trial.number for trial in found.trials] == [1, 2, 3, 4, 5, 6]
    pruned = [trial for trial in found.trials if trial.state == search.PRUNED]
    assert pruned
    assert all(2 <= len(trial.curve) < HARD.epochs for trial in pruned)
    assert found.best.state == search.COMPLETE
    assert found.best.value == max(t.value for t in found.trials if t.state == search.COMPLETE)
    assert found.best.value > 0.5 > min(t.value for t in found.trials)


def test_the_test_digits_are_never_touched(models_dir, digits, undisturbed):
    class Forbidden:
        def __getattr__(self, name):
            raise AssertionError("the test digits were read")

        __len__ = __array__ = __getitem__ = __iter__ = __getattr__

    blind = dataclasses.replace(digits, x_test=Forbidden(), y_test=Forbidden())
    search.create("calm", "optical-digits", 3, seed=5, space=HARD)
    searcher.run_search("calm", load=lambda _: blind)
    assert outcome("calm") == undisturbed[1][:3]


def test_another_seed_tries_something_else(models_dir, undisturbed):
    search.create("other", "optical-digits", 1, seed=6, space=SPACE)
    searcher.run_search("other")
    assert outcome("other")[0][3] != undisturbed[1][0][3]


def test_every_recipe_of_a_space_can_be_trained():
    space = Space(
        layers=(0, 4),
        activations=("relu", "gelu"),
        augmentations=("none", "light", "strong"),
        families=search.FAMILIES,
    )
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    found = [search_space.draw(space, study.ask()) for _ in range(60)]
    sizes = {len([layer for layer in r.hidden if layer["kind"] == "dense"]) for r in found}
    assert sizes == {0, 1, 2, 3, 4}
    assert {any(layer["kind"] == "conv" for layer in r.hidden) for r in found} == {True, False}
    for recipe in found:
        assert len(recipes.layer_table(recipe)) >= 2
        assert 1e-4 <= recipe.learning_rate <= 1e-2


def test_a_loss_that_diverges_counts_as_tried(models_dir):
    wild = dataclasses.replace(
        SPACE, layers=(0, 0), learning_rate=(1e-8, 100.0), optimizers=("sgd",)
    )
    # The choice alone would seldom be so wild.
    search.create("wild", "optical-digits", 2, space=wild)
    draw = search_space.draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            search_space,
            "draw",
            lambda *given: dataclasses.replace(
                draw(*given), hidden=(recipes.dense(64, "linear"),) * 4, learning_rate=100.0
            ),
        )
        found = searcher.run_search("wild")
    assert [trial.state for trial in found.trials] == [search.PRUNED] * 2
    assert "diverged" in found.trials[0].note
    assert found.best is None
    with pytest.raises(InputError, match="No trial of wild ran to its end"):
        search.winner("wild")


@pytest.mark.parametrize(
    ("changes", "given", "says"),
    [
        ({}, {"trials": 0}, "number of trials"),
        ({}, {"seed": -1}, "seed must be"),
        ({}, {"at_a_time": 0}, "trials at a time must be"),
        ({}, {"dataset": "letters"}, "no dataset 'letters'"),
        ({"layers": (3, 1)}, {}, "lowest number of hidden layers"),
        ({"layers": (0, 9)}, {}, "hidden layers must be"),
        ({"dropout": (0.5, 0.1)}, {}, "lowest dropout"),
        ({"dropout": (0.0, 1.0)}, {}, "dropout must be"),
        ({"learning_rate": (0.0, 0.1)}, {}, "learning rate must be"),
        ({"learning_rate": (0.1, 0.01)}, {}, "lowest learning rate"),
        ({"widths": ()}, {}, "at least one width"),
        ({"widths": (16, 16)}, {}, "given twice"),
        ({"widths": (0,)}, {}, "width of a dense layer"),
        ({"activations": ()}, {}, "at least one activation"),
        ({"activations": ("step",)}, {}, "no activation 'step'"),
        ({"optimizers": ("luck",)}, {}, "no optimizer 'luck'"),
        ({"augmentations": ("wild",)}, {}, "no augmentation 'wild'"),
        ({"families": ("tree",)}, {}, "no kind of network 'tree'"),
        ({"filters": (0,)}, {}, "number of filters"),
        ({"batch_sizes": (64, 4096)}, {}, "larger than the 1293 training images"),
        ({"epochs": 0}, {}, "number of epochs"),
        ({"train_images": -1}, {}, "number of training images"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(models_dir, changes, given, says):
    given = {"dataset": "optical-digits", "trials": 3, "seed": 0} | given
    with pytest.raises(InputError, match=says):
        search.create("bad", space=dataclasses.replace(Space(), **changes), **given)
    assert search.names() == []


@pytest.mark.parametrize("name", ["", "a/b", "../a", ".hidden", "n" * 300])
def test_names_that_are_no_file_names_are_refused(models_dir, name):
    with pytest.raises(InputError, match="name must be"):
        search.create(name, "optical-digits", 1)
    with pytest.raises(InputError, match="There is no search"):
        search.state(name)


def test_a_name_that_is_taken_is_refused(calm):
    with pytest.raises(InputError, match="There is a search calm already"):
        search.create("calm", "optical-digits", 1)


# --- interrupted and resumed -----------------------------------------------------------


def test_a_killed_search_ends_as_if_nothing_had_been(wait, processes, undisturbed):
    search.create("calm", "optical-digits", 6, seed=5, space=HARD)
    search.start("calm")
    begun = lambda: len(search.state("calm").trials) >= 2 and search.state("calm").share > 0  # noqa: E731
    assert wait(begun), search.state("calm")
    os.kill(search_storage.job("calm").status().process.pid, signal.SIGKILL)
    assert wait(lambda: not search.state("calm").active)
    broken_off = search.state("calm")
    assert broken_off.activity == search.INTERRUPTED
    assert len(broken_off.trials) < 6
    search.start("calm")
    assert wait(lambda: search.state("calm").activity == search.FINISHED), search.state("calm")
    assert outcome("calm") == undisturbed[1]


def test_a_search_that_is_asked_to_stop_goes_on_where_it_was(models_dir, undisturbed):
    search.create("calm", "optical-digits", 6, seed=5, space=HARD)

    def stop_in_the_third(step):
        if step.trial == 3 and step.share > 0.3:
            search.stop("calm")

    stopped = searcher.run_search("calm", listeners=Listeners(stop_in_the_third))
    assert stopped.activity == search.STOPPED
    assert len(stopped.trials) == 2
    searcher.run_search("calm")
    assert outcome("calm") == undisturbed[1]


def test_trials_can_be_added(calm, undisturbed):
    with pytest.raises(InputError, match="All 6 trials of calm are done"):
        search.extend("calm")
    with pytest.raises(InputError, match="All 4 trials"):
        search.extend("calm", 4)
    search.extend("calm", 7)
    searcher.run_search("calm")
    assert outcome("calm")[:6] == undisturbed[1]
    assert len(outcome("calm")) == 7


def test_a_search_can_be_deleted_unless_somebody_is_at_it(calm):
    with search.only_one("calm"), pytest.raises(InputError, match="Another process"):
        search.delete("calm")
    assert search.names() == ["calm"]
    search.delete("calm")
    assert search.names() == []
    search.create("calm", "optical-digits", 1)
    assert search.state("calm").trials == ()


def test_trials_beside_each_other_depend_on_those_well_before(models_dir):
    """Whatever order workers finish in, and whatever they leave undone."""
    quick = dataclasses.replace(
        SPACE, layers=(0, 0), train_images=300, learning_rate=(1e-6, 1e-1), optimizers=("adam",)
    )
    search.create("plain", "optical-digits", 12, seed=2, space=quick, at_a_time=3)
    searcher.run_search("plain")
    search.create("mixed", "optical-digits", 12, seed=2, space=quick, at_a_time=3)
    digits = datasets.load("optical-digits")
    left_undone = ["try-5", "try-9"]
    with search_storage.opened(search_storage.file_of("mixed")) as study:
        settings = search_storage.settings_of(study)
        work = search_tasks.SearchTasks(study, settings)
        under_way = []
        while not work.all_begun or under_way:
            while len(under_way) < 3 and (task := work.next()):
                under_way.append(task)
            task = under_way.pop(-1 if len(under_way) % 2 else 0)
            if task.name in left_undone:
                left_undone.remove(task.name)
                work.again(task)
                continue
            asked = json.loads(task.files[search_tasks.ASKED])
            before = [search_tasks.from_dict(values) for values in asked["before"]]
            number = asked["number"]
            assert len(before) == max(0, number - 3)
            trial = search_trials.run_trial(settings, number, before, digits, lambda _: None)
            told = json.dumps(search_tasks.to_dict(trial)).encode()
            work.done(task, TaskResult(0, {search_tasks.TRIED: told}))
        assert work.progress() == (12, 12)
        assert work.seconds_to_come() == 0
    assert outcome("mixed") == outcome("plain")


def test_a_trial_that_no_worker_could_train_counts_as_tried(models_dir):
    search.create("hard", "optical-digits", 3, space=SPACE)
    with search_storage.opened(search_storage.file_of("hard")) as study:
        work = search_tasks.SearchTasks(study, search_storage.settings_of(study))
        work.failed(work.next(), "4 workers were lost while they trained it.")
        work.done(work.next(), TaskResult(-9, {}))
        work.done(work.next(), TaskResult(1, {"log.txt": b"a\nerror: too large.\n"}))
    found = search.state("hard")
    assert [trial.state for trial in found.trials] == [search.PRUNED] * 3
    notes = [trial.note for trial in found.trials]
    assert notes[0] == "4 workers were lost while they trained it."
    assert "SIGKILL" in notes[1]
    assert notes[2] == "too large."
    assert found.best is None


def test_one_process_at_a_time_is_at_a_search(calm):
    search.extend("calm", 7)
    with search.only_one("calm"), pytest.raises(InputError, match="Another process"):
        searcher.run_search("calm")


def test_a_search_takes_turns_with_runs(wait, models_dir):
    search.create("polite", "optical-digits", 1, space=SPACE)
    with filelock.FileLock(models_dir / queue.TURN):
        process = subprocess.Popen(
            [sys.executable, "-m", "mnist_core.experiments.searcher", "polite"],
            cwd=background.PROJECT,
        )
        assert wait(lambda: search.state("polite").activity == search.WAITING)
        time.sleep(1)
        assert search.state("polite").trials == ()
    assert process.wait(PATIENT) == 0
    assert len(search.state("polite").trials) == 1


# --- the winner ------------------------------------------------------------------------


def test_the_winner_becomes_one_run_as_good_as_its_trial(calm, monkeypatch, digits):
    monkeypatch.setattr(queue, "tend", lambda: False)
    run = search.winner("calm")
    assert search.winner("calm").name == run.name
    assert [queued.name for queued in queue.waiting()] == [run.name]
    best = search.state("calm").best
    from mnist_core.training import training_run

    trained = training_run.train_run(run, digits)
    assert trained.metrics.val_accuracy == best.value
    assert trained.metrics.test_accuracy > 0.5
    assert search.state("calm").winner == run.name
    assert search.winner("calm").status == runs.FINISHED


def test_importance_waits_for_enough_trials(models_dir):
    quick = dataclasses.replace(
        SPACE, layers=(0, 0), train_images=300, learning_rate=(1e-6, 1e-1), optimizers=("adam",)
    )
    search.create("many", "optical-digits", search.ENOUGH - 1, space=quick)
    searcher.run_search("many")
    assert search.importance("many") == {}
    search.extend("many", search.ENOUGH)
    searcher.run_search("many")
    shares = search.importance("many")
    assert sum(shares.values()) == pytest.approx(1)
    assert next(iter(shares)) == "learning_rate"


# --- files that cannot be used ---------------------------------------------------------


def test_an_unknown_name_is_told_with_those_that_there_are(calm):
    with pytest.raises(InputError, match=r"no search 'clam'; there are: calm\."):
        search.state("clam")


@pytest.mark.parametrize("damage", ["text", "truncated", "empty"])
def test_a_damaged_file_is_told_and_left_alone(calm, damage):
    whole = calm.read_bytes()
    broken = {"text": b"no database" * 99, "truncated": whole[: len(whole) // 2], "empty": b""}
    calm.write_bytes(broken[damage])
    says = "holds no search" if damage == "empty" else "is damaged: move it elsewhere"
    for use in (search.state, search.start, searcher.run_search, search.winner):
        with pytest.raises(InputError, match=says):
            use("calm")
    assert calm.read_bytes() == broken[damage]


def test_a_study_of_another_program_is_told_and_left_alone(models_dir):
    search.folder().mkdir()
    path = search.folder() / "theirs.db"
    study = optuna.create_study(storage=f"sqlite:///{path}", study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    before = path.read_bytes()
    with pytest.raises(InputError, match="holds no search of this program"):
        search.start("theirs")
    assert path.read_bytes() == before


PLAIN = {"dataset": "optical-digits", "seed": 0, "trials": 3, "space": {}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "newer than this program reads"),
        ({"format": None}, "study of another program"),
        ({"settings": {"dataset": "mnist"}}, "garbled"),
        ({"settings": {**PLAIN, "space": {"widths": ["wide"]}}}, "garbled"),
        ({"settings": {**PLAIN, "space": {"depth": 3}}}, "garbled"),
        ({"settings": {**PLAIN, "seed": "one"}}, "garbled"),
    ],
)
def test_settings_that_cannot_be_read_are_told(calm, change, says):
    with search_storage.opened(calm) as study:
        for key, value in change.items():
            study.set_user_attr(key, value)
    with pytest.raises(InputError, match=says):
        search.state("calm")


def test_a_locked_file_is_told(calm):
    with contextlib.closing(sqlite3.connect(calm)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match="is locked by another program"):
            search.state("calm")
    assert search.state("calm").activity == search.FINISHED


def test_other_digits_than_those_it_began_with_are_refused(calm, digits):
    search.extend("calm", 7)
    others = dataclasses.replace(digits, x_train=digits.x_train[::-1].copy())
    with pytest.raises(InputError, match="are not those that this search began with"):
        searcher.run_search("calm", load=lambda _: others)
    found = search.state("calm")
    assert found.activity == search.FAILED
    assert "began with" in found.problem
    assert len(found.trials) == 6


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "file"))
    with pytest.raises(InputError, match="Cannot write"):
        search.create("new", "optical-digits", 1)


@pytest.mark.parametrize("why", ["disk is full", "readonly database"])
def test_what_was_tried_before_the_disk_was_full_is_kept(calm, undisturbed, monkeypatch, why):
    """SQLite itself says so: it is allowed no more pages, or no writing."""
    search.extend("calm", 7)
    storage = search_storage._storage

    @contextlib.contextmanager
    def without_room(path, patience):
        with storage(path, patience) as opened:
            import sqlalchemy

            pragma = "max_page_count = 1" if why == "disk is full" else "query_only = 1"

            @sqlalchemy.event.listens_for(opened.engine, "connect")
            def limit(connection, _):
                connection.execute(f"PRAGMA {pragma}")

            opened.engine.dispose()
            yield opened

    monkeypatch.setattr(search_storage, "_storage", without_room)
    with pytest.raises(InputError, match=r"disk is full|cannot be written to"):
        searcher.run_search("calm")
    monkeypatch.setattr(search_storage, "_storage", storage)
    assert search.state("calm").activity == search.FAILED
    assert outcome("calm") == undisturbed[1]
    searcher.run_search("calm")
    assert len(outcome("calm")) == 7
