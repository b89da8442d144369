"""The inside of a confined process: it shuts itself in before it looks at anything foreign.

python -m mnist_core.background.confinement MEMORY SECONDS FILE_BYTES FOLDER MODULE ARGUMENTS

It may write into FOLDER alone, reach no network, start no program, and use so much memory,
processor time and disk. What a machine cannot deny is named in FOLDER/`UNDENIED`.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import struct
import sys
import threading
from pathlib import Path

UNDENIED = "undenied.txt"
CPU_COUNT = os.cpu_count() or 1

# System calls that have the same number on every architecture, and their values (linux/landlock.h).
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE_FILE, TRUNCATE = 1 << 0, 1 << 1, 1 << 14
CHANGES = sum(1 << bit for bit in range(4, 13))  # make and remove files, folders and the like
REFER = 1 << 13
BIND_AND_CONNECT = 0b11
PATH_BENEATH = 1
O_PATH = 0o10000000
SET_NO_NEW_PRIVS = 38
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000


def shut_in(memory: int, seconds: int, file_bytes: int, folder: Path) -> list[str]:
    """Shut this process in for good; nothing else may run in it yet.

    Args:
        memory: bytes that it may hold.
        seconds: of processor time.
        file_bytes: of one file that it writes.
        folder: to which alone it may write.

    Returns:
        What this machine cannot deny it.
    """
    undenied = []
    if not _limit(memory, seconds, file_bytes):
        undenied.append("memory and processor time, which are watched from outside")
    denied = _no_network()
    if sys.platform == "linux":
        files, connections = _landlock(folder)
        denied |= connections
    else:
        files = False
    if not files:
        undenied.append("files")
    if not denied:
        undenied.append("network")
    return undenied


def _limit(memory: int, seconds: int, file_bytes: int) -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    # Libraries and the stacks of threads take addresses, not memory.
    addresses = 2 * memory + CPU_COUNT * 2**28
    wanted = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: addresses,
    }
    kept = True
    for kind, most in wanted.items():
        try:
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):  # macOS knows no limit of addresses
            kept = False
    return kept


def _no_network() -> bool:
    """Move into a network of its own, in which there is nobody."""
    if sys.platform != "linux":
        return False
    system = ctypes.CDLL(None, use_errno=True)
    if system.unshare(NEW_NETWORK) == 0:
        return True
    user = os.getuid()
    if system.unshare(NEW_USER | NEW_NETWORK) != 0:
        return False
    with contextlib.suppress(OSError):  # it stays who it was
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    return True


def _landlock(folder: Path) -> tuple[bool, bool]:
    """Whether files are denied to this process outside of a folder, and connections to it."""
    system = ctypes.CDLL(None, use_errno=True)
    version = system.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False, False
    writes = WRITE_FILE | CHANGES
    writes |= (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    connections = version >= 4
    rules = struct.pack("=QQ", writes | EXECUTE, BIND_AND_CONNECT)[: 16 if connections else 8]
    ruleset = system.syscall(CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return False, False
    nothing = Path(os.devnull)
    for place, allowed in ((folder, writes), (nothing, writes & (WRITE_FILE | TRUNCATE))):
        handle = os.open(place, O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", allowed, handle)
        added = system.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
        os.close(handle)
        if added != 0:
            return False, False
    system.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    shut = system.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return shut, shut and connections


def _end_with_parent() -> None:
    """End this process once whoever started it has gone, which closes the other end of this."""
    while os.read(0, 1):  # past Python's own buffer, whose lock would be missed at the end
        pass
    os._exit(1)


def main(arguments: list[str]) -> int:
    """The process."""
    memory, seconds, file_bytes, folder, module, *rest = arguments
    undenied = shut_in(int(memory), int(seconds), int(file_bytes), Path(folder))
    Path(folder, UNDENIED).write_text("\n".join(undenied), encoding="utf-8")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return int(importlib.import_module(f"mnist_core.{module}").main(rest) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
