"""A class in each of the databases that it may be in."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from mnist_core.classroom import Store


class Cluster:
    """PostgreSQL of the tests' own, reached by a socket in its folder."""

    def __init__(self, programs, folder):
        self.programs, self.folder, self.process = programs, folder, None
        # It does not run as root.
        self.owner = "postgres" if os.geteuid() == 0 else None
        if self.owner:
            shutil.chown(folder, self.owner)
        make = ["initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D", folder / "data"]
        self._run(*make).wait(120)

    def _run(self, program, *arguments):
        command = [self.programs / program, *map(str, arguments)]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                command, user=self.owner, cwd=self.folder, stdout=log, stderr=log
            )

    def url(self, name="postgres"):
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def start(self):
        self.process = self._run(
            "postgres", "-D", self.folder / "data", "-k", self.folder,
            "-c", "listen_addresses=", "-c", "fsync=off",
        )  # fmt: skip
        ready = [self.programs / "pg_isready", "-q", "-h", self.folder, "-t", "60"]
        while subprocess.run(ready).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)  # without waiting for its clients
        self.process.wait(60)

    def database(self):
        """The URL of a new database."""
        name = f"t{uuid.uuid4().hex}"
        engine = sa.create_engine(
            self.url().replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)


def programs():
    """Where PostgreSQL's programs are; None if they are not on this machine."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file()), None)


@pytest.fixture(scope="session")
def postgresql(unavailable):
    """A PostgreSQL cluster, started for all tests."""
    found = programs()
    known = os.geteuid() or any(user.pw_name == "postgres" for user in pwd.getpwall())
    if found is None or not known:
        unavailable("There is no PostgreSQL on this machine (Debian: apt install postgresql).")
    with tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True) as name:
        cluster = Cluster(found, Path(name))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request, tmp_path):
    """A new database of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql").database()
    return f"sqlite:///{tmp_path}/classroom.sqlite"


@pytest.fixture
def opened(url):
    """Called as often as there are servers: a store on the same database for each."""
    with contextlib.ExitStack() as stack:

        def another():
            store = Store(url)
            stack.callback(store.shut)
            return store

        yield another


@pytest.fixture
def store(opened):
    return opened()
