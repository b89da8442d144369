"""One database, read by many threads and written by one that commits for all who wait.

A commit waits for the disk. Where many wait for theirs at once, the writer puts them into one
transaction, each within a savepoint of its own, and answers when it is on the disk. Should the
process be killed, what was answered is there and what was not is not.

SQLite keeps a write-ahead log and syncs it at every commit (`synchronous=FULL`), and overwrites
what is deleted (`secure_delete`). PostgreSQL does both with locks of rows: see `tables`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from mnist_core import folders
from mnist_core.classroom import tables
from mnist_core.classroom.records import UnavailableError
from mnist_core.errors import InputError

T = TypeVar("T")

VARIABLE = "CLASSROOM_DATABASE"
LOCKED_SECONDS = 5  # for which to wait where another process writes
TOGETHER = 64  # changes in one transaction, at most
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 1_318_052_846  # PostgreSQL's number for it; any, but always the same
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")

AWAY = "The class's database cannot be reached: try again in a moment."
GONE = "The file of the class's database is gone: put it back, or start the server again."
BUSY = "The class's database is busy: try again in a moment."
FULL = "The disk of the class's database is full: free some space, then try again."
DAMAGED = f"The file of the class's database is damaged: restore it, or set {VARIABLE} to another."
PROTECTED = "The file of the class's database cannot be written to: allow writing, then try again."
SQLITE_SENTENCES = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_CANTOPEN: GONE,
    sqlite3.SQLITE_READONLY: PROTECTED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
NEWER = "The class's database was made by a newer version of the program: start that one."


def default_url() -> str:
    """`CLASSROOM_DATABASE`, or a file beside the folder of runs."""
    given = os.environ.get(VARIABLE, "").strip()
    return given or f"sqlite:///{default_file()}"


def default_file() -> Path:
    """Where the database lies unless `CLASSROOM_DATABASE` names another."""
    runs = folders.models_dir(folders.shipped_dir())
    return runs.expanduser().absolute().with_name("classroom.sqlite")


class _Job(NamedTuple):
    key: str  # the class that it changes
    work: Callable[[sa.Connection], Any]
    answer: Future[Any]


class Database:
    """Connections to the database of a URL, which has all its tables."""

    def __init__(self, url: str) -> None:
        """Open it, and migrate it to this version.

        Raises:
            InputError: no URL of SQLite or PostgreSQL, or made by a newer version.
            UnavailableError: it cannot be reached or made.
        """
        self.url = url
        self._engine, self.file = _engine(url)
        self._inode: int | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._opening = threading.Lock()
        self._migrate()
        self._writer = threading.Thread(target=self._write_on, name="class writer", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """End the writer after what it was given, and all connections."""
        self._jobs.put(None)
        self._writer.join()
        self._engine.dispose()

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """What a function reads from the database as it is at one moment.

        Raises:
            UnavailableError: it is busy or away.
        """
        with _told(), self._begun(write=False) as connection:
            return work(connection)

    def write(self, key: str, work: Callable[[sa.Connection], T]) -> T:
        """Have a function change the database; when this returns, the change is on the disk.

        Args:
            key: the class that is changed. Servers lock classes in the order of their codes, so
                that none waits for another that waits for it.
            work: is called within a transaction, perhaps again if another's change spoilt it.

        Raises:
            UnavailableError: it is busy, full or away; nothing was changed.
            InputError: what `work` raised; nothing was changed.
        """
        answer: Future[T] = Future()
        self._jobs.put(_Job(key, work, answer))
        return answer.result()

    def _write_on(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs: list[_Job] = [job]
            last = False
            with contextlib.suppress(queue.Empty):
                while len(jobs) < TOGETHER and not last:
                    following = self._jobs.get_nowait()
                    last = following is None
                    if following is not None:
                        jobs.append(following)
            self._commit(sorted(jobs, key=lambda job: job.key))
            if last:
                return

    def _commit(self, jobs: list[_Job], again: bool = True) -> None:
        """Do all jobs in one transaction; those that are refused leave nothing of theirs.

        What fails otherwise is done once more, alone: another's mistake, or what another server
        deleted meanwhile, may have been the reason.
        """
        done: list[tuple[_Job, Any, InputError | None]] = []
        try:
            with _told(), self._begun(write=True) as connection:
                for job in jobs:
                    try:
                        with connection.begin_nested():
                            done.append((job, job.work(connection), None))
                    except UnavailableError:
                        raise
                    except InputError as error:
                        done.append((job, None, error))
        except UnavailableError as error:
            for job in jobs:
                job.answer.set_exception(error)
        except Exception as error:
            if not again:
                jobs[0].answer.set_exception(error)
                return
            for job in jobs:
                self._commit([job], again=False)
        else:
            for job, result, refused in done:
                if refused is None:
                    job.answer.set_result(result)
                else:
                    job.answer.set_exception(refused)

    @contextlib.contextmanager
    def _begun(self, write: bool) -> Iterator[sa.Connection]:
        self._look()
        with self._connected(write) as connection, connection.begin():
            yield connection

    def _connected(self, write: bool) -> sa.Connection:
        connection = self._engine.connect()
        if not write and self.file is None:  # all that is read is of one moment, as on SQLite
            return connection.execution_options(isolation_level="REPEATABLE READ")
        return connection.execution_options(write=write)

    def _look(self) -> None:
        """See that SQLite's file is still the one that is open: nothing is written to a ghost."""
        if self.file is None:
            return
        try:
            inode = self.file.stat().st_ino
        except OSError:
            raise UnavailableError(GONE) from None
        if inode != self._inode:
            with self._opening:
                if inode != self._inode:
                    self._engine.dispose()
                    self._migrate()

    def _migrate(self) -> None:
        with _told():
            if self.file is not None:
                try:
                    self.file.parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise UnavailableError(
                        f"{self.file} cannot be made ({error.strerror}): set {VARIABLE}."
                    ) from error
            with self._connected(write=True) as connection, connection.begin():
                _upgrade(connection)
            if self.file is not None:
                self._inode = self.file.stat().st_ino


def _engine(url: str) -> tuple[sa.Engine, Path | None]:
    """The engine of a URL, and the file of an SQLite database."""
    wrong = InputError(
        f"{VARIABLE} must be postgresql://USER@HOST/NAME or sqlite:///FILE, not {url[:8]}…"
    )
    try:
        made = sa.make_url(url)
    except exc.ArgumentError:
        raise wrong from None
    if made.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        engine = sa.create_engine(
            made.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=16,
            pool_timeout=LOCKED_SECONDS,
            connect_args={"connect_timeout": LOCKED_SECONDS},
        )
        return engine, None
    if made.drivername != "sqlite" or not made.database or made.database == ":memory:":
        raise wrong
    engine = sa.create_engine(
        made,
        pool_size=8,
        max_overflow=16,
        pool_timeout=LOCKED_SECONDS,
        connect_args={"timeout": LOCKED_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where `begin` says so
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine, Path(made.database).absolute()


def _upgrade(connection: sa.Connection) -> None:
    """Bring the tables to this version, one server at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    known = None
    if sa.inspect(connection).has_table("alembic_version"):
        known = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if known == tables.HEAD:
        return
    if known is not None and known > tables.HEAD:
        raise InputError(NEWER)
    import alembic.command  # it takes long to import
    import alembic.config

    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, "head")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What goes wrong with the database, in one sentence; mistakes in a query go through."""
    try:
        yield
    except exc.TimeoutError as error:  # all connections are taken
        raise UnavailableError(BUSY) from error
    except exc.DBAPIError as error:
        # SQLite ends a transaction by itself where the disk is full, and its savepoint is not
        # found then: what went wrong first stands behind that.
        before: BaseException | None = error
        while before is not None:
            if said := _sentence(getattr(before, "orig", None)):
                raise UnavailableError(said) from error
            before = before.__context__
        raise


def _sentence(error: BaseException | None) -> str | None:
    """What to say of a driver's error; None where it is not the database that is to blame."""
    if isinstance(error, sqlite3.Error):
        return SQLITE_SENTENCES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    state = getattr(error, "sqlstate", None) or ""
    if state == "53100":
        return FULL
    if state in ("55P03", "40P01", "40001"):  # a lock, a deadlock, two that meet
        return BUSY
    if state[:2] in ("08", "53", "57", "58") or (
        not state and type(error).__name__ in ("OperationalError", "ConnectionTimeout")
    ):
        return AWAY
    return None
