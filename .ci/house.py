"""Checks what no linter knows: the length of files and functions, and who starts which process.

Run by `make lint`. A function of more than 60 lines needs a comment in it that begins with
`# Long because` and says why. A module that starts a process (`background.start`, `Job.start`, a
`Task`) names an entry module; that is an arrow like an import, and points downward only.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 400, 60
PYTHON = ("mnist_core", "routes", "ui", "pages", "benchmarks", ".ci")
STARTERS = ("start", "Task", "call")


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    found = [*long_things(ROOT), *upward_starts(ROOT)]
    print(*found, sep="\n") if found else print("The house is in order.")
    return bool(found)


def long_things(root: Path) -> Iterator[str]:
    """Files and functions that are too long."""
    for path in sorted(p for folder in PYTHON for p in (root / folder).rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        where = path.relative_to(root)
        if len(lines) > FILE_LINES:
            yield f"{where}: {len(lines)} lines, more than {FILE_LINES}"
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = lines[node.lineno - 1 : node.end_lineno]
                said = any(line.strip().startswith("# Long because") for line in body)
                if len(body) > FUNCTION_LINES and not said:
                    yield f"{where}:{node.lineno}: {node.name} has {len(body)} lines"


def floors(root: Path) -> list[set[str]]:
    """The rooms of each floor, the highest first, as pyproject.toml has them."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    return [{room.strip() for room in layer.split(":")} for layer in layers]


def upward_starts(root: Path) -> Iterator[str]:
    """Processes that are started from below them, or by the name of a command."""
    order = floors(root)
    height = {room: -at for at, floor in enumerate(order) for room in floor}
    for path in sorted((root / "mnist_core").rglob("*.py")):
        parts = path.relative_to(root / "mnist_core").with_suffix("").parts
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name not in STARTERS:
                continue
            for text in (a.value for a in call.args if isinstance(a, ast.Constant)):
                if not isinstance(text, str) or not (text.startswith("__") or "." in text):
                    continue
                where, room = f"{path.relative_to(root)}:{call.lineno}", text.split(".")[0]
                if room in ("__main__", "cli"):
                    yield f"{where}: starts the command line by name: {text}"
                elif not (root / "mnist_core" / f"{text.replace('.', '/')}.py").is_file():
                    continue
                elif height[room] > height[parts[0]]:
                    yield f"{where}: starts {text}, which lies above it"


if __name__ == "__main__":
    sys.exit(main())
