"""How much of everything there may be, and the sentence for whoever asks for more.

A class shares one machine: without these numbers one visitor, or one mistake, takes it from all.
What a recipe may say at most stands in `recipes.checks`, where the other ranges are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mnist_core.errors import InputError

MB = 10**6
LEAST_FREE = 200 * MB  # bytes of free disk below which nothing is started
MOST_RUNS = 1_000  # in the folder of runs
MOST_WAITING = 30  # runs in the queue, trials of studies left out
MOST_WAITING_TRIALS = 2_000  # of studies, in the queue
MOST_SEARCHES = 100
MOST_DELETED = 20  # runs that can be had back

MOST_EPOCHS = 10_000
MOST_EXPLANATIONS = 8  # that one visitor may wait for
MOST_EXPLANATIONS_OF_ALL = 40


def check_disk(folder: Path) -> None:
    """Refuse to start anything that writes into a folder while its disk is nearly full.

    Raises:
        InputError: fewer than `LEAST_FREE` bytes are free.
    """
    if (problem := disk_problem(folder)) is not None:
        raise InputError(problem)


def disk_problem(folder: Path) -> str | None:
    """What `check_disk` refuses with, or None where there is enough space."""
    free = free_bytes(folder)
    if free is None or free >= LEAST_FREE:
        return None
    return (
        f"The disk is nearly full: {free // MB} MB are free, {LEAST_FREE // MB} MB are needed to "
        "start anything. Free some space."
    )


def free_bytes(folder: Path) -> int | None:
    """The free space of the disk on which a folder lies or would lie; None if nobody can say."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return None


def check_count(there: int, most: int, what: str, advice: str) -> None:
    """Refuse one more of something.

    Args:
        there: how many there are.
        what: in the plural, as in "runs wait".
        advice: what to do, as in "take one out".

    Raises:
        InputError: `most` are there already.
    """
    if there >= most:
        raise InputError(f"{there:,} {what}, and {most:,} are the most: {advice}.")
