"""The command line: what it prints, what it leaves behind, and how it refuses."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core import runs
from mnist_core.cli import main
from mnist_core.experiments import reproductions, search

ROOT = Path(__file__).resolve().parent.parent


def draw(path, *lines, size=(200, 200), width=18, paper="white", ink="black"):
    image = Image.new("RGB", size, paper)
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=ink, width=width)
    image.save(path)
    return str(path)


@pytest.fixture
def one(tmp_path):
    """A picture of a 1."""
    return draw(tmp_path / "one.png", [(100, 30), (100, 170)])


@pytest.fixture
def seven(tmp_path):
    """A picture of a 7."""
    return draw(tmp_path / "seven.png", [(50, 40), (150, 40), (90, 170)])


@pytest.fixture
def command(models_dir, capsys):
    """Run a command and give what it printed; it has to succeed."""

    def run(*arguments):
        assert main(list(arguments)) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out

    return run


@pytest.fixture
def refusal(models_dir, capsys):
    """Run a command that has to be refused, and give its one line."""

    def run(*arguments):
        try:
            status = main(list(arguments))
        except SystemExit as stop:  # what argparse refuses
            status = stop.code
        assert status == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert printed.err.endswith("\n")
        assert printed.err.count("\n") == 1
        return printed.err

    return run


# --- help ----------------------------------------------------------------------------


def test_help_is_there_without_waiting_for_tensorflow():
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mnist_core", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    assert time.monotonic() - started < 30
    for name in ("train", "resume", "evaluate", "predict", "runs", "report", "reproduce", "study"):
        assert re.search(rf"^ +{name}\s", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "explains"),
    [
        ("train", ["RECIPE", "report-ann", "--dataset", "--epochs", "--seed", "--name", "--h5"]),
        ("train", ["--from RUN", "--freeze N", "--images N"]),
        ("ensemble", ["NAME", "RUN"]),
        ("evaluate", ["RUN", "--dataset"]),
        ("predict", ["IMAGE", "--run", "--json"]),
        ("runs", []),
        ("report", ["RUN", "--output"]),
        ("reproduce", ["RECIPE", "--seeds"]),
        ("study", ["STUDY", "--seeds", "dropout"]),
    ],
)
def test_every_command_explains_itself(capsys, name, explains):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in explains)


# --- train ---------------------------------------------------------------------------


def test_train_leaves_a_run_and_prints_its_summary(command, models_dir):
    text = command(
        *("train", "report-ann", "--dataset", "optical-digits", "--epochs", "2"),
        *("--seed", "3", "--name", "mine", "--h5"),
    )
    run = runs.read("mine")
    assert run.usable
    assert run.path == models_dir / "mine"
    assert (run.record.seed, run.record.epochs) == (3, 2)
    assert run.record.dataset.name == "optical-digits"
    assert run.record.command == (
        "python -m mnist_core train report-ann --dataset optical-digits --epochs 2 --seed 3 "
        "--name mine --h5"
    )
    for said in ("mine", "report-ann", "optical-digits", "109,386", "test accuracy"):
        assert said in text
    assert f"{run.metrics.test_accuracy:.2%}" in text
    old, new = (
        keras.models.load_model(run.path / name, compile=False)
        for name in ("model.h5", "model.keras")
    )
    images = np.random.default_rng(0).random((5, 28, 28), np.float32)
    assert np.allclose(np.asarray(old(images)), np.asarray(new(images)), atol=1e-6)


def test_runs_without_a_name_are_named_by_recipe_and_time(command, models_dir):
    for _ in range(2):
        command("train", "perceptron", "--dataset", "optical-digits", "--epochs", "1")
    names = [path.name for path in models_dir.iterdir() if path.name[0] != "."]
    assert len(names) == 2
    assert all(name.startswith("perceptron-20") for name in names)


def test_train_can_be_interrupted(models_dir, capsys):
    """Press Ctrl-C once the first epoch is done."""
    ended = threading.Event()

    def press():
        while not ended.wait(0.02):
            if (models_dir / "long" / "history.csv").exists():
                os.kill(os.getpid(), signal.SIGINT)
                return

    finger = threading.Thread(target=press)
    finger.start()
    try:
        options = ["--dataset", "optical-digits", "--epochs", "10000", "--name", "long"]
        status = main(["train", "perceptron", *options])
    finally:
        ended.set()
        finger.join()
    assert status == 130
    assert capsys.readouterr().err == "interrupted\n"
    run = runs.read("long")
    assert run.status == runs.FAILED
    assert "Interrupted" in run.record.reason


# --- evaluate, runs ------------------------------------------------------------------


def test_evaluate_measures_a_run(command, own_run):
    text = command("evaluate", "mine")
    accuracy = own_run.metrics.test_accuracy
    assert f"mine on the 360 test images of optical-digits: accuracy {accuracy:.2%}" in text
    assert f"loss {own_run.metrics.test_loss:.4f}" in text
    rows = dict(line.split(maxsplit=1) for line in text.splitlines() if re.match(r" +\d ", line))
    assert set(rows) == set("0123456789")
    assert "weighted avg" in text
    matrix = text.split("confusion matrix")[1]
    counts = [
        [int(word) for word in line.split()][1:]
        for line in matrix.splitlines()
        if re.fullmatch(r" +\d( +\d+){10}", line)
    ]
    assert np.shape(counts) == (10, 10)
    assert np.sum(counts) == 360
    assert np.trace(counts) == round(accuracy * 360)
    assert re.search(r"most confused: \d as \d \(\d+\)", text)


def test_evaluate_takes_a_directory_and_another_dataset(command, own_run):
    text = command("evaluate", str(own_run.path), "--dataset", "optical-digits")
    assert "mine on the 360 test images" in text


def test_runs_are_listed_with_what_is_known_of_them(command, own_run, models_dir):
    runs.create(own_run.recipe, "mnist", 0, "waiting")
    longest = "early-stopping-ann-20300101-120000-2"  # of the names that runs are given
    runs.create(own_run.recipe, "mnist+pen-strokes", 0, longest)
    for name in ("alien", "[b]"):  # a name that is not given here can still occur
        (models_dir / name).mkdir()
        (models_dir / name / "notes.txt").touch()
    (models_dir / "begun").mkdir()  # somebody is about to make a run of it
    text = command("runs")
    lines = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    accuracy = f"{own_run.metrics.test_accuracy:.2%}"
    assert all(word in lines["mine"] for word in ("tiny", "12,730", accuracy, "finished"))
    assert "queued" in lines["waiting"]
    assert longest in lines
    assert "broken" in lines["alien"]
    assert "[b]" in lines
    assert "begun" not in lines
    assert set(runs.SHIPPED) <= set(lines)


# --- report, reproduce ---------------------------------------------------------------


def test_report_writes_one_file_and_says_where(command, own_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("report", "mine") == "mine-report.html\n"
    text = (tmp_path / "mine-report.html").read_text()
    assert f"{own_run.metrics.test_accuracy:.2%}" in text
    folder = tmp_path / "reports"
    folder.mkdir()
    assert (
        command("report", str(own_run.path), "--output", str(folder))
        .strip()
        .endswith("reports/mine-report.html")
    )
    assert (folder / "mine-report.html").read_text() == text


def test_report_of_what_is_not_finished_is_refused(refusal, own_run, tmp_path):
    runs.create(own_run.recipe, "optical-digits", 0, "waiting")
    path = str(tmp_path / "r.html")
    assert "is queued" in refusal("report", "waiting", "--output", path)
    assert "nobody does not exist" in refusal("report", "nobody", "--output", path)
    assert not Path(path).exists()


def test_reproduce_keeps_what_is_there(command, needs_mnist, needs_pens):
    before = reproductions.TABLE.read_bytes()
    text = command("reproduce", "report-ann", "mlp", "--seeds", "3")
    assert reproductions.TABLE.read_bytes() == before
    rows = reproductions.read()
    for name in ("report-ann", "mlp"):
        assert str(reproductions.summary(rows, name, "test_accuracy")) in text


# --- predict -------------------------------------------------------------------------


def test_predict_reads_a_drawn_digit(command, one, seven):
    assert re.fullmatch(r"1 \(\d+\.\d%\)\n", command("predict", one))
    assert command("predict", seven).startswith("7 (")


@pytest.mark.parametrize("colours", [("white", "black"), ("black", "white"), ("#fdf6e3", "navy")])
def test_predict_reads_any_ink_on_any_paper(command, tmp_path, colours):
    paper, ink = colours
    path = draw(tmp_path / "a.png", [(100, 30), (100, 170)], paper=paper, ink=ink)
    assert command("predict", path).startswith("1 (")


def test_predict_gives_json(command, one):
    answer = json.loads(command("predict", one, "--json"))
    assert set(answer) == {"digit", "confidence", "probabilities"}
    assert answer["digit"] == 1
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert answer["confidence"] == max(answer["probabilities"]) == answer["probabilities"][1]


def test_predict_uses_the_run_that_is_asked_for(command, own_run, one):
    answer = json.loads(command("predict", one, "--run", "mine", "--json"))
    default = json.loads(command("predict", one, "--json"))
    assert answer["probabilities"] != default["probabilities"]


def test_a_script_gets_json_and_nothing_else(seven):
    done = subprocess.run(
        [sys.executable, "-m", "mnist_core", "predict", seven, "--json"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("TF_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout)["digit"] == 7
    assert done.stderr == ""


# --- from other runs -----------------------------------------------------------------


def test_train_goes_on_from_a_run_with_few_images(command, models_dir):
    text = command(
        *("train", "report-ann", "--from", "report-ann", "--freeze", "1", "--images", "100"),
        *("--dataset", "optical-digits", "--epochs", "3", "--name", "gone-on"),
    )
    run = runs.read("gone-on")
    assert "report-ann, 3 layers, 1 of them frozen" in " ".join(text.split())
    assert (run.recipe.train_images, run.record.images, run.recipe.epochs) == (100, 80, 3)
    assert run.metrics.test_accuracy > 0.75  # from fresh weights it would be about 0.3


def test_ensemble_says_what_it_gains_and_costs(command, own_run):
    text = " ".join(command("ensemble", "both", "mine", "report-ann").split())
    assert runs.read("both").usable
    assert "both averages mine and report-ann. It reads" in text
    assert "times the time for one image" in text


# --- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "cmn"], "no recipe 'cmn': choose one of"),
        (["train", "cnn", "--dataset", "fashion"], "no dataset 'fashion': choose one of"),
        (["train", "cnn", "--dataset", "optical-digits", "--epochs", "0"], "number of epochs"),
        (["train", "cnn", "--dataset", "optical-digits", "--epochs", "-2"], "number of epochs"),
        (["train", "cnn", "--dataset", "optical-digits", "--seed", "-1"], "seed"),
        (["train", "cnn", "--dataset", "optical-digits", "--seed", str(2**31)], "seed"),
        (["train", "cnn", "--dataset", "optical-digits", "--name", "a/b"], "name"),
        (["train", "cnn", "--epochs", "many"], "--epochs"),
        (["train"], "RECIPE"),
        (["train", "mlp", "--from", "nobody"], "nobody does not exist"),
        (["train", "mlp", "--from", "report-ann"], "first layer of report-ann is another"),
        (["train", "wide-mlp", "--freeze", "1"], "name it with --from"),
        (["train", "report-ann", "--from", "report-ann", "--freeze", "3"], "from 0 to 2"),
        (["train", "mlp", "--images", "0"], "at least one image"),
        (["ensemble", "x", "cnn"], "takes 2 to 8 runs"),
        (["ensemble", "x", "cnn", "nobody"], "nobody does not exist"),
        (["ensemble", "a/b", "cnn", "pen-cnn"], "name must be"),
        (["bake"], "bake"),
        ([], "COMMAND"),
        (["reproduce", "cmn"], "no recipe 'cmn'"),
        (["reproduce", "mlp", "--seeds", "some"], "--seeds"),
        (["study", "droput"], "no study 'droput': choose one of layers, neurons"),
        (["study", "dropout", "--seeds", "0"], "at least 1"),
        (["evaluate", "nobody"], "nobody does not exist"),
        (["evaluate", "x" * 300], "x"),
        (["predict", "nowhere.png"], "nowhere.png"),
        (["predict", "."], "directory"),
    ],
)
def test_bad_input_is_refused_in_one_line(refusal, models_dir, arguments, says):
    assert says in refusal(*arguments)
    assert [path for path in models_dir.iterdir() if path.name[0] != "."] == []


def test_a_taken_name_is_refused(refusal, own_run):
    line = refusal(
        *("train", "perceptron", "--dataset", "optical-digits", "--epochs", "1", "--name", "mine")
    )
    assert "a run mine already" in line
    assert runs.read("mine").record == own_run.record


def test_a_dataset_that_is_not_where_it_should_be_is_refused(refusal, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "nowhere.npz"))
    assert "nowhere.npz" in refusal("train", "perceptron", "--epochs", "1")


def test_a_corrupt_image_is_refused(refusal, tmp_path, one):
    whole = Path(one).read_bytes()
    for content in (b"", b"this is no image", whole[: len(whole) // 2]):
        (tmp_path / "corrupt.png").write_bytes(content)
        assert "image" in refusal("predict", str(tmp_path / "corrupt.png"))


@pytest.mark.parametrize("paper", ["white", "black", "grey"])
def test_a_blank_image_is_refused(refusal, tmp_path, paper):
    line = refusal("predict", draw(tmp_path / "blank.png", paper=paper))
    assert "no ink" in line
    assert "blank.png" in line


def test_an_image_is_not_read_with_a_run_that_is_missing_or_broken(refusal, own_run, one):
    assert "nobody does not exist" in refusal("predict", one, "--run", "nobody")
    own_run.model_file.write_bytes(b"x")
    assert "model file of mine" in refusal("predict", one, "--run", "mine")
    assert "model file of mine" in refusal("evaluate", "mine")


SEARCH = ("search", "quick", "--dataset", "optical-digits", "--layers", "0", "1", "--seed", "3")


def test_a_search_is_ended_with_ctrl_c_and_gone_on_with_to_its_winner(models_dir):
    def begin(*arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "mnist_core", *SEARCH, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    process = begin("--trials", "99", "--epochs", "2")
    for line in process.stdout:
        if line.startswith("trial 1: "):
            process.send_signal(signal.SIGINT)
            break
    printed, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "the same command resumes" in printed
    done = len(search.state("quick").trials)
    assert 1 <= done < 99
    process = begin("--trials", str(done + 1), "--winner")
    printed, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert f"trial {done + 1}: " in printed
    assert "trial 1: " not in printed
    found = search.state("quick")
    assert found.settings.trials == len(found.trials) == done + 1
    run = runs.read(found.winner)
    assert run.status == runs.FINISHED
    assert f"{run.metrics.test_accuracy:.2%}" in printed
    assert run.metrics.val_accuracy == found.best.value


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--trials", "0"], "number of trials"),
        (["--learning-rate", "0", "1"], "learning rate must be"),
        (["--layers", "3", "1"], "lowest number of hidden layers"),
        (["--dataset", "letters"], "no dataset 'letters'"),
    ],
)
def test_a_search_with_nonsense_is_refused_in_one_line(refusal, arguments, says):
    assert says in refusal("search", "bad", *arguments)


def test_a_search_with_other_settings_is_refused_in_one_line(refusal):
    search.create("quick", "optical-digits", 1)
    assert "other settings (seed)" in refusal("search", "quick", "--seed", "4")
