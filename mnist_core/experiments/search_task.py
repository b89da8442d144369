"""The process that trains one trial of a search for a worker.

python -m mnist_core.experiments.search_task FOLDER
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from mnist_core import background, datasets
from mnist_core.errors import InputError
from mnist_core.experiments import search_storage
from mnist_core.experiments.search_tasks import ASKED, TRIED, from_dict, to_dict
from mnist_core.experiments.search_trials import run_trial
from mnist_core.files import written_whole


def run_trial_task(folder: Path) -> None:
    """Train the trial that is asked for in a folder, and write there what came of it."""
    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    settings = search_storage.settings_from(asked["settings"])
    before = [from_dict(values) for values in asked["before"]]
    digits = datasets.load(settings.dataset, fetch=False)
    trial = run_trial(settings, asked["number"], before, digits, lambda _: None)
    with written_whole(folder / TRIED) as beside:
        beside.write_text(json.dumps(to_dict(trial)), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """The process."""
    background.lower_priority()
    # Every trial makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        run_trial_task(Path(arguments[0]))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
