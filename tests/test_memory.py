"""The server's memory does not creep while people come, draw and go."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "memory.py"


def test_memory_stays_while_people_come_and_go():
    # As many have gone by the first look as Streamlit keeps, should they come back.
    few = ["--strokes", "800", "--first", "400", "--sessions", "20", "--each", "3"]
    run = subprocess.run([sys.executable, str(SCRIPT), *few], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "since the first 400 strokes" in run.stdout
