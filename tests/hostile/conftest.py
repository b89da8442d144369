"""Within what every hostile file has to be refused."""

import contextlib

import psutil
import pytest

resource = pytest.importorskip("resource")  # there is none on Windows


@pytest.fixture
def at_most():
    """Called with MB: a context in which this process gets so much more memory and no more."""

    @contextlib.contextmanager
    def bounded(megabytes):
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = psutil.Process().memory_info().vms + megabytes * 10**6
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    return bounded
