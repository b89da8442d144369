"""What is known, from elsewhere, of those who train for others."""

import os
import signal

import pytest

from mnist_core import workers
from mnist_core.errors import InputError
from mnist_core.workers import Look

LOOK = Look(9, 4, 12.5, {"tcp://127.0.0.1:4001": ["batch 16, seed 1"], "tcp://127.0.0.1:4002": []})


def test_whoever_looks_sees_who_works_at_what_until_the_end(models_dir):
    assert workers.crews() == []
    with workers.noted("study-batch", ["batch"]) as crew:
        (begun,) = workers.crews()
        assert (begun.at, begun.active, begun.look) == (("batch",), True, None)
        crew.tell(LOOK)
        (seen,) = workers.crews()
        assert seen.look == LOOK
        assert not crew.asked_to_stop()
        workers.stop("study-batch")
        assert crew.asked_to_stop()
    assert workers.crews() == []
    with workers.noted("study-batch", ["batch"]) as crew:
        assert not crew.asked_to_stop()  # that was for the one before


def test_why_it_failed_stays_until_it_is_begun_anew(models_dir):
    with pytest.raises(InputError), workers.noted("study-batch", ["batch"]):
        raise InputError("The scheduler has gone.")
    (failed,) = workers.crews()
    assert (failed.active, failed.problem) == (False, "The scheduler has gone.")
    with workers.noted("study-batch", ["batch"]):
        assert workers.crews()[0].problem is None
    assert workers.crews() == []
    with pytest.raises(ZeroDivisionError), workers.noted("study-batch", ["batch"]):
        raise ZeroDivisionError
    assert "It failed (ZeroDivisionError): see " in workers.crews()[0].problem
    with pytest.raises(KeyboardInterrupt), workers.noted("study-batch", ["batch"]):
        raise KeyboardInterrupt
    assert workers.crews() == []


@pytest.mark.parametrize(
    ("names", "by", "says"),
    [
        (["nonsense"], ["--workers", "1"], "There is no study 'nonsense'"),
        (["images"], ["--workers", "0"], "workers on this machine, not 0"),
        (["images"], ["--scheduler", "nowhere"], "is like tcp://HOST:8786, not 'nowhere'"),
    ],
)
def test_a_process_that_cannot_begin_says_why(wait, models_dir, needs_mnist, names, by, says):
    workers.start("study", names, by)
    assert wait(lambda: any(crew.problem for crew in workers.crews()))
    (crew,) = workers.crews()
    assert says in crew.problem
    assert crew.at == tuple(names)


def test_what_somebody_has_begun_is_not_begun_twice(models_dir, monkeypatch):
    monkeypatch.setattr(workers.processes, "start", lambda *_, **__: pytest.fail("begun twice"))
    with workers.noted("study-batch", ["batch"]) as crew:
        crew.tell(LOOK)
        workers.start("study", ["batch"], ["--workers", "1"])
        assert workers.crews()[0].look == LOOK


def test_a_process_that_was_killed_is_told(wait, models_dir, needs_mnist):
    workers.start("study", ["images"], ["--scheduler", "127.0.0.1:1"])
    (crew,) = workers.crews()
    assert crew.active
    told = workers.json.loads(workers.side(crew.name, "json").read_text())
    os.kill(int(told["process"]["pid"]), signal.SIGKILL)
    assert wait(lambda: not workers.crews()[0].active)
    assert "ended unexpectedly" in workers.crews()[0].problem


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"at": 3}', "{"])
def test_files_of_others_are_passed_over(models_dir, content):
    workers.folder().mkdir()
    workers.side("strange", "json").write_text(content)
    assert workers.crews() == []


def test_without_dask_it_is_said_how_to_get_it(models_dir, monkeypatch):
    monkeypatch.setitem(workers.importlib.sys.modules, "distributed", None)
    assert not workers.available()
    with pytest.raises(InputError, match=r'pip install "dask\[distributed\]"'):
        workers.start("study", ["images"], ["--workers", "1"])
