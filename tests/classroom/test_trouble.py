"""The database is locked, full, gone and back; the server is killed: nothing is lost or doubled."""

import sqlite3
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from mnist_core import classroom
from mnist_core.classroom import database
from mnist_core.errors import InputError

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "classroom.py"


def digit():
    return {"id": str(uuid.uuid4()), "label": 1, "guess": 1, "strokes": [[[1, 2], [3, 40]]]}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "classroom.sqlite"


@pytest.fixture
def store(file):
    store = classroom.Store(f"sqlite:///{file}")
    yield store
    store.shut()


@pytest.fixture
def lesson(store):
    code = store.open_class("Tuesday").code
    return code, store.join(code)[0]


def test_a_locked_database_says_so_and_is_read_all_the_same(store, lesson, file, monkeypatch):
    code, token = lesson
    monkeypatch.setattr(database, "LOCKED_SECONDS", 0.2)
    impatient = classroom.Store(f"sqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(classroom.UnavailableError, match="is busy: try again"):
        impatient.add(code, token, digit())
    assert impatient.get(code).code == code
    other.execute("COMMIT")
    other.close()
    impatient.add(code, token, digit())
    assert len(impatient.digits(code)) == 1
    impatient.shut()


def test_a_full_disk_says_so_and_what_was_answered_stays(file, monkeypatch):
    monkeypatch.setattr(database, "PRAGMAS", (*database.PRAGMAS, "max_page_count = 40"))
    store = classroom.Store(f"sqlite:///{file}")
    code = store.open_class("Tuesday").code
    token, _ = store.join(code)
    kept = []

    def fill():
        for _ in range(1000):
            kept.append(store.add(code, token, digit()))

    with pytest.raises(classroom.UnavailableError, match="is full: free some space"):
        fill()
    assert kept
    assert [d.id for d in store.digits(code)] == kept
    store.shut()
    monkeypatch.undo()
    store = classroom.Store(f"sqlite:///{file}")
    kept.append(store.add(code, token, digit()))
    assert [d.id for d in store.digits(code)] == kept
    store.shut()


def moved(here, there):
    for name in ("", "-wal", "-shm"):
        Path(f"{here}{name}").rename(f"{there}{name}")


def test_a_file_that_is_gone_is_not_written_to_and_may_come_back(store, lesson, file):
    code, token = lesson
    away = file.with_name("away")
    moved(file, away)
    for refused in (lambda: store.add(code, token, digit()), lambda: store.get(code)):
        with pytest.raises(classroom.UnavailableError, match="is gone: put it back"):
            refused()
    assert not file.exists()
    moved(away, file)
    store.add(code, token, digit())
    assert len(store.digits(code)) == 1
    # Another file in its place is opened, with its own classes.
    other = classroom.Store(f"sqlite:///{away}")
    theirs = other.open_class("Wednesday").code
    other.shut()
    moved(file, file.with_name("before"))
    away.replace(file)
    assert [found.code for found in store.classes()] == [theirs]


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + bytes(500)])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "x.sqlite").write_bytes(content)
    with pytest.raises(InputError) as caught:
        classroom.Store(f"sqlite:///{tmp_path}/x.sqlite")
    assert "\n" not in str(caught.value)
    assert (tmp_path / "x.sqlite").read_bytes() == content


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "sqlite://", "postgres", "postgresql://nobody@127.0.0.1:1/none"]
)
def test_a_url_that_cannot_be_used_is_refused_in_one_sentence(url):
    with pytest.raises(InputError) as caught:
        classroom.Store(url)
    assert "\n" not in str(caught.value)
    assert "nobody" not in str(caught.value)


def test_one_change_that_fails_spoils_no_other_of_its_transaction(file):
    data = database.Database(f"sqlite:///{file}")
    begun, held = threading.Event(), threading.Event()
    answers = {}

    def hold(connection):
        begun.set()
        held.wait(60)

    def change(name, sql):
        try:
            answers[name] = data.write("", lambda c: c.exec_driver_sql(sql).rowcount)
        except Exception as error:
            answers[name] = type(error).__name__

    insert = "INSERT INTO votes VALUES ('', '{}', 'me', '3')"
    jobs = {
        "a": insert.format("a"),
        "wrong": "INSERT INTO nowhere VALUES (1)",
        "b": insert.format("b"),
    }
    threads = [threading.Thread(target=data.write, args=("", hold))]
    threads += [threading.Thread(target=change, args=job) for job in jobs.items()]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    while data._jobs.qsize() < len(jobs):  # so that they are committed together
        pass
    held.set()
    for thread in threads:
        thread.join()
    assert (answers["a"], answers["b"]) == (1, 1)
    assert answers["wrong"] == "OperationalError"
    counted = data.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM votes").scalar())
    assert counted == 2
    data.close()


@pytest.mark.slow
def test_postgresql_stops_and_comes_back(postgresql, wait):
    store = classroom.Store(postgresql.database())
    code = store.open_class("Tuesday").code
    token, _ = store.join(code)
    one = digit()
    store.add(code, token, one)
    postgresql.stop()
    try:
        for refused in (lambda: store.add(code, token, digit()), lambda: store.get(code)):
            with pytest.raises(classroom.UnavailableError, match="cannot be reached"):
                refused()
    finally:
        postgresql.start()
    assert wait(lambda: store.add(code, token, one) == one["id"])
    store.add(code, token, digit())
    assert len(store.digits(code)) == 2
    store.shut()


@pytest.mark.slow
def test_no_digit_is_lost_or_doubled_though_the_server_is_killed_twice():
    few = ["--members", "10", "--seconds", "12", "--kills", "2", "--waiting", "0", "--digits", "0"]
    run = subprocess.run([sys.executable, BENCHMARK, *few], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "killed 2 times" in run.stdout
