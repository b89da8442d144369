"""Files that appear whole or not at all, and are what they claim: read, written, downloaded."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import os
import re
import shutil
import ssl
import stat
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from mnist_core import identity
from mnist_core.errors import InputError
from mnist_core.identity import Process

OPEN_SECONDS = 2.0  # to wait until somebody closes a file that is to be replaced
LARGEST_TEXT = 16 * 2**20  # bytes of a file that is read whole
Progress = Callable[[int, int | None], None]  # bytes so far, and in all if known

# Neither what waits for a writer (a pipe) nor what leads elsewhere (a link) is opened.
PLAINLY = (
    getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

# --- read and extended -----------------------------------------------------------------


def opened(path: Path) -> io.BufferedReader:
    """Open a file to be read, if it is one.

    Raises:
        OSError: there is none, it cannot be read, or it is a folder, link, pipe or device.
    """
    return os.fdopen(_descriptor(path, os.O_RDONLY), "rb")


def appended(path: Path) -> io.BufferedWriter:
    """Open a file to write at its end, if it is one or not there yet; its folder has to be.

    Raises:
        OSError: it cannot be written, or is a folder, link, pipe or device.
    """
    return os.fdopen(_descriptor(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")


def _descriptor(path: Path, how: int) -> int:
    handle = os.open(path, how | PLAINLY, 0o644)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is no plain file", str(path))


def read_bounded(path: Path, most: int = LARGEST_TEXT) -> bytes:
    """The content of a plain file of at most so many bytes.

    Raises:
        OSError: as `opened`, or it is larger.
    """
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, "it is too large", str(path))
    return content


def read_text(path: Path, most: int = LARGEST_TEXT) -> str:
    """The UTF-8 text of a plain file of at most so many bytes.

    Raises:
        OSError: as `read_bounded`.
        ValueError: it is no text.
    """
    return read_bounded(path, most).decode("utf-8")


# --- written ---------------------------------------------------------------------------


@contextlib.contextmanager
def written_whole(path: Path, make_folder: bool = True, sync: bool = True) -> Iterator[Path]:
    """Give a path beside `path` to write to, renamed to `path` only if all went well.

    Args:
        make_folder: whether to make the folder if it is not there; no where somebody may have
            deleted it on purpose.
        sync: whether the content is on the disk before the name is; no for what is written
            several times a second and worth nothing after a power failure.

    Raises:
        InputError: the disk is full, the folder cannot be written to or is gone, or another
            program keeps the file open (on Windows).
    """
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        # Keras goes by a file's ending, so the real one has to stay at the end.
        handle, name = tempfile.mkstemp(
            prefix=_mark(), suffix="~" + path.name[-40:], dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise _cannot_write(path, error) from error
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)  # mkstemp makes files that only their owner can read
        if sync:
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
        _rename(beside, path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def _rename(beside: Path, path: Path) -> None:
    """Rename, patiently: on Windows a file that somebody reads cannot be replaced."""
    until = time.monotonic() + OPEN_SECONDS
    while True:
        try:
            beside.replace(path)
            return
        except PermissionError as error:
            if not path.is_file() or path.is_symlink():
                raise
            if time.monotonic() > until:
                raise InputError(
                    f"Cannot replace {path}, which another program keeps open or protects: close "
                    "that program or allow writing, then try again."
                ) from error
            time.sleep(0.02)


def _cannot_write(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(f"Cannot write {path} ({reason}): free some space or choose another folder.")


# --- for the time being ----------------------------------------------------------------

# A file or folder that a process makes for the time being says in its name whose it is.
TEMPORARY = re.compile(r"\.([0-9a-f]{6})-(\d+)-(\d+)-\w+~.*", re.DOTALL)
DAY = 86_400.0  # seconds after which what another machine left is nobody's


def _mark() -> str:
    mine = identity.this_process()
    return f".{identity.place()}-{mine.pid}-{_start(mine)}-"


def _start(process: Process) -> int:
    return int(process.created) if process.ticks is None else process.ticks


@contextlib.contextmanager
def scratch(folder: Path | None = None) -> Iterator[Path]:
    """A folder for the time being, by default among the system's temporary files.

    What a process left there that was killed is removed by the next that asks for one.

    Raises:
        InputError: none can be made.
    """
    place = folder or Path(tempfile.gettempdir())
    sweep(place)
    try:
        made = tempfile.TemporaryDirectory(
            prefix=_mark(), suffix="~", dir=place, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise _cannot_write(place / "folder", error) from error
    with made as name:
        yield Path(name)


def sweep(folder: Path) -> None:
    """Remove what processes that have gone had in a folder for the time being."""
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            found = TEMPORARY.fullmatch(path.name)
            if found and _left_behind(path, found[1], int(found[2]), int(found[3])):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def _left_behind(path: Path, place: str, pid: int, start: int) -> bool:
    if place != identity.place():
        return time.time() - path.lstat().st_mtime > DAY
    owner = identity.process_of(pid)
    return owner is None or not identity.alive(owner) or abs(_start(owner) - start) > 1


# --- downloaded ------------------------------------------------------------------------


def download(
    url: str,
    path: Path,
    verify: Callable[[Path], object],
    progress: Progress | None = None,
    decode: Callable[[bytes], bytes] | None = None,
    timeout: float = 30,
) -> None:
    """Download a file to `path`; it appears there only when it is complete and right.

    Args:
        url: http or https.
        verify: raises InputError if the file it is given is not the right one.
        progress: called with the bytes so far and in all (None if the server does not say).
        decode: turns what the server sends into the file's content, for packed files.
        timeout: seconds without an answer after which to give up.

    Raises:
        InputError: no network, a broken transfer, an error page, or a file that is not
            the one it should be.
    """
    advice = "check the network and try again, or put the file in place by hand (see the README)"
    with written_whole(path) as beside:
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                length = answer.headers.get("Content-Length")
                total = int(length) if length and length.isdigit() else None
                received = 0
                with beside.open("wb") as file:
                    while block := answer.read(1 << 16):
                        file.write(block)
                        received += len(block)
                        if progress:
                            progress(received, total)
        except urllib.error.HTTPError as error:
            raise InputError(f"{url} answered with error {error.code}: {advice}.") from error
        except (
            urllib.error.URLError,
            TimeoutError,
            ConnectionError,
            ssl.SSLError,
            http.client.HTTPException,
        ) as error:
            reason = " ".join(str(getattr(error, "reason", error)).split())
            raise InputError(f"Cannot download {url} ({reason}): {advice}.") from error
        if total is not None and received < total:
            raise InputError(
                f"The download of {url} broke off after {received:,} of {total:,} bytes: {advice}."
            )
        try:
            if decode:
                beside.write_bytes(decode(beside.read_bytes()))
            verify(beside)
        except (InputError, ValueError) as error:
            raise InputError(f"What {url} sent is not the file it should be: {advice}.") from error
