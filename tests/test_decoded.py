"""What is read from JSON is read by many threads at once from the first moment on."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CALLS = ("msgspec.convert", "msgspec.json.decode")
AT_ONCE = """
import sys, threading
from mnist_core import runs
from mnist_core.classroom import given

sys.setswitchinterval(1e-6)
start, read = threading.Barrier(8), []

def work():
    start.wait()
    read.append(runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN).problem)
    read.append(given.vote({"subject": "a", "value": 1}).value)

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert read.count(None) == read.count(1) == 8, read
"""


@pytest.mark.slow
def test_many_threads_read_a_run_at_once_as_the_first():
    for _ in range(5):  # without what `decoded` does, every other one ends in a crash
        ended = subprocess.run([sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True)
        assert ended.returncode == 0, ended.stderr.decode()[-2000:]


def decoded_in(tree):
    """The names of the types that a module has msgspec decode; `cls` is the class around it."""
    for node in tree.body:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in CALLS:
                given = [word.value for word in call.keywords if word.arg == "type"]
                for kind in [*given, *call.args[1:]]:
                    name = ast.unparse(kind).rpartition(".")[2]
                    yield node.name if name == "cls" else name


def test_all_types_that_json_is_decoded_into_are_looked_at_early():
    used, marked = set(), set()
    for folder in ("mnist_core", "routes", "ui"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            used |= set(decoded_in(tree))
            marked |= {
                node.name
                for node in tree.body
                if isinstance(node, ast.ClassDef)
                and "decoded" in map(ast.unparse, node.decorator_list)
            }
    assert {"Record", "Recipe", "Process"} <= used
    assert used - {"kind"} <= marked, "decorate these with mnist_core.decoded.decoded"
