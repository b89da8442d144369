"""The one way to work in another process: start, progress, request to stop, log, priority.

`Job` is work that anybody may watch and stop; `Helper` a process that is kept warm for one thing
after another; `start` begins a process that leaves no word; `confined` calls one that is shut in.
"""

from mnist_core.background.claim import ClaimedError, claim, claimed
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
    works,
)
from mnist_core.background.process import (
    PROJECT,
    environment,
    kill,
    lower_priority,
    only_spare_time,
    start,
    why_ended,
)
from mnist_core.background.warm import WarmHelper
from mnist_core.identity import Process, alive, elsewhere, paused, process_of, this_process

__all__ = [
    "LOADING",
    "NO_MEMORY",
    "PROJECT",
    "WAITING",
    "WORKING",
    "ClaimedError",
    "Helper",
    "Job",
    "Note",
    "Process",
    "Status",
    "Stopped",
    "WarmHelper",
    "alive",
    "claim",
    "claimed",
    "elsewhere",
    "environment",
    "kill",
    "log_end",
    "lower_priority",
    "only_spare_time",
    "paused",
    "process_of",
    "start",
    "this_process",
    "why_ended",
    "works",
]
