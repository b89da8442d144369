"""Mutated inputs: whether anything from outside ends in more than a sentence.

Real inputs (a network's file, pictures, drawings, messages, a run's directory) are damaged at
random, byte by byte and value by value, and given to what reads them. All that may come of it is a
result or the project's own `InputError`. What the process holds afterwards is compared with what it
held after the first tenth. The seed is printed: with it the same inputs come again.
"""

from __future__ import annotations

import argparse
import base64
import collections
import contextlib
import copy
import gc
import io
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from common import print_table
from mnist_core import drawing, nesting, runs
from mnist_core.errors import InputError
from mnist_core.networks import keras_file
from mnist_core.training import imports
from ui import canvas

MORE_MB = 40  # that the process may hold afterwards; pieces of memory come back late
BASE = runs.SHIPPED_DIR / "report-ann"
# What a value in JSON may be in place of what it was.
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**9, 10**400, 1e308, -1e308, float("nan"), float("inf"), "", "x" * 1000,
    "\ud800", "../../x", [], {}, [[]], [None] * 50, {"class_name": "Lambda"}, {"path": [[1]]},
)  # fmt: skip

Random = np.random.Generator
Try = Callable[[Random], object]


@dataclass
class Kind:
    """What came of the inputs of one kind."""

    taken: int = 0
    refused: int = 0
    slowest: float = 0.0  # seconds
    broken: list[str] = field(default_factory=list)  # tracebacks of what was neither


# --- damage ----------------------------------------------------------------------------


def damaged(data: bytes, random: Random) -> bytes:
    """Bytes with a few changed, a piece cut out, doubled or put elsewhere, or the end cut off."""
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        start = int(random.integers(len(changed) + 1))
        end = min(len(changed), start + int(random.integers(1, 64)))
        match random.integers(5):
            case 0:
                changed[start:end] = random.bytes(end - start)
            case 1:
                del changed[start:end]
            case 2:
                changed[start:start] = changed[start:end]
            case 3:
                changed[start:end] = bytes([int(random.choice([0, 255]))]) * (end - start)
            case 4 if random.random() < 0.3:
                del changed[start:]
    return bytes(changed)


def altered(value: Any, random: Random) -> Any:
    """Data as of JSON with one to three values replaced, taken out, doubled or nested."""
    value = json.loads(json.dumps(value))
    for _ in range(int(random.integers(1, 4))):
        places = list(_places(value))
        if not places:
            return odd(random)
        holder, key = places[int(random.integers(len(places)))]
        match random.integers(4):
            case 0 | 1:
                holder[key] = odd(random)
            case 2:
                del holder[key]
            case 3:
                for _ in range(int(random.choice([1, 30, 300]))):
                    holder[key] = [holder[key]]
    return value


def odd(random: Random) -> Any:
    return copy.deepcopy(ODD[int(random.integers(len(ODD)))])


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each value within a value, as what holds it and its key there."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            yield from ((holder, key) for key in keys)
            waiting += [holder[key] for key in keys]


# --- what is damaged -------------------------------------------------------------------


def networks(opened: list[bytes]) -> Try:
    """Of a `.keras` file its bytes, configuration and weights; notes what is let through."""
    whole = (BASE / runs.MODEL).read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(entries[keras_file.CONFIG])

    def given(random: Random) -> object:
        changed = dict(entries)
        match random.integers(3):
            case 0:
                data = damaged(whole, random)
            case 1:
                changed[keras_file.CONFIG] = as_json(altered(config, random))
                data = packed(changed)
            case _:
                weights = changed[keras_file.WEIGHTS]  # the numbers themselves may be anything
                changed[keras_file.WEIGHTS] = damaged(weights[:9000], random) + weights[9000:]
                data = packed(changed)
        found = keras_file.read(data)
        opened.append(data)
        return found

    return given


def packed(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def pictures() -> Try:
    """Files of all formats that are opened."""
    seen = np.zeros((90, 70), np.uint8)
    seen[20:70, 30:36] = 255
    files = []
    for kind in drawing.FORMATS:
        for mode in ("L", "RGB", "P"):
            file = io.BytesIO()
            with contextlib.suppress(OSError):  # not every format holds every mode
                Image.fromarray(seen).convert(mode).save(file, kind)
                files.append(file.getvalue())

    def given(random: Random) -> object:
        data = damaged(files[int(random.integers(len(files)))], random)
        return drawing.from_image(drawing.read_image(data))

    return given


def drawings() -> Try:
    """What a canvas reports, with strokes and a picture; and the bytes of a message."""
    path = [["M", 60, 60], ["Q", 150, 40, 200, 60], ["L", 90, 300]]
    stroke = {
        **{"type": "Path", "originX": "center", "originY": "center", "left": 130, "top": 170},
        **{"width": 140, "height": 240, "strokeWidth": 22, "scaleX": 1, "scaleY": 1, "angle": 0},
        "path": path,
    }
    picture = canvas.picture_object(np.full((28, 28), 100, np.uint8))
    objects = [stroke, stroke, picture]

    def given(random: Random) -> object:
        reported = altered(objects[: int(random.integers(1, 4))], random)
        if random.random() < 0.1:
            nesting.depth(damaged(as_json(reported), random))
        if random.random() < 0.1 and isinstance(reported, list):
            foreign = damaged(base64.b64decode(picture["src"].partition(",")[2]), random)
            source = "data:image/png;base64," + base64.b64encode(foreign).decode()
            reported.append({**picture, "src": source})
        found = canvas.checked(reported)
        canvas.read_number(found)
        return canvas.read(found)

    return given


def strokes() -> Try:
    """Strokes as a library's user gives them."""
    plain = [[[60, 60], [150, 40], [200, 60]], [[90, 300], [120, 10]]]

    def given(random: Random) -> object:
        width = odd(random) if random.random() < 0.2 else 20.0
        return drawing.from_strokes(altered(plain, random), width)

    return given


def directories(folder: Path) -> Try:
    """A run's directory: one of its files damaged, or an entry of its run.json replaced."""
    record = json.loads((BASE / "run.json").read_bytes())
    files = {name: (BASE / name).read_bytes() for name in ("history.csv", runs.EVALUATION_FILE)}
    place = folder / "mutated"
    shutil.copytree(BASE, place)

    def given(random: Random) -> object:
        names = [*files, "run.json", "run.json"]
        name = names[int(random.integers(len(names)))]
        if name == "run.json":
            content = as_json(altered(record, random))
            content = damaged(content, random) if random.random() < 0.2 else content
        else:
            content = damaged(files[name], random)
        (place / name).write_bytes(content)
        try:
            run = runs.read(place)
            runs.summary(run)
            for read in (runs.read_history, runs.read_evaluation):
                with contextlib.suppress(InputError):
                    read(run)
            if run.problem:
                raise InputError(run.problem)
            return run
        finally:
            original = files.get(name) or (BASE / name).read_bytes()
            (place / name).write_bytes(original)

    return given


# --- the trial -------------------------------------------------------------------------


def held() -> float:
    """MB that this process holds."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def attempt(kind: Kind, given: Try, random: Random) -> None:
    start = time.perf_counter()
    try:
        given(random)
        kind.taken += 1
    except InputError as error:
        kind.refused += 1
        if "\n" in str(error) or not str(error).strip():
            kind.broken.append(f"No sentence: {error!r}")
    except Exception:
        kind.broken.append(traceback.format_exc(limit=-3))
    kind.slowest = max(kind.slowest, time.perf_counter() - start)


def main(arguments: list[str] | None = None) -> int:
    """The trial; 1 if anything ended in more than a sentence, or memory did not come back."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--opened", type=int, default=5, help="networks that Keras is to open")
    asked = parser.parse_args(arguments)
    print(f"Seed {asked.seed}, {asked.inputs:,} inputs")
    random = np.random.default_rng(asked.seed)
    let_through: list[bytes] = []
    kinds: dict[str, Kind] = collections.defaultdict(Kind)
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        os.environ["MODELS_DIR"] = folder
        all_kinds = {
            "networks": networks(let_through),
            "pictures": pictures(),
            "drawings": drawings(),
            "strokes": strokes(),
            "run directories": directories(Path(folder)),
        }
        before = held()
        for number in range(asked.inputs):
            name = list(all_kinds)[number % len(all_kinds)]
            attempt(kinds[name], all_kinds[name], random)
            del let_through[: -max(1, asked.opened)]
            if number == asked.inputs // 10:
                before = held()
        after = held()
        for number, data in enumerate(let_through[: asked.opened]):
            attempt(
                kinds["networks opened"],
                lambda _, d=data, n=number: imports.import_keras(d, f"n{n}", "optical-digits"),  # type: ignore[misc]
                random,
            )
    print_table(
        ["inputs", "read", "refused in a sentence", "neither", "slowest"],
        [
            [name, f"{k.taken:,}", f"{k.refused:,}", str(len(k.broken)), f"{k.slowest:.2f} s"]
            for name, k in kinds.items()
        ],
    )
    print(f"\n{before:.0f} MB after the first tenth, {after:.0f} MB at the end")
    broken = [report for kind in kinds.values() for report in kind.broken]
    print(*broken[:10], sep="\n\n")
    return int(bool(broken) or after > before + MORE_MB)


if __name__ == "__main__":
    sys.exit(main())
