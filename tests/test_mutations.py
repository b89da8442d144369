"""A tenth of what `benchmarks/mutations.py` tries, always the same."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "mutations.py"


def test_damaged_inputs_end_in_a_sentence_and_leave_no_memory_behind():
    asked = [sys.executable, str(SCRIPT), "--inputs", "1000", "--opened", "0", "--seed", "1"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Seed 1, 1,000 inputs" in done.stdout
