"""A school on one machine: two servers behind nginx with one PostgreSQL, one of them killed."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from ports import free_port

from mnist_core import classroom

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def nginx(unavailable):
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        unavailable("There is no nginx on this machine (Debian: apt install nginx).")
    return found


@pytest.fixture
def started():
    """Called with a command: its process, which is ended with the test."""
    with contextlib.ExitStack() as stack:

        def start(command, log, **options):
            with log.open("a") as output:
                process = subprocess.Popen(
                    list(map(str, command)), stdout=output, stderr=output, **options
                )
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
            return process

        yield start


def answers(url):
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
        return True
    return False


def configuration(folder, port, servers):
    """The shipped configuration, with these ports and no folder of the system's."""
    text = (DEPLOY / "nginx.conf").read_text()
    for number, server in enumerate(servers, 1):
        assert text.count(f"digits-{number}:8501") == 2
        text = text.replace(f"digits-{number}:8501", f"127.0.0.1:{server}")
    text, changed = re.subn(r"listen 80;", f"listen 127.0.0.1:{port};", text)
    assert changed == 1
    places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    temporary = "".join(f"{place}_temp_path {folder}/{place};\n" for place in places)
    path = folder / "nginx.conf"
    text = text.replace("http {\n", f"http {{\n{temporary}", 1)
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is the test's own
    path.write_text(f"{user}pid {folder}/nginx.pid;\n{text}")
    return path


def test_a_school_loses_no_digit_when_a_server_dies(
    postgresql, nginx, started, tmp_path, wait, monkeypatch
):
    monkeypatch.setenv("CLASSROOM_DATABASE", postgresql.database())
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("TEACHER_KEY", "right")
    monkeypatch.setenv("OPEN_TO_NETWORK", "1")
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "the same")
    log, port, ports = tmp_path / "log", free_port(), [free_port(), free_port()]
    serve = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port"]
    servers = [started([*serve, each], log, cwd=ROOT) for each in ports]
    path = configuration(tmp_path, port, ports)
    started([nginx, "-c", path, "-p", tmp_path, "-e", log, "-g", "daemon off;"], log)
    school = f"http://127.0.0.1:{port}"
    for url in (*(f"http://127.0.0.1:{each}" for each in ports), school):
        assert wait(lambda url=url: answers(url)), log.read_text()

    store = classroom.store()
    command = [sys.executable, ROOT / "benchmarks" / "classroom.py", "--url", school]
    command += ["--key", "right", "--members", "12", "--seconds", "12"]
    lesson = started([*command, "--waiting", "0", "--digits", "0"], tmp_path / "table")

    def digits():
        return sum(len(store.digits(found.code)) for found in store.classes())

    assert wait(lambda: digits() >= 12), (tmp_path / "table").read_text()
    servers[0].kill()
    before = digits()
    assert lesson.wait(200) == 0, (tmp_path / "table").read_text()
    assert digits() > before
    store.shut()


def test_the_container_has_all_that_the_application_needs():
    copied = re.findall(r"^COPY (.*) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert all((ROOT / name).exists() for name in names)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages | {"pages", "web", "models", "streamlit_app.py", ".streamlit"} <= names
    # Of what lies here the container is given that alone, and of the runs those that ship.
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    shipped = re.findall(r"^!/(.*?)/?$", (ROOT / "models" / ".gitignore").read_text(), re.MULTILINE)
    assert {name.removeprefix("deploy/") for name in names} <= given
    assert {f"models/{name}" for name in shipped} <= given
