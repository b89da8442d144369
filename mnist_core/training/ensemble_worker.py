"""The process that makes an ensemble of several runs.

python -m mnist_core.training.ensemble_worker RUN
"""

from __future__ import annotations

import sys

from mnist_core import background, runs
from mnist_core.errors import InputError
from mnist_core.networks.startup import start_tensorflow
from mnist_core.training import ensembles


def main(arguments: list[str]) -> int:
    """The process: builds and measures the ensemble that a run directory describes."""
    background.lower_priority()
    run = runs.change(runs.read(arguments[0]), process=background.this_process())
    start_tensorflow()
    try:
        ensembles.measure_ensemble(run)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
