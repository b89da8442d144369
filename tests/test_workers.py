"""What is known, from elsewhere, of those who train for others."""

import os
import signal

import pytest

from mnist_core.errors import InputError
from mnist_core.experiments import worker_pool
from mnist_core.experiments.worker_pool import Look

LOOK = Look(9, 4, 12.5, {"tcp://127.0.0.1:4001": ["batch 16, seed 1"], "tcp://127.0.0.1:4002": []})


def test_whoever_looks_sees_who_works_at_what_until_the_end(models_dir):
    assert worker_pool.crews() == []
    with worker_pool.noted("study-batch", ["batch"]) as crew:
        (begun,) = worker_pool.crews()
        assert (begun.at, begun.active, begun.look) == (("batch",), True, None)
        crew.tell(LOOK)
        (seen,) = worker_pool.crews()
        assert seen.look == LOOK
        assert not crew.asked_to_stop()
        worker_pool.stop("study-batch")
        assert crew.asked_to_stop()
    assert worker_pool.crews() == []
    with worker_pool.noted("study-batch", ["batch"]) as crew:
        assert not crew.asked_to_stop()  # that was for the one before


def test_why_it_failed_stays_until_it_is_begun_anew(models_dir):
    with pytest.raises(InputError), worker_pool.noted("study-batch", ["batch"]):
        raise InputError("The scheduler has gone.")
    (failed,) = worker_pool.crews()
    assert (failed.active, failed.problem) == (False, "The scheduler has gone.")
    with worker_pool.noted("study-batch", ["batch"]):
        assert worker_pool.crews()[0].problem is None
    assert worker_pool.crews() == []
    with pytest.raises(ZeroDivisionError), worker_pool.noted("study-batch", ["batch"]):
        raise ZeroDivisionError
    assert "It failed (ZeroDivisionError): see " in worker_pool.crews()[0].problem
    with pytest.raises(KeyboardInterrupt), worker_pool.noted("study-batch", ["batch"]):
        raise KeyboardInterrupt
    assert worker_pool.crews() == []


@pytest.mark.parametrize(
    ("names", "by", "says"),
    [
        (["nonsense"], ["--workers", "1"], "There is no study 'nonsense'"),
        (["images"], ["--workers", "0"], "workers on this machine, not 0"),
        (["images"], ["--scheduler", "nowhere"], "is like tcp://HOST:8786, not 'nowhere'"),
    ],
)
def test_a_process_that_cannot_begin_says_why(wait, models_dir, needs_mnist, names, by, says):
    worker_pool.start("study", names, by)
    assert wait(lambda: any(crew.problem for crew in worker_pool.crews()))
    (crew,) = worker_pool.crews()
    assert says in crew.problem
    assert crew.at == tuple(names)


def test_what_somebody_has_begun_is_not_begun_twice(models_dir, monkeypatch):
    monkeypatch.setattr(worker_pool.processes, "start", lambda *_, **__: pytest.fail("begun twice"))
    with worker_pool.noted("study-batch", ["batch"]) as crew:
        crew.tell(LOOK)
        worker_pool.start("study", ["batch"], ["--workers", "1"])
        assert worker_pool.crews()[0].look == LOOK


def test_a_process_that_was_killed_is_told(wait, models_dir, needs_mnist):
    worker_pool.start("study", ["images"], ["--scheduler", "127.0.0.1:1"])
    (crew,) = worker_pool.crews()
    assert crew.active
    told = worker_pool.json.loads(worker_pool.side(crew.name, "json").read_text())
    os.kill(int(told["process"]["pid"]), signal.SIGKILL)
    assert wait(lambda: not worker_pool.crews()[0].active)
    assert "ended unexpectedly" in worker_pool.crews()[0].problem


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"at": 3}', "{"])
def test_files_of_others_are_passed_over(models_dir, content):
    worker_pool.folder().mkdir()
    worker_pool.side("strange", "json").write_text(content)
    assert worker_pool.crews() == []


def test_without_dask_it_is_said_how_to_get_it(models_dir, monkeypatch):
    monkeypatch.setitem(worker_pool.importlib.sys.modules, "distributed", None)
    assert not worker_pool.available()
    with pytest.raises(InputError, match=r'pip install "dask\[distributed\]"'):
        worker_pool.start("study", ["images"], ["--workers", "1"])
