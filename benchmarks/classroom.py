"""A lesson as large as it gets: how soon a digit is answered and on the wall; none is lost.

Two hundred members draw a digit every four seconds for a minute while the wall is open; then once
more while the server is killed (-9) twice and started again. A thousand phones wait for what the
teacher says. A wall is opened on a database of a hundred thousand digits. Server and clients share
the processors of this machine.

    python benchmarks/classroom.py [--members 200] [--database postgresql://…] [--url http://…]

The times are those of digits that were drawn while there was a server; how long there was none,
from a kill to the first answer, stands beside them. It ends with status 1 if a digit was lost or
doubled, on the wall or in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import psutil

from application import free_port
from common import ROOT, print_table
from mnist_core import classroom
from mnist_core.classroom import sample_class
from mnist_core.classroom.lesson import KeptDigit
from phones import Drawn, Listener, Phone, teachers_cookie

PACE = 4.0  # seconds between two digits of a member
HEAD = ["", "sent", "answered", "median", "95th percentile", "on the wall, 95th", "slowest"]
HEAD += ["processor a digit", "without a server", "sent again", "lost", "doubled"]
PATIENCE = 180.0  # seconds for the last answers, which take one or two
FILES = 8_192  # that a process may have open: each phone is a connection


class Server:
    """The application as `make run` serves it, which may be killed and started again."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        command += ["--server.port", str(self.port), "--server.address", "127.0.0.1"]
        with self.log.open("a") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)

    def wait(self) -> None:
        for _ in range(1200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
                return
            time.sleep(0.05)
        self.leave("did not start")

    def leave(self, problem: str) -> NoReturn:
        """End this program, and say what the application said last."""
        assert self.process is not None
        ended = self.process.poll()
        status = "It runs" if ended is None else f"It ended with status {ended}"
        sys.exit(f"The application {problem}. {status}. It said:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def cpu_seconds(self) -> float:
        """Seconds of processor time that it has taken so far."""
        times = self.watched.cpu_times()
        return float(times.user + times.system)

    @property
    def watched(self) -> psutil.Process:
        assert self.process is not None
        return psutil.Process(self.process.pid)


def percentile(seconds: list[float], of: float) -> str:
    return f"{1e3 * np.percentile(seconds, of):.0f} ms" if seconds else "–"


async def a_wall(url: str, code: str, key: str) -> Listener:
    """The wall of a class, for whoever has the key where one is needed."""
    cookie = await teachers_cookie(url, key) if key else ""
    path = f"/api/class/{code}/wall?after={{after}}"
    return Listener(url, path, cookie=cookie, keep=("digits",))


async def lesson(
    url: str, code: str, members: int, seconds: float, killed: Server | None, kills: int, key: str
) -> tuple[list[Drawn], Listener, list[float]]:
    """All members draw while the wall is open, and perhaps the server is killed on the way.

    Returns:
        What they drew, the wall, and when the server was killed.
    """
    phones = [Phone(url, code, number) for number in range(members)]
    await asyncio.gather(*(phone.join() for phone in phones))
    wall = await a_wall(url, code, key)
    watching = asyncio.create_task(wall.listen())
    until = time.monotonic() + seconds
    outages: list[float] = []
    drawing = asyncio.gather(*(phone.draw(until, PACE) for phone in phones))
    for number in range(kills if killed else 0):
        await asyncio.sleep(
            until - seconds + seconds * (number + 1) / (kills + 1) - time.monotonic()
        )
        assert killed is not None
        outages.append(time.monotonic())
        killed.kill()
        killed.start()
    try:
        await asyncio.wait_for(drawing, max(0, until - time.monotonic()) + PATIENCE)
    except TimeoutError:
        if killed is None:
            sys.exit(f"The server at {url} left digits unanswered for {PATIENCE:.0f} s.")
        killed.leave(f"left digits unanswered for {PATIENCE:.0f} s")
    drawn = [each for phone in phones for each in phone.drawn]
    patience = time.monotonic() + 30
    while time.monotonic() < patience:
        seen = {d["id"]: at for at, _, digits in reversed(wall.events) for d in digits}
        if len(seen) >= len(drawn):
            break
        await asyncio.sleep(0.1)
    watching.cancel()
    for each in drawn:
        each.on_wall = seen.get(each.id)
    return drawn, wall, outages


def row(
    name: str,
    code: str,
    drawn: list[Drawn],
    wall: Listener,
    kills: list[float],
    cost: float | None,
) -> tuple[list[str], int]:
    """The figures as a row of the table, and how many digits were lost or doubled."""
    kept = [digit.id for digit in classroom.store().digits(code)]
    shown = [digit["id"] for _, _, digits in wall.events for digit in digits]
    lost = sum(each.id not in set(kept) or each.on_wall is None for each in drawn)
    doubled = len(kept) - len(set(kept)) + len(set(kept) - {each.id for each in drawn})
    doubled += len(shown) - len(set(shown))
    answered = [each.answered for each in drawn if each.answered is not None]
    outages = [
        (kill, min((at for at in answered if at > kill + 0.5), default=kill)) for kill in kills
    ]
    calm = [
        each
        for each in drawn
        # Half a second before a kill, the answer may have been on its way.
        if not any(kill - 0.5 <= each.first_sent <= end for kill, end in outages)
    ]
    answers = [each.seconds for each in calm if each.seconds is not None]
    walls = [each.on_wall - each.first_sent for each in calm if each.on_wall is not None]
    figures = [
        name,
        str(len(drawn)),
        str(sum(each.seconds is not None for each in drawn)),
        percentile(answers, 50),
        percentile(answers, 95),
        percentile(walls, 95),
        percentile(walls, 100),
        "–" if cost is None else f"{1e3 * cost:.1f} ms",
        ", ".join(f"{end - kill:.1f} s" for kill, end in outages) or "–",
        str(sum(each.attempts > 1 for each in drawn)),
        str(lost),
        str(doubled),
    ]
    print(" ".join(figures), file=sys.stderr, flush=True)
    return figures, lost + doubled


async def waiting(url: str, code: str, count: int, server: Server | None) -> list[list[str]]:
    """So many phones wait, and are told of an activity."""
    phones = [Phone(url, code, number) for number in range(count)]
    for start in range(0, count, 50):
        await asyncio.gather(*(phone.join() for phone in phones[start : start + 50]))
    path = f"/api/class/{code}/events"
    listeners = [Listener(url, path, phone.token, keep=("class",)) for phone in phones]
    tasks = [asyncio.create_task(listener.listen()) for listener in listeners]
    while not all(listener.events for listener in listeners):
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    idle = ""
    if server is not None:
        before, began = server.cpu_seconds(), time.monotonic()
        await asyncio.sleep(20)
        used = server.cpu_seconds() - before
        idle = f"{100 * used / (time.monotonic() - began):.0f} % of a processor"
        idle += f", {server.watched.memory_info().rss / 1e6:.0f} MB"
    store = await asyncio.to_thread(classroom.store)
    number = (await asyncio.to_thread(store.set_activity, code, "write")).activity.number
    asked = time.monotonic()
    heard: dict[int, float] = {}
    while len(heard) < count and time.monotonic() < asked + 60:
        await asyncio.sleep(0.05)
        for place, each in enumerate(listeners):
            told_at, _, told = each.events[-1]
            if told["activity"]["number"] == number:
                heard.setdefault(place, told_at - asked)
    for task in tasks:
        task.cancel()
    if len(heard) < count:
        sys.exit(f"{count - len(heard)} of {count} phones were not told of the activity.")
    print(f"waiting: {max(heard.values()):.2f} s {idle}", file=sys.stderr, flush=True)
    return [
        [f"{count:,} phones wait", idle or "–"],
        [f"all {count:,} are told of an activity", f"{max(heard.values()):.2f} s"],
    ]


async def large(url: str, digits: int, key: str) -> list[str]:
    """How long a wall takes to open where so many digits are kept."""
    store = classroom.store()
    made = sample_class.lesson(lambda _: None)
    random = np.random.default_rng(0)
    each = [made.digits[index] for index in random.integers(len(made.digits), size=digits)]
    ids = [random.bytes(16).hex() for _ in each]
    names = [f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for i in ids]
    many = [
        KeptDigit(name, d.member, d.strokes, d.at, d.activity, 1, d.label, d.label_source, 1)
        for name, d in zip(names, each, strict=True)
    ]
    content = type(made)(made.name, made.opened, made.members, many, made.activities, [])
    code = store.bring(content)
    wall = await a_wall(url, code, key)
    start = time.monotonic()
    task = asyncio.create_task(wall.listen())
    while not wall.events:
        await asyncio.sleep(0.01)
    task.cancel()
    store.delete_class(code)
    took = wall.events[0][0] - start
    print(f"large: {took:.2f} s", file=sys.stderr, flush=True)
    return [f"a wall opens on a class of {digits:,} digits", f"{took:.2f} s"]


@contextlib.contextmanager
def served(url: str | None, database: str | None) -> Iterator[tuple[str, Server | None]]:
    """A server's address, and the server if it is one of this benchmark's own."""
    with tempfile.TemporaryDirectory() as folder:
        if url is not None:
            yield url, None
            return
        os.environ["MODELS_DIR"] = str(Path(folder) / "models")
        if database is not None:
            os.environ["CLASSROOM_DATABASE"] = database
        server = Server(Path(folder) / "log")
        server.start()
        try:
            server.wait()
            time.sleep(3)  # it gets ready when nobody asks
            yield server.url, server
        finally:
            server.kill()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--members", type=int, default=200)
    options.add_argument("--seconds", type=float, default=60, help="for which they draw")
    options.add_argument("--kills", type=int, default=2, help="of the server, in the second lesson")
    options.add_argument("--waiting", type=int, default=1000, help="phones that wait")
    options.add_argument("--digits", type=int, default=100_000, help="in the large database")
    options.add_argument("--database", help="its URL; by default SQLite in a folder of its own")
    options.add_argument("--url", help="measure a server that runs already, in this environment")
    options.add_argument("--key", default="", help="the teacher's, where the server asks for it")
    given = options.parse_args()
    with contextlib.suppress(ImportError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    rows, others, wrong = [], [], 0
    with served(given.url, given.database) as (url, server):
        store = classroom.store()
        for name, kills in (("undisturbed", 0), (f"killed {given.kills} times", given.kills)):
            if (kills and server is None) or (name != "undisturbed" and not kills):
                continue
            code = store.open_class("Benchmark").code
            before = 0.0 if server is None else server.cpu_seconds()
            drawn, wall, killed = asyncio.run(
                lesson(url, code, given.members, given.seconds, server, kills, given.key)
            )
            cost = None
            if server is not None and not kills:
                cost = (server.cpu_seconds() - before) / max(1, len(drawn))
            title = f"{given.members} members, {name}"
            figures, bad = row(title, code, drawn, wall, killed, cost)
            rows.append(figures)
            wrong += bad
        if given.waiting:
            code = store.open_class("Benchmark").code
            others += asyncio.run(waiting(url, code, given.waiting, server))
        if given.digits:
            others.append(asyncio.run(large(url, given.digits, given.key)))
    print_table(HEAD, rows)
    if others:
        print()
        print_table(["", ""], others)
    if wrong:
        print(f"\n{wrong} digits were lost or doubled.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
