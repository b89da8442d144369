"""The one way to work in another process: start, progress, request to stop, log, priority.

`Job` is work that anybody may watch and stop; `Helper` a process that is kept warm for one thing
after another; `start` begins a process that leaves no word; `confined` calls one that is shut in.
"""

from mnist_core.background.helper import Helper
from mnist_core.background.job import (
    LOADING,
    NO_MEMORY,
    WAITING,
    WORKING,
    Job,
    Note,
    Status,
    Stopped,
    log_end,
)
from mnist_core.background.process import (
    PROJECT,
    Process,
    alive,
    environment,
    kill,
    lower_priority,
    only_spare_time,
    process_of,
    start,
    this_process,
    why_ended,
)
from mnist_core.background.warm import WarmHelper

__all__ = [
    "LOADING",
    "NO_MEMORY",
    "PROJECT",
    "WAITING",
    "WORKING",
    "Helper",
    "Job",
    "Note",
    "Process",
    "Status",
    "Stopped",
    "WarmHelper",
    "alive",
    "environment",
    "kill",
    "log_end",
    "lower_priority",
    "only_spare_time",
    "process_of",
    "start",
    "this_process",
    "why_ended",
]
