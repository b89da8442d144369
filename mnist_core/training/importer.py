"""The process that makes a run of a `.keras` file.

python -m mnist_core.training.importer FILE NAME DATASET
"""

from __future__ import annotations

import sys
from pathlib import Path

from mnist_core import datasets, runs
from mnist_core.errors import InputError
from mnist_core.networks.startup import start_tensorflow


def main(arguments: list[str]) -> int:
    """The process."""
    file, name, dataset = arguments
    try:
        runs.check_name(name)
        digits = datasets.load(dataset, fetch=False)
        start_tensorflow()
        from mnist_core.training import model_import

        model_import.import_keras(Path(file).read_bytes(), name, digits)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
