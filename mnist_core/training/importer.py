"""The process that opens a foreign `.keras` file; it is confined (`imports`).

python -m mnist_core.training.importer FILE FOLDER DATASET

writes the files of a run into FOLDER, and beside it, as FOLDER.json, what its run.json has to say
of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from mnist_core import background, datasets
from mnist_core.errors import InputError
from mnist_core.networks import keras_file
from mnist_core.networks.startup import start_tensorflow


def main(arguments: list[str]) -> int:
    """The process."""
    background.lower_priority()
    file, folder, dataset = arguments
    try:
        given = keras_file.read(Path(file).read_bytes())
        digits = datasets.load(dataset, fetch=False)
        start_tensorflow()
        from mnist_core.training import finished, model_import

        model = model_import.opened(given, Path(file).parent)
        made = finished.write(Path(folder), model, digits)
        Path(f"{folder}.json").write_bytes(msgspec.json.encode(made))
    except MemoryError:
        print("error: Opening it takes more memory than is allowed: give a smaller one.")
        return 2
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
