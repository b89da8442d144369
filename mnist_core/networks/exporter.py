"""The process that writes a run's network in another format.

python -m mnist_core.networks.exporter RUN FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.networks.startup import start_tensorflow


def main(arguments: list[str]) -> int:
    """The process."""
    run, file = arguments
    start_tensorflow()
    from mnist_core.networks import formats

    try:
        formats.export(runs.read(run), Path(file))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
