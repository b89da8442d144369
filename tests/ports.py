"""Ports for the servers that tests start."""

import contextlib
import random
import socket


def free_port():
    """A port that nobody listens at, and that the system gives to no connection.

    Those have ports from 32,768 on: among them, whoever asks for a server that a test has stopped
    might be given its port, and so keep the server from it.
    """
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
