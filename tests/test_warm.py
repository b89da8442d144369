"""A helper that is there when it is needed, and what the pages have it do."""

import concurrent.futures
import io
import threading
import time
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from mnist_core import datasets, limits, predictor, runs
from mnist_core.background import WarmHelper
from mnist_core.errors import InputError
from mnist_core.evaluation import explanations
from mnist_core.networks import keras_predictor
from ui import warm


@pytest.fixture(scope="module")
def helper():
    found = WarmHelper(idle_seconds=2)
    yield found
    found.close()


def test_it_says_what_was_refused_stays_warm_and_ends_when_nobody_calls(helper, wait, tmp_path):
    nobody = str(tmp_path / "nobody")
    for _ in range(2):
        with pytest.raises(InputError, match=r"^The run nobody does not exist"):
            helper.call("evaluation.explainer", nobody, "x", "3", "y")
    process = helper._helper
    with pytest.raises(InputError, match="not enough values to unpack"):
        helper.call("evaluation.explainer", nobody)
    assert helper._helper is process
    assert process.alive
    assert wait(lambda: not process.alive, 30)
    with pytest.raises(InputError, match=r"^The run nobody does not exist"):
        helper.call("evaluation.explainer", nobody, "x", "3", "y")


def test_a_digit_is_explained_as_in_one_process_and_quickly_once_warm(own_run, digits):
    images = datasets.scale(digits.x_test[:3])
    for image in images:
        began = time.perf_counter()
        covered, summed = warm.explanation(own_run, image, 7).result()
        took = time.perf_counter() - began
        reader = predictor.load(own_run)
        assert np.allclose(covered, explanations.occlusion(reader, image, 7), atol=1e-4)
        gradients = explanations.integrated_gradients(keras_predictor.load(own_run), image, 7)
        assert np.allclose(summed, gradients, atol=1e-4)
    began = time.perf_counter()
    warm.explanation(own_run, images[0], 7).result()  # it is kept
    assert time.perf_counter() - began < took


def test_files_go_out_past_the_server(own_run):
    assert zipfile.is_zipfile(io.BytesIO(warm.export(own_run, ".keras")))
    assert warm.export(own_run, ".tflite")[4:8] == b"TFL3"


def test_one_visitor_waits_for_so_many_explanations_and_all_for_so_many(monkeypatch):
    """Whoever presses on and on takes the helper from nobody; what is too much says so."""
    gate = threading.Event()
    monkeypatch.setattr(warm, "_awaited", {})
    monkeypatch.setattr(warm, "_explain", lambda *_: gate.wait(60))
    monkeypatch.setattr(warm, "_maps", OrderedDict())
    visitor = types.SimpleNamespace(session_id="one")
    monkeypatch.setattr(warm, "get_script_run_ctx", lambda **_: visitor)
    images = np.random.default_rng(0).random((60, 28, 28), np.float32)
    run = runs.read("cnn")
    try:
        asked = [warm.explanation(run, image, 3) for image in images[: limits.MOST_EXPLANATIONS]]
        assert not any(each.done() for each in asked)
        with pytest.raises(InputError, match="8 explanations are waited for, and 8 are the most"):
            warm.explanation(run, images[-1], 3).result(0)
        assert warm.explanation(run, images[0], 3) is asked[0]  # the same again is no more work
        for number in range(1, 60):
            visitor.session_id = f"visitor {number}"
            asked.append(warm.explanation(run, images[number], 4))
        assert len(warm._awaited) == limits.MOST_EXPLANATIONS_OF_ALL
    finally:
        gate.set()
    assert asked[0].result(60)
    visitor.session_id = "one"
    waiting = [each for each in asked if not each.done() or each.exception() is None]
    concurrent.futures.wait(waiting, 60)
    assert warm.explanation(run, images[-1], 3).result(60)
