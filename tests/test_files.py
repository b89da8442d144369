"""Files that appear whole or not at all; downloads from a server that misbehaves."""

import contextlib
import dataclasses
import http.server
import os
import socket
import threading
from pathlib import Path

import pytest

from mnist_core import datasets, files
from mnist_core.datasets import mnist, pen_strokes, swiss_digits, uji_pen
from mnist_core.errors import InputError

CONTENT = bytes(range(256)) * 800  # more than one block of the download


class Server(http.server.BaseHTTPRequestHandler):
    """Answers each path with another way in which a download can go."""

    def do_GET(self):
        getattr(self, self.path.strip("/"))()

    def answer(self, body, length=None, status=200):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def good(self):
        self.answer(CONTENT, len(CONTENT))

    def without_length(self):
        self.answer(CONTENT)

    def gone(self):
        self.send_error(404)

    def broken(self):
        self.send_error(500)

    def page(self):
        self.answer(b"<!doctype html><title>Please log in</title>", 43)

    def empty(self):
        self.answer(b"", 0)

    def cut_short(self):
        self.answer(CONTENT[:1000], len(CONTENT))

    def cut_chunk(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"ffff\r\nonly the beginning of the chunk")

    def no_http(self):
        self.wfile.write(b"220 this is no web server\r\n")

    def hangs_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def silent(self):
        self.server.closing.wait(10)

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    """The address of a server that answers as `Server` says, for as long as the test runs."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.closing = threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.closing.set()
        server.shutdown()
        thread.join()


def verify(path):
    if path.read_bytes() != CONTENT:
        raise InputError("This is another file.")


def refused_port():
    """An address at which nobody listens."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/good"


def assert_one_sentence(message):
    assert "\n" not in message
    assert message.endswith(".")
    assert ".." not in message


# --- download ------------------------------------------------------------------------


def test_a_download_arrives_whole_and_reports_its_progress(address, tmp_path):
    calls = []
    target = tmp_path / "new" / "folder" / "digits.bin"
    files.download(f"{address}/good", target, verify, lambda *call: calls.append(call))
    assert target.read_bytes() == CONTENT
    assert [p.name for p in target.parent.iterdir()] == ["digits.bin"]
    received = [done for done, _ in calls]
    assert received == sorted(received)
    assert len(received) > 1
    assert calls[-1] == (len(CONTENT), len(CONTENT))


def test_progress_says_that_the_size_is_unknown(address, tmp_path):
    calls = []
    files.download(f"{address}/without_length", tmp_path / "a", verify, lambda *c: calls.append(c))
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert calls[-1] == (len(CONTENT), None)


def test_a_packed_file_is_verified_and_kept_unpacked(address, tmp_path):
    def reverse(data):
        return data[::-1]

    files.download(f"{address}/good", tmp_path / "a", lambda path: None, decode=reverse)
    assert (tmp_path / "a").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("older", [None, b"an older file"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("gone", "404"),
        ("broken", "500"),
        ("page", "not the file it should be"),
        ("empty", "not the file it should be"),
        ("cut_short", "broke off after 1,000 of 204,800 bytes"),
        ("cut_chunk", "Cannot download"),
        ("no_http", "Cannot download"),
        ("hangs_up", "Cannot download"),
        ("silent", "timed out"),
    ],
)
def test_a_failed_download_leaves_nothing_behind(address, tmp_path, path, says, older):
    target = tmp_path / "digits.bin"
    if older:
        target.write_bytes(older)
    with pytest.raises(InputError, match=says) as refusal:
        files.download(f"{address}/{path}", target, verify, timeout=0.5)
    assert_one_sentence(str(refusal.value))
    assert f"{address}/{path}" in str(refusal.value)
    if older:
        assert target.read_bytes() == older
    assert [p.name for p in tmp_path.iterdir()] == (["digits.bin"] if older else [])


def test_nobody_listening_is_said_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="refused") as refusal:
        files.download(refused_port(), tmp_path / "a", verify)
    assert_one_sentence(str(refusal.value))
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_interrupted_leaves_nothing_behind(address, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.download(f"{address}/good", tmp_path / "a", verify, interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["page", "good"])
@pytest.mark.parametrize("name", ["mnist", "pen-strokes", "uji-pen", "swiss-digits"])
def test_no_dataset_is_made_of_something_else(address, tmp_path, monkeypatch, name, path):
    for variable, _ in datasets.FILES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for module in (mnist, pen_strokes, swiss_digits, uji_pen):
        file = dataclasses.replace(module.FILE, url=f"{address}/{path}")
        monkeypatch.setattr(module, "FILE", file)
    with pytest.raises(InputError, match="not the file it should be") as refusal:
        datasets.load(name)
    assert_one_sentence(str(refusal.value))
    assert list((tmp_path / "datasets").iterdir()) == []
    assert not datasets.at_hand(name)


# --- written_whole -------------------------------------------------------------------


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    target = tmp_path / "folder" / "run.json"
    with files.written_whole(target) as beside:
        beside.write_text("whole")
        assert not target.exists()
        assert beside.suffix == ".json"
    assert target.read_text() == "whole"
    assert target.stat().st_mode & 0o777 == 0o644
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_goes_wrong_while_writing_leaves_the_older_file(tmp_path, error):
    target = tmp_path / "run.json"
    target.write_text("older")

    def write():
        with files.written_whole(target) as beside:
            beside.write_text("half of the ne")
            raise error

    with pytest.raises(error):
        write()
    assert target.read_text() == "older"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="choose another folder") as refusal,
        files.written_whole(tmp_path / "file" / "run.json"),
    ):
        pytest.fail("There is nowhere to write.")
    assert_one_sentence(str(refusal.value))


def test_a_full_disk_is_said_in_one_sentence(tmp_path, unavailable):
    if not Path("/dev/full").exists():
        unavailable("This system has no /dev/full: run the tests on Linux.")
    target = tmp_path / "run.json"

    def write():
        with files.written_whole(target), Path("/dev/full").open("w") as full:
            full.write("x")

    with pytest.raises(InputError, match="No space left") as refusal:
        write()
    assert_one_sentence(str(refusal.value))
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle)))
    monkeypatch.setattr(Path, "replace", lambda *a: (done.append("rename"), replace(*a)))
    for wanted in (True, False):
        with files.written_whole(tmp_path / "x", sync=wanted) as beside:
            beside.write_text("whole")
    assert done == ["sync", "rename", "rename"]


def test_a_file_that_somebody_has_open_is_waited_for(tmp_path, monkeypatch):
    """As on Windows, where a file that is open cannot be replaced."""
    (tmp_path / "x").write_text("before")
    refusals, replace = [], Path.replace

    def refuse_at_first(*given):
        refusals.append(given)
        if len(refusals) < 4:
            raise PermissionError(13, "in use")
        return replace(*given)

    monkeypatch.setattr(Path, "replace", refuse_at_first)
    with files.written_whole(tmp_path / "x") as beside:
        beside.write_text("after")
    assert (tmp_path / "x").read_text() == "after"
    monkeypatch.setattr(files, "OPEN_SECONDS", 0.1)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "")))
    with (
        pytest.raises(InputError, match="another program keeps open"),
        files.written_whole(tmp_path / "x") as beside,
    ):
        beside.write_text("never")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "after"


def test_a_folder_that_was_deleted_stays_so(tmp_path):
    with (
        pytest.raises(InputError, match="Cannot write"),
        files.written_whole(tmp_path / "gone" / "x", make_folder=False),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
