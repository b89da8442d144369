"""Which process it is: told so that neither a clock that is put right nor a reused number matters.

On Linux a process is its number, the ticks from the machine's boot to its start, and the boot with
the space of numbers (a container has its own) that both belong to. Elsewhere it is its number and
when it started.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from pathlib import Path

import msgspec
import psutil

from mnist_core.decoded import decoded

BOOT = Path("/proc/sys/kernel/random/boot_id")
NUMBERS = Path("/proc/self/ns/pid")
STATE, START = 0, 19  # where they stand in /proc/PID/stat behind the name
ENDED, PAUSED = "ZXx", "Tt"


@decoded
class Process(msgspec.Struct, frozen=True):
    """Tells a process from a later one that happens to get the same number."""

    pid: int
    created: float  # seconds since 1970, by the clock as it was then
    ticks: int | None = None  # from boot to start
    machine: str | None = None  # boot and space of numbers; None where the system has no such thing


@functools.cache
def machine() -> str | None:
    """This boot of this machine, and the space of process numbers; None outside Linux."""
    try:
        return f"{BOOT.read_text(encoding='ascii').strip()}:{NUMBERS.stat().st_ino}"
    except OSError:
        return None


@functools.cache
def place() -> str:
    """Six letters that stay over a reboot, and that tell machines and containers apart."""
    try:
        numbers = NUMBERS.stat().st_ino
    except OSError:
        numbers = 0
    return hashlib.sha256(f"{platform.node()}:{numbers}".encode()).hexdigest()[:6]


def this_process() -> Process:
    """What tells this process from any other."""
    return _this(os.getpid())  # a process that was forked is another one


@functools.lru_cache(maxsize=2)
def _this(pid: int) -> Process:
    return Process(pid, psutil.Process(pid).create_time(), _ticks(pid), machine())


def process_of(pid: int) -> Process | None:
    """What `this_process` says in the process of that number; None if it is gone."""
    try:
        return Process(pid, psutil.Process(pid).create_time(), _ticks(pid), machine())
    except psutil.Error:
        return None


def elsewhere(process: Process) -> bool:
    """Whether it runs or ran where nothing can be said of it: elsewhere, or before the reboot."""
    return process.machine is not None and process.machine != machine()


def alive(process: Process | None) -> bool:
    """Whether a process of this machine still runs."""
    return process is not None and _state(process) not in ("", *ENDED)


def paused(process: Process | None) -> bool:
    """Whether a process of this machine was stopped by somebody, to be continued."""
    return process is not None and _state(process) in tuple(PAUSED)


def _state(process: Process) -> str:
    """One letter for what it does, as Linux has it; empty if it is gone."""
    if elsewhere(process) or not 0 < process.pid < 2**31:
        return ""
    if process.ticks is not None and process.machine is not None:
        stat = _stat(process.pid)
        return stat[STATE] if stat and int(stat[START]) == process.ticks else ""
    try:
        found = psutil.Process(process.pid)
        if abs(found.create_time() - process.created) >= 1:
            return ""
        status = found.status()
    except (psutil.Error, ValueError, OverflowError):
        return ""
    return {psutil.STATUS_ZOMBIE: "Z", psutil.STATUS_STOPPED: "T"}.get(status, "R")


def _ticks(pid: int) -> int | None:
    stat = _stat(pid)
    return int(stat[START]) if stat and machine() else None


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the process' name, which may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
