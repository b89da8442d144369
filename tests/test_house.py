"""The floors of the house: an arrow that points upward is found, of an import or of a process."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
specification = importlib.util.spec_from_file_location("house", ROOT / ".ci" / "house.py")
house = importlib.util.module_from_spec(specification)
specification.loader.exec_module(house)


@pytest.fixture
def copy(tmp_path):
    """The packages and their rules, free to be spoilt."""
    for name in ("mnist_core", "routes", "ui", "pages", "benchmarks", ".ci"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def imports_are_fine(folder):
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


def add(path, text):
    with path.open("a") as file:
        file.write(text)


def test_an_import_from_a_floor_above_is_found(copy):
    assert imports_are_fine(copy)
    add(copy / "mnist_core" / "drawing" / "form.py", "\nfrom mnist_core import runs  # noqa\n")
    assert not imports_are_fine(copy)


def test_a_process_that_is_started_from_below_is_found(copy):
    assert list(house.upward_starts(copy)) == []
    starts = '\n\ndef begin() -> None:\n    background.start("{}")\n'
    add(copy / "mnist_core" / "runs" / "life.py", starts.format("training.queue_worker"))
    add(copy / "mnist_core" / "datasets" / "cache.py", starts.format("__main__"))
    add(copy / "mnist_core" / "training" / "queue.py", starts.format("networks.converter"))
    found = list(house.upward_starts(copy))
    assert len(found) == 2
    assert "datasets/cache.py" in found[0]
    assert "command line by name" in found[0]
    assert "runs/life.py" in found[1]
    assert "training.queue_worker, which lies above it" in found[1]


def test_what_is_too_long_is_found_unless_it_says_why(copy):
    assert list(house.long_things(copy)) == []
    body = "    x = 1\n" * 70
    add(
        copy / "ui" / "links.py",
        f"\n\ndef long():\n{body}\n\ndef said():\n    # Long because so.\n{body}",
    )
    add(copy / "ui" / "say.py", "\n" * 400)
    found = list(house.long_things(copy))
    assert len(found) == 2
    assert "long has 71 lines" in found[0]
    assert "say.py" in found[1]
