"""The one way to work in another process."""

from mnist_core.background.helper import Helper
from mnist_core.background.process import (
    PROJECT,
    alive,
    environment,
    process_mark,
    start,
    this_process,
)

__all__ = [
    "PROJECT",
    "Helper",
    "alive",
    "environment",
    "process_mark",
    "start",
    "this_process",
]
