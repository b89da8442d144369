"""The training page, run without a browser and without training anything."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import background, recipes, runs
from mnist_core.background import Note
from mnist_core.errors import InputError
from mnist_core.evaluation.verdict import verdict
from mnist_core.training import queue
from ui import presence
from ui.train import table

ROOT = Path(__file__).parent.parent.parent
TEND = queue.tend


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    monkeypatch.setattr(queue, "tend", lambda *_: False)  # what is submitted stays queued
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/train.py")
    return app


def run(page):
    page.run()
    assert not page.exception
    return page


def texts(page):
    elements = [*page.caption, *page.warning, *page.error, *page.info, *page.markdown]
    return " ".join(element.value for element in elements)


def html(page):
    return " ".join(element.proto.body for element in page.get("html"))


def test_an_empty_page_says_what_to_do(page):
    run(page)
    assert "press **Train**" in texts(page)
    assert "109,386 parameters" in texts(page)
    assert not page.button(key="train").disabled


@pytest.mark.parametrize("name", list(recipes.RECIPES))
def test_every_recipe_shows_its_network(page, name):
    run(page)
    page.selectbox(key="recipe").set_value(name)
    run(page)
    parameters = sum(row.parameters for row in recipes.layer_table(recipes.get(name)))
    assert f"{parameters:,} parameters" in texts(page)
    assert 'aria-label="The network: Input: 28×28' in html(page)
    assert not page.button(key="train").disabled


def test_train_puts_the_recipe_into_the_queue_as_it_was_changed(page):
    run(page)
    page.selectbox(key="report-ann-dataset").set_value("optical-digits")
    page.number_input(key="report-ann-epochs").set_value(3)
    page.text_input(key="report-ann-widths").set_value("50, 40, 30")
    page.slider(key="report-ann-dropout").set_value(0.1)
    page.selectbox(key="report-ann-activation").set_value("tanh")
    page.selectbox(key="report-ann-optimizer").set_value("sgd")
    page.number_input(key="report-ann-learning_rate").set_value(0.05)
    page.number_input(key="report-ann-batch_size").set_value(16)
    page.number_input(key="report-ann-validation_split").set_value(0.2)
    page.checkbox(key="report-ann-early").check()
    page.selectbox(key="report-ann-augmentation").set_value("light")
    page.number_input(key="report-ann-train_images").set_value(500)
    page.number_input(key="report-ann-seed").set_value(7)
    page.text_input(key="report-ann-name").set_value("my-run")
    run(page)
    page.button(key="train").click()
    run(page)
    queued = runs.read("my-run")
    assert queued.status == runs.QUEUED
    recipe = queued.recipe
    assert queued.record.dataset.name == "optical-digits"
    assert queued.record.seed == 7
    assert recipes.widths(recipe.hidden) == [50, 40, 30]
    assert {layer.get("activation", "tanh") for layer in recipe.hidden} == {"tanh"}
    assert {layer.get("rate", 0.1) for layer in recipe.hidden} == {0.1}
    assert (recipe.optimizer, recipe.learning_rate, recipe.batch_size) == ("sgd", 0.05, 16)
    assert (recipe.epochs, recipe.validation_split, recipe.patience) == (3, 0.2, 5)
    assert recipe.augmentation == recipes.LIGHT
    assert recipe.train_images == 500
    assert page.query_params["run"] in ("my-run", ["my-run"])
    assert "Starting" in str(page.get("progress")[0].proto)


@pytest.mark.parametrize(
    ("widget", "key", "value", "says"),
    [
        ("number_input", "epochs", 0, "number of epochs must be"),
        ("number_input", "batch_size", -3, "batch size must be"),
        ("number_input", "batch_size", 60_000, "larger than the 54000 training images"),
        ("number_input", "learning_rate", 0.0, "learning rate must be"),
        ("number_input", "validation_split", 1.5, "validation split must be"),
        ("number_input", "train_images", -1, "number of training images must be"),
        ("number_input", "seed", -1, "seed must be"),
        ("text_input", "widths", "12, many", "whole numbers with commas"),
        ("text_input", "widths", "0", "width of a dense layer must be"),
        ("text_input", "name", "a/b", "name must be"),
        ("text_input", "name", "n" * 300, "name must be"),
    ],
)
def test_nonsense_is_refused_in_words(page, needs_mnist, widget, key, value, says):
    run(page)
    getattr(page, widget)(key=f"report-ann-{key}").set_value(value)
    run(page)
    assert says in texts(page)
    assert page.button(key="train").disabled


def test_a_network_that_does_not_fit_is_refused(page):
    run(page)
    page.selectbox(key="recipe").set_value("cnn")
    run(page)
    page.text_input(key="cnn-widths").set_value("8, 8")
    run(page)
    assert "5 layers with a width" in texts(page)
    assert page.button(key="train").disabled


def test_a_recipe_in_the_address_is_chosen(page):
    page.query_params["recipe"] = "wide-mlp"
    run(page)
    assert page.selectbox(key="recipe").value == "wide-mlp"


def test_nonsense_in_the_address_does_no_harm(page):
    page.query_params["recipe"] = "no such"
    page.query_params["run"] = "../../etc"
    run(page)


def test_a_name_that_is_taken_is_refused(page, tiny_run, tmp_path):
    shutil.copytree(tiny_run.path, tmp_path / "taken")
    run(page)
    page.text_input(key="report-ann-name").set_value("taken")
    run(page)
    page.button(key="train").click()
    run(page)
    assert "There is a run taken already" in texts(page)


def test_a_finished_run_shows_its_figures(page, tiny_run, tmp_path):
    shutil.copytree(tiny_run.path, tmp_path / "mine")
    page.query_params["run"] = "mine"
    run(page)
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Test accuracy"] == f"{tiny_run.metrics.test_accuracy:.2%}"
    assert page.button(key="use").label == "Use on the drawing page"


def test_a_failed_run_shows_its_reason_and_the_end_of_its_log(page, tiny):
    failed = runs.create(tiny, "optical-digits", 0, "bad")
    runs.log(failed.path, "the last thing that was said")
    runs.change(failed, status=runs.FAILED, reason="The training process was killed (SIGKILL).")
    page.query_params["run"] = "bad"
    run(page)
    assert "Failed: The training process was killed" in texts(page)
    assert any("the last thing that was said" in code.value for code in page.code)


def test_runs_that_wait_are_listed_and_can_be_taken_out(page, tiny):
    for name in ("one", "two", "three"):
        queue.submit(tiny, "optical-digits", name=name)
    page.query_params["run"] = "one"
    run(page)
    assert "**Waiting: 2**" in texts(page)
    page.button(key="out-two").click()
    run(page)
    assert [waiting.name for waiting in queue.waiting()] == ["one", "three"]


def changing(monkeypatch, at, change):
    """Something that happens to the run directories right after they were read so many times."""
    read, calls = runs.all_runs, []

    def all_runs(trials=False):
        found = read(trials)
        calls.append(trials)
        if len(calls) == at:
            change()
        return found

    monkeypatch.setattr(runs, "all_runs", all_runs)
    return calls


def begin():
    runs.change(runs.read("one"), status=runs.RUNNING, process=background.this_process())


def take_out():
    runs.delete(runs.read("one"))


@pytest.mark.parametrize("change", [begin, take_out])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_run_that_starts_or_goes_while_the_page_is_made_does_no_harm(
    page, monkeypatch, tiny, change, at
):
    for name in ("one", "two"):
        queue.submit(tiny, "optical-digits", name=name)
    calls = changing(monkeypatch, at, change)
    page.query_params["run"] = "one"
    while len(calls) < at + 2:  # before, in that very moment, and after
        run(page)
        progress = [element.proto.text for element in page.get("progress")]
        # It does not wait for itself: what is said of a run and of the queue fits together.
        assert "Waiting for its turn" not in progress
    run(page)
    assert f"<h2>{'one' if change is begin else 'two'}</h2>" in html(page)
    assert [waiting.name for waiting in queue.waiting()] == ["two"]


def test_the_run_directories_are_read_once_by_the_page_and_once_by_the_panel(
    page, monkeypatch, tiny
):
    monkeypatch.setattr(queue, "tend", TEND)
    monkeypatch.setattr(queue, "_worker_is_there", lambda: True)
    monkeypatch.setattr(queue, "_started", -1e9)
    for name in ("one", "two"):
        runs.create(tiny, "optical-digits", 0, name)
    calls = changing(monkeypatch, 0, None)
    page.query_params["run"] = "one"
    run(page)
    assert "Starting" in str(page.get("progress")[0].proto)
    assert len(calls) == 2


def test_the_panel_looks_again_when_something_has_changed(page, monkeypatch, tiny):
    """It draws itself anew alone: the table beside it would else go on showing what was."""
    queue.submit(tiny, "optical-digits", name="one")
    changing(monkeypatch, 1, begin)
    run(page)
    table = page.dataframe[-1].value.set_index("name")
    assert table["status"]["one"] == runs.RUNNING


def test_a_run_in_training_shows_how_far_it_is_and_what_it_makes_of_digits(page, tiny):
    queue.submit(tiny, "optical-digits", name="one")
    begin()
    told = {"epoch": 2, "epochs": 4, "step": 5, "steps": 10}
    told |= {"images_per_second": 1234.5, "seconds_left": 100}
    guesses = {"indices": [0, 1], "labels": [0, 1], "guesses": [0, 7], "confidences": [0.9, 0.5]}
    Note(runs.job(runs.read("one").path))("training", digits=guesses, **told)
    run(page)
    shown = page.get("progress")[0].proto
    assert shown.text == "Epoch 2 of 4 · 1,234 images/s · 2 min left"
    assert shown.value == 37
    assert html(page).count("<figure") == 2
    assert "<b>7</b> ✗" in html(page)
    page.button(key="stop").click()
    run(page)
    assert runs.asked_to_stop(runs.read("one").path) == runs.KEEP
    assert page.button(key="stop").disabled
    assert "Stopping …" in texts(page)


def test_a_run_that_is_used_reads_on_the_drawing_page(page, tiny_run, tmp_path):
    shutil.copytree(tiny_run.path, tmp_path / "mine")
    page.query_params["run"] = "mine"
    run(page)
    page.button(key="use").click()
    run(page)
    assert "Draw" in [link.proto.label for link in page.get("page_link")]  # which is followed
    page.switch_page("pages/draw.py")
    run(page)
    assert page.selectbox(key="run").value == "mine"
    page.switch_page("pages/train.py")
    run(page)
    assert "This run reads on the drawing page." in texts(page)


def test_an_action_that_is_refused_says_why(page, monkeypatch, tiny):
    queue.submit(tiny, "optical-digits", name="one")

    def refuse(run):
        raise InputError(f"The disk is full, {run.name} stays.")

    monkeypatch.setattr(queue, "discard", refuse)
    run(page)
    page.button(key="discard").click()
    run(page)
    assert "The disk is full, one stays." in texts(page)


def test_a_broken_run_is_listed_as_broken(page, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{")
    page.query_params["run"] = "mine"
    run(page)
    assert "cannot be read" in texts(page)


def test_a_training_starts_from_a_run_with_its_layers(page):
    run(page)
    page.selectbox(key="start_from").set_value("report-ann")
    run(page)
    assert page.selectbox(key="recipe").disabled
    assert "109,386 parameters" in texts(page)
    with pytest.raises(KeyError):  # its layers are what they are
        page.text_input(key="from-report-ann-widths")
    page.number_input(key="from-report-ann-frozen").set_value(1)
    page.selectbox(key="from-report-ann-dataset").set_value("optical-digits")
    page.number_input(key="from-report-ann-train_images").set_value(100)
    page.number_input(key="from-report-ann-batch_size").set_value(10)
    page.text_input(key="from-report-ann-name").set_value("gone-on")
    run(page)
    page.button(key="train").click()
    run(page)
    queued = runs.read("gone-on")
    shipped = runs.read("report-ann").recipe
    assert (queued.recipe.start_from, queued.recipe.frozen) == ("report-ann", 1)
    assert queued.recipe.hidden == shipped.hidden
    assert queued.recipe.learning_rate < shipped.learning_rate
    page.selectbox(key="start_from").set_value(None)
    run(page)
    assert not page.selectbox(key="recipe").disabled
    assert page.number_input(key="report-ann-batch_size").value == 128


def test_a_run_to_start_from_that_is_deleted_is_forgotten(page, tmp_path):
    shutil.copytree(runs.SHIPPED_DIR / "report-ann", tmp_path / "mine")
    run(page)
    page.selectbox(key="start_from").set_value("mine")
    run(page)
    shutil.rmtree(tmp_path / "mine")
    run(page)
    assert page.selectbox(key="start_from").value is None


def copies(tiny_run, folder, *names):
    for name in names:
        shutil.copytree(tiny_run.path, folder / name)
        runs.change(runs.read(name), name=name)


def table_of(page):
    return page.dataframe[-1].value["name"].tolist()


def tick(page, *names):
    page.session_state["ticked"] = [runs.read(name).identity for name in names]
    return run(page)


def test_a_tick_stays_with_its_run_when_another_comes_and_when_it_is_renamed(
    page, tiny_run, tiny, tmp_path
):
    copies(tiny_run, tmp_path, "first", "second")
    run(page)
    tick(page, "second")
    assert page.button(key="delete").label == "Delete second"
    queue.submit(tiny, "optical-digits", name="newest")
    run(page)
    assert table_of(page).index("newest") < table_of(page).index("second")
    assert page.button(key="delete").label == "Delete second"
    runs.rename(runs.read("second"), "a later name")
    run(page)
    assert page.button(key="delete").label == "Delete a later name"


def test_a_deletion_leaves_no_other_run_ticked(page, tiny_run, tmp_path):
    copies(tiny_run, tmp_path, "first", "second", "third")
    run(page)
    tick(page, "second")
    page.button(key="delete").click()
    run(page)
    assert "second" not in table_of(page)
    with pytest.raises(KeyError):
        page.button(key="delete")


def test_several_runs_are_deleted_together_and_brought_back_after_a_reload(
    page, tiny_run, tmp_path
):
    copies(tiny_run, tmp_path, "first", "second", "third")
    run(page)
    tick(page, "first", "third")
    assert page.button(key="delete").label == "Delete first and third"
    page.button(key="delete").click()
    run(page)
    assert set(table_of(page)) == {*runs.SHIPPED, "second"}
    assert "Deleted first and third." in texts(page)
    page.button(key="undelete").click()
    run(page)
    assert {"first", "second", "third"} <= set(table_of(page))
    tick(page, "first", "second")
    page.button(key="delete").click()
    run(page)
    again = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    again.switch_page("pages/train.py")
    run(again)
    for name in ("first", "second"):
        next(b for b in again.button if b.label == f"Bring back {name}").click()
        run(again)
    assert {"first", "second", "third"} <= set(table_of(again))
    assert not runs.deleted()


def test_of_shipped_and_own_runs_only_the_own_are_deleted(page, tiny_run, tmp_path):
    copies(tiny_run, tmp_path, "mine")
    run(page)
    tick(page, "cnn", "mine")
    assert page.button(key="delete").label == "Delete mine"
    tick(page, "cnn")
    assert page.button(key="delete").disabled


def test_a_name_that_is_taken_is_refused_in_the_form_and_nothing_is_written(
    page, tiny_run, tmp_path
):
    copies(tiny_run, tmp_path, "first", "second")
    run(page)
    tick(page, "second")
    rename(page, "first", "a note")
    assert page.session_state["rename"]  # the form is still open
    assert "There is a run first already" in texts(page)
    assert runs.read("second").record.note is None
    rename(page, "Übung 3 – café", "a note")
    assert not page.session_state["rename"]
    assert "Übung 3 – café" in table_of(page)
    assert runs.read("Übung 3 – café").record.note == "a note"


def rename(page, name, note):
    page.session_state["rename"] = True
    run(page)
    for entry, text in (("name-", name), ("note-", note)):
        next(t for t in page.text_input if t.key.startswith(entry)).set_value(text)
    next(b for b in page.button if b.label == "Save").click()
    return run(page)


def test_the_second_who_renames_a_run_is_told(page, tiny_run, tmp_path):
    copies(tiny_run, tmp_path, "mine")
    run(page)
    tick(page, "mine")
    page.session_state["rename"] = True
    run(page)
    runs.rename(runs.read("mine"), "theirs")
    rename(page, "ours", "")
    assert "Somebody has renamed or deleted mine meanwhile" in texts(page)
    assert runs.read("theirs").problem is None
    rename(page, "ours", "")  # who has read that may go on
    assert runs.read("ours").problem is None


def test_a_form_outlives_that_its_run_is_renamed_while_the_page_is_made(
    page, tiny_run, tmp_path, monkeypatch
):
    copies(tiny_run, tmp_path, "mine")
    run(page)
    tick(page, "mine")
    page.session_state["rename"] = True
    show, shown = table.show, []

    def rename_and_show(found, ticked):
        if not shown:
            runs.rename(runs.read("mine"), "theirs")
        shown.append(show(found, ticked))
        return shown[-1]

    monkeypatch.setattr(table, "show", rename_and_show)
    run(page)
    assert [len(ticked) for ticked in shown] == [1]  # else a browser closes the form
    assert [t.value for t in page.text_input if (t.key or "").startswith("name-")] == ["mine"]
    rename(page, "ours", "")
    assert "Somebody has renamed or deleted mine meanwhile" in texts(page)
    assert runs.read("theirs").problem is None


def test_a_run_that_others_draw_with_says_so_and_their_choice_follows(
    page, tiny_run, tmp_path, monkeypatch
):
    copies(tiny_run, tmp_path, "mine")
    monkeypatch.setattr(presence, "others_with", lambda run: 2)
    run(page)
    tick(page, "mine")
    assert "mine reads on the drawing page for 2 others" in texts(page)
    drawing = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    drawing.session_state["run"] = "mine"
    run(drawing)
    runs.rename(runs.read("mine"), "ours")
    run(drawing)
    assert drawing.selectbox(key="run").value == "ours"
    assert "mine is called ours now." in texts(drawing)
    runs.delete(runs.read("ours"))
    run(drawing)
    assert drawing.selectbox(key="run").value == runs.DEFAULT_RUN
    assert f"ours is no longer there. {runs.DEFAULT_RUN} reads now." in texts(drawing)


def test_a_run_taken_out_of_the_queue_can_be_put_back(page, tiny):
    queue.submit(tiny, "optical-digits", name="one")
    run(page)
    page.button(key="discard").click()
    run(page)
    assert not queue.waiting()
    page.button(key="undelete").click()
    run(page)
    assert [waiting.name for waiting in queue.waiting()] == ["one"]


def test_a_run_is_summed_up_and_its_training_can_be_seen_again(page, tiny_run, tmp_path):
    copies(tiny_run, tmp_path, "mine")
    page.query_params["run"] = "mine"
    run(page)
    said = verdict(tiny_run.recipe, runs.read_history(tiny_run))
    assert said
    assert said in texts(page)
    moments = runs.read_watched(runs.read("mine"))
    assert moments[-1].epoch == 2
    page.button(key="replay").click()
    run(page)
    assert html(page).count("<figure") == 9
    for _ in moments:
        if not any(button.key == "end_replay" for button in page.button):
            break
        run(page)
    run(page)
    assert page.button(key="replay")  # it is over, and may begin again


def test_comparisons_say_what_they_show_and_what_differs(page, tiny_run, tmp_path):
    copies(tiny_run, tmp_path, "first", "second")
    slower = dataclasses.replace(tiny_run.recipe, learning_rate=0.0005)
    runs.change(runs.read("second"), recipe=slower, seed=7)
    run(page)
    tick(page, "first", "second")
    assert "**Loss on the validation digits**" in texts(page)
    differences = page.table[-1].value
    assert set(differences.index) == {"learning rate", "seed"}
    assert list(differences.loc["learning rate"]) == ["0.001", "0.0005"]


def test_of_an_imported_run_it_is_said_what_is_known(page, tiny_run, tmp_path):
    copies(tiny_run, tmp_path, "mine")
    imported = recipes.Recipe(recipes.IMPORTED, "A network that was imported", ())
    runs.change(runs.read("mine"), recipe=imported)
    (tmp_path / "mine" / "history.csv").unlink()
    page.query_params["run"] = "mine"
    run(page)
    assert "nothing is known of how it was trained" in texts(page)
