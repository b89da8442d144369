"""TensorFlow and LiteRT started without their notices, which no setting turns off."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


def start_tensorflow() -> None:
    """Import TensorFlow, if it is not there yet."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_notices():
        import tensorflow  # noqa: F401


@contextlib.contextmanager
def without_notices() -> Iterator[None]:
    """Leave out what libraries print past Python to standard error."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
