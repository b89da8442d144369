"""Networks trained elsewhere, imported as runs.

A foreign file is opened in a confined process, which hands back the files of a run. Whoever calls
looks at those, and the run appears as a whole.
"""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from typing import Any

import msgspec

from mnist_core import runs
from mnist_core.background import confined
from mnist_core.decoded import decoded
from mnist_core.errors import InputError
from mnist_core.networks.litert import Network
from mnist_core.networks.predictor import LITERT
from mnist_core.recipes import IMPORTED, Recipe
from mnist_core.runs import DatasetUsed, LiteRtFile, Metrics, ModelFile, Run

LARGEST = 50_000_000  # bytes of the file
_one_at_a_time = threading.Lock()  # for the memory that one may take
FILES = {runs.MODEL, LITERT, runs.EVALUATION_FILE}


@decoded
class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a run.json says of a network that was trained before the run."""

    dataset: DatasetUsed  # on whose test digits it was measured
    parameters: int
    model: ModelFile
    litert: LiteRtFile
    metrics: Metrics

    def entries(self) -> dict[str, Any]:
        """The entries of run.json; it is finished now."""
        return {
            "finished": runs.now(),
            **{name: getattr(self, name) for name in self.__struct_fields__},
        }


def import_keras(content: bytes, name: str, dataset: str) -> Run:
    """Make a run of a `.keras` file, evaluated on a dataset's test digits.

    Args:
        content: of the file.
        name: of the new run.
        dataset: its name; it has to be on this machine.

    Raises:
        InputError: no such file, a network that takes or gives something else, brings code of its
            own or takes too much, or a name that cannot be used.
    """
    if len(content) > LARGEST:
        raise InputError(f"The file has more than {LARGEST // 10**6} MB.")
    with _one_at_a_time, runs.prepared(name) as place:
        given, made = place / "given.keras", place / "run"
        given.write_bytes(content)
        made.mkdir()
        undenied = confined.call("training.importer", str(given), str(made), dataset, folder=place)
        entries = _checked(made)
        if undenied:
            note = f"This machine could not deny the process that opened it: {', '.join(undenied)}."
            (made / "log.txt").write_text(note + "\n", encoding="utf-8")
        recipe = Recipe(IMPORTED, "A network that was imported", (), dataset=dataset)
        return runs.bring_in(made, name, recipe, status=runs.FINISHED, **entries)


def _checked(made: Path) -> dict[str, Any]:
    """What run.json has to say of files that were handed back, if they are what they should be.

    Raises:
        InputError: they are not.
    """
    try:
        found = msgspec.json.decode(Path(f"{made}.json").read_bytes(), type=Made)
        files = {path.name: path.lstat() for path in made.iterdir()}
        plain = all(stat.S_ISREG(file.st_mode) for file in files.values())
        sums = runs.file_sha256(made / runs.MODEL), runs.file_sha256(made / LITERT)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("The network could not be handed over: try again.") from error
    if not plain or set(files) != FILES or sums != (found.model.sha256, found.litert.sha256):
        raise InputError("The network was not handed over whole: try again.")
    Network(made / LITERT)  # it opens, and has the right shapes
    return found.entries()
