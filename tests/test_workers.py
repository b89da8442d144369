"""What is known, from elsewhere, of a pool of workers."""

import os
import signal
import sys

import pytest

from mnist_core.background import process
from mnist_core.errors import InputError
from mnist_core.experiments import study_pool, worker_pool
from mnist_core.experiments.worker_pool import ClusterSpec, PoolStatus

ADDRESSES = [f"tcp://127.0.0.1:400{i}" for i in (1, 2)]
STATUS = PoolStatus(9, 4, 12.5, {ADDRESSES[0]: ["batch 16, seed 1"], ADDRESSES[1]: []})


def test_whoever_looks_sees_who_works_at_what_until_the_end(models_dir):
    assert study_pool.pools() == []
    job = study_pool.job("study-batch")
    with study_pool.at_work(["batch"]) as note:
        (begun,) = study_pool.pools()
        assert (begun.studies, begun.active, begun.status) == (("batch",), True, None)
        note("training", workers=STATUS.to_dict())
        (seen,) = study_pool.pools()
        assert seen.status == STATUS
        assert job.asked_to_stop() is None
        study_pool.stop("study-batch")
        assert job.asked_to_stop()
    assert study_pool.pools() == []
    with study_pool.at_work(["batch"]):
        assert job.asked_to_stop() is None  # that was for the one before


def test_why_it_failed_stays_until_it_is_begun_anew(models_dir):
    with pytest.raises(InputError), study_pool.at_work(["batch"]):
        raise InputError("The scheduler has gone.")
    (failed,) = study_pool.pools()
    assert (failed.active, failed.problem) == (False, "The scheduler has gone.")
    with study_pool.at_work(["batch"]):
        assert study_pool.pools()[0].problem is None
    assert study_pool.pools() == []
    with pytest.raises(ZeroDivisionError), study_pool.at_work(["batch"]):
        raise ZeroDivisionError
    assert "It failed (ZeroDivisionError): see " in study_pool.pools()[0].problem
    with pytest.raises(KeyboardInterrupt), study_pool.at_work(["batch"]):
        raise KeyboardInterrupt
    assert study_pool.pools() == []


@pytest.mark.parametrize(
    ("names", "where", "says"),
    [
        (["nonsense"], ClusterSpec(1), "There is no study 'nonsense'"),
        (["images"], ClusterSpec(0), "workers on this machine, not 0"),
        (["images"], ClusterSpec(scheduler="nowhere"), "is like tcp://HOST:8786, not 'nowhere'"),
    ],
)
def test_a_process_that_cannot_begin_says_why(wait, models_dir, needs_mnist, names, where, says):
    study_pool.start(names, where)
    assert wait(lambda: any(pool.problem for pool in study_pool.pools()))
    (pool,) = study_pool.pools()
    assert says in pool.problem
    assert pool.studies == tuple(names)


def test_what_somebody_has_begun_is_not_begun_twice(models_dir, monkeypatch):
    monkeypatch.setattr(process, "start", lambda *_, **__: pytest.fail("begun twice"))
    with study_pool.at_work(["batch"]) as note:
        note("training", workers=STATUS.to_dict())
        study_pool.start(["batch"], ClusterSpec(1))
        assert study_pool.pools()[0].status == STATUS


def test_a_process_that_was_killed_is_told(wait, models_dir, needs_mnist):
    study_pool.start(["images"], ClusterSpec(scheduler="127.0.0.1:1"))
    (pool,) = study_pool.pools()
    assert pool.active
    os.kill(study_pool.job(pool.name).status().process.pid, signal.SIGKILL)
    assert wait(lambda: not study_pool.pools()[0].active)
    assert "ended unexpectedly" in study_pool.pools()[0].problem


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"details": {"studies": 3}}', "{"])
def test_files_of_others_are_passed_over(models_dir, content):
    study_pool.folder().mkdir()
    study_pool.job("strange").status_file.write_text(content)
    assert study_pool.pools() == []


def test_without_dask_it_is_said_how_to_get_it(models_dir, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert not worker_pool.available()
    with pytest.raises(InputError, match=r'pip install "dask\[distributed\]"'):
        study_pool.start(["images"], ClusterSpec(1))
