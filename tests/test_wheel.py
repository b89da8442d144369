"""The wheel: whole, and its command works where there is no checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from mnist_core import runs

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE")
RUN_FILES = ("run.json", "history.csv", "model.keras", "evaluation.npz")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built of a copy: building leaves folders behind in what it builds of."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        shutil.copy(ROOT / name, source / name)
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mnist_core", source / "mnist_core", ignore=leave)
    shutil.copytree(ROOT / "web", source / "web")
    # Beside the shipped runs lies one of the user's own, which is nobody else's business.
    for name in runs.SHIPPED:
        shutil.copytree(ROOT / "models" / name, source / "models" / name)
    shutil.copytree(ROOT / "models" / "cnn", source / "models" / "mine")
    for table in (ROOT / "models").glob("*.csv"):
        shutil.copy(table, source / "models")
    pip("wheel", source, "--no-deps", "--no-build-isolation", "--wheel-dir", made)
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with an environment that has the wheel and what it needs, but no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    # What the wheel depends on is there already, in the environment that runs the tests.
    Path(packages, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def command(installed, tmp_path):
    """Run `mnist-canvas` in an empty folder, for a user without any files; what it prints."""
    name = "Scripts/mnist-canvas.exe" if os.name == "nt" else "bin/mnist-canvas"
    unset = ("PYTHONPATH", "MODELS_DIR", "XDG_DATA_HOME")
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    home = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}

    def run(*arguments):
        done = subprocess.run(
            [installed / "venv" / name, *map(str, arguments)],
            cwd=tmp_path,
            env=environment | home,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_wheel_holds_every_module_and_the_shipped_runs_alone(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mnist_core").rglob("*.py")}
    templates = ROOT / "mnist_core" / "report" / "templates"
    code |= {path.relative_to(ROOT).as_posix() for path in templates.iterdir()}
    maps = ROOT / "mnist_core" / "datasets" / "maps"
    code |= {path.relative_to(ROOT).as_posix() for path in maps.iterdir()}
    web = [path for path in (ROOT / "web").rglob("*.*") if path.name != "README.md"]
    code |= {f"mnist_core/{path.relative_to(ROOT).as_posix()}" for path in web}
    assert code <= names
    shipped = {name for name in names if name.startswith("mnist_core/shipped/")}
    folder = "mnist_core/shipped"
    wanted = {f"{folder}/{run}/{file}" for run in runs.SHIPPED for file in RUN_FILES}
    wanted |= {f"{folder}/{path.name}" for path in (ROOT / "models").glob("*.csv")}
    for run in runs.SHIPPED:
        kept = runs.kept_epochs(runs.read(runs.SHIPPED_DIR / run))
        wanted |= {f"{folder}/{run}/{runs.EPOCHS}/{path.name}" for _, path in kept}
    assert wanted <= shipped
    assert {name.split("/")[2] for name in shipped if name.count("/") > 2} == {*runs.SHIPPED}
    others = {name for name in names - code - shipped if ".dist-info/" not in name}
    assert others == set()


def test_the_extra_for_clusters_is_what_the_tests_use():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    used = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    assert set(project["optional-dependencies"]["cluster"]) <= set(used)
    assert not any(line.startswith("dask") for line in (ROOT / "requirements.txt").open())


def test_an_installed_command_knows_the_shipped_runs_and_reads_with_them(command, tmp_path):
    listed = command("runs")
    assert all(name in listed for name in runs.SHIPPED)
    image = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(image).line([(50, 40), (150, 40), (90, 170)], fill=0, width=18)
    image.save(tmp_path / "seven.png")
    answer = json.loads(command("predict", "seven.png", "--json"))
    assert answer["digit"] == 7


def test_an_installed_command_trains_reports_and_exports(command, tmp_path):
    wanted = ("--dataset", "optical-digits", "--epochs", "1", "--name", "mine")
    assert "test accuracy" in command("train", "report-ann", *wanted)
    run = next(tmp_path.rglob("mine/run.json")).parent
    assert run.parent.parent.name == "mnist-canvas"
    assert json.loads((run / "run.json").read_text())["command"].startswith("mnist-canvas train")
    assert "mine" in command("runs")
    assert command("report", "mine") == "mine-report.html\n"
    report = (tmp_path / "mine-report.html").read_text(encoding="utf-8")
    assert report.count("<img") > 40
    command("export", "cnn", "cnn.tflite")
    assert b"TFL3" in (tmp_path / "cnn.tflite").read_bytes()[:16]
    command("export", "cnn", "cnn.html")
    assert 'id="network"' in (tmp_path / "cnn.html").read_text(encoding="utf-8")


def test_an_installed_command_starts_processes_of_its_own(command, tmp_path):
    """The winner of a search is trained in the background, where no checkout is at hand."""
    small = ("--layers", "0", "0", "--epochs", "1", "--batch-sizes", "32")
    printed = command(
        "search", "quick", "--dataset", "optical-digits", "--trials", "1", *small, "--winner"
    )
    assert "test accuracy" in printed
    assert len(list(tmp_path.rglob("*/model.keras"))) == 1
