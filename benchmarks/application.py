"""The application under measurement: a server of its own, and a training run beside it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from common import ROOT
from mnist_core import datasets, recipes, runs
from mnist_core.training import queue

TRAINED = "cnn"  # a convnet, which takes all the processors that it is given


@dataclass(frozen=True)
class Server:
    """A server that answers at an address."""

    address: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Seconds of processor time that it has taken so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Bytes that it holds in memory."""
        return int(self.process.memory_info().rss)


def free_port() -> int:
    """A port of this machine that nobody listens at, and that no connection is given.

    A system gives its connections ports from 32,768 on. Where a server is killed and started again,
    one of those that ask for it meanwhile might be given the server's own port, and keep it.
    """
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def application(models: str) -> Iterator[Server]:
    """The application, served by a process of its own as `make run` does.

    Args:
        models: its folder for runs.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "MODELS_DIR": models},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            if server.poll() is not None:
                sys.exit("The application did not start: try `make run`.")
            time.sleep(0.1)
        yield Server(address, psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait(30)


def running(address: str) -> Server:
    """A server of this machine that runs already; ends the program where there is none."""
    port = int(address.rstrip("/").rpartition(":")[2])
    for found in psutil.net_connections("tcp"):
        listens = found.status == psutil.CONN_LISTEN and found.laddr[1:] == (port,)
        if listens and found.pid is not None:
            return Server(address.rstrip("/"), psutil.Process(found.pid))
    sys.exit(f"Nobody on this machine serves {address}.")


@contextlib.contextmanager
def training(models: str, wanted: bool = True) -> Iterator[None]:
    """A run of the queue that trains on MNIST until the end of the block.

    Args:
        models: the folder for runs, in which it appears.
        wanted: whether there is to be one.
    """
    if not wanted:
        yield
        return
    os.environ["MODELS_DIR"] = models
    recipe = dataclasses.replace(recipes.RECIPES[TRAINED], epochs=500)
    dataset = "mnist" if datasets.at_hand("mnist") else "optical-digits"
    run = queue.submit(recipe, dataset)
    try:
        for _ in range(600):
            if (status := runs.job(run.path).status()) and status.state == "training":
                break
            if (now := runs.read(run.path)).problem or now.status == runs.FAILED:
                sys.exit(f"The training did not start: {now.problem or now.record.reason}")
            time.sleep(0.2)
        time.sleep(2)  # its first steps are traced, not trained
        yield
    finally:
        queue.discard(run)
        for _ in range(300):
            if not run.path.exists():
                break
            time.sleep(0.1)
