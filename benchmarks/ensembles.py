"""What an average of runs gains over its members, and what it costs.

The shipped runs, or those that are named (`python benchmarks/ensembles.py RUN RUN …`): each
alone, then the first two averaged, the first three, and so on.
"""

import logging
import math
import os
import sys
import tempfile

from common import need, print_table
from mnist_core import runs
from mnist_core.evaluation import comparison
from mnist_core.runs import Run
from mnist_core.training import ensembles


def figures(run: Run) -> list[str]:
    contender = comparison.contender(run, comparison.measure(run))
    values = [contender.metrics.get(f.key, math.nan) for f in comparison.GAIN_AND_COST]
    return [f.write(value) for f, value in zip(comparison.GAIN_AND_COST, values, strict=True)]


def main() -> None:
    need("mnist")
    need("pen-strokes")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    names = sys.argv[1:] or list(runs.SHIPPED)
    members = [runs.read(name) for name in names]
    groups = [members[:count] for count in range(2, len(members) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELS_DIR"] = folder
        rows = [[run.name, *figures(run)] for run in members]
        for number, group in enumerate(groups):
            average = ensembles.create(f"average-{number}", group)
            rows.append([" + ".join(run.name for run in group), *figures(average)])
    print_table(["run", *(metric.title.lower() for metric in comparison.GAIN_AND_COST)], rows)


if __name__ == "__main__":
    main()
