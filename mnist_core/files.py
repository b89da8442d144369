"""Files that appear whole or not at all, and downloads that are what they claim."""

from __future__ import annotations

import contextlib
import http.client
import os
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from mnist_core.errors import InputError

OPEN_SECONDS = 2.0  # to wait until somebody closes a file that is to be replaced
Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known


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
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.name, dir=path.parent)
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
