"""What is kept of how a run learned, and what excites its units."""

import asyncio
import dataclasses

import numpy as np
import pytest
from starlette.requests import Request

from mnist_core import datasets, runs
from mnist_core.evaluation import exciting
from routes import inside


def test_of_many_epochs_forty_are_kept_evenly_spread(tmp_path):
    for number in range(260):
        runs.keep_epoch(tmp_path, number, bytes([number % 256]))
        kept = [epoch for epoch, _ in runs.kept_epochs(runs.Run(tmp_path))]
        assert kept[0] == 0
        assert kept[-1] == number
        assert len(kept) <= runs.MOST_EPOCHS
        assert len({*np.diff(kept[:-1]).tolist()}) <= 1
    assert len(kept) > runs.MOST_EPOCHS / 2
    assert dict(runs.kept_epochs(runs.Run(tmp_path)))[kept[-1]].read_bytes() == bytes([3])
    runs.forget_epochs(tmp_path)
    assert runs.kept_epochs(runs.Run(tmp_path)) == []


def test_a_run_keeps_what_it_was_after_each_epoch(tiny_run):
    from mnist_core.networks import browser

    kept = dict(runs.kept_epochs(tiny_run))
    assert list(kept) == [0, 1, 2]
    contents = [runs.read_epoch(path) for path in kept.values()]
    assert len(set(contents)) == 3
    assert contents[-1] == browser.pack(tiny_run, 16)


@pytest.mark.slow  # a process of its own opens Keras' file
@pytest.mark.parametrize("name", runs.SHIPPED)
def test_the_epochs_of_a_shipped_run_lead_to_its_network(name):
    from mnist_core.networks import browser

    run = runs.read(runs.SHIPPED_DIR / name)
    kept = dict(runs.kept_epochs(run))
    assert (min(kept), max(kept)) == (0, run.record.epochs)
    # The temperature, which is not of a single epoch, stands before the weights.
    whole = browser.pack(run, 16)
    length = len(whole) - 4 - int.from_bytes(whole[:4], "little")
    last = runs.read_epoch(kept[run.metrics.best_epoch])
    assert last[-length:] == whole[-length:]


def test_whoever_asks_for_an_epoch_gets_it_or_is_told_that_it_is_gone(own_run):
    def asked(address, route):
        _, _, _, *parts = address.split("/")
        names = ("run", "number", "digest") if route is inside.epoch else ("run", "digest")
        values = dict(zip(names, parts, strict=True))
        values |= {"number": int(values["number"])} if "number" in values else {}
        scope = {"type": "http", "path_params": values, "headers": []}
        return asyncio.run(route(Request(scope)))

    number, address = inside.epoch_addresses(own_run)[1]
    network = inside.network_address(own_run)
    assert asked(address, inside.epoch).body == runs.read_epoch(
        dict(runs.kept_epochs(own_run))[number]
    )
    assert asked(network, inside.network).status_code == 200
    runs.forget_epochs(own_run.path)
    assert asked(address, inside.epoch).status_code == 404
    runs.delete(own_run)
    assert asked(network, inside.network).status_code == 404
    assert asked(address.replace(own_run.name, ".."), inside.epoch).status_code == 404


def test_what_excites_a_unit_most_is_found_and_kept(own_run, digits):
    from mnist_core.networks import keras_predictor

    few = dataclasses.replace(digits, x_test=digits.x_test[:300], y_test=digits.y_test[:300])
    assert exciting.kept(own_run, few) is None
    found = exciting.find(own_run, few)
    assert len(found) == 2
    hidden = next(iter(found.values()))
    kernel, bias = keras_predictor.load_model(own_run).layers[-2].get_weights()
    flat = datasets.scale(few.x_test).reshape(len(few.x_test), -1)
    values = np.maximum(flat @ kernel + bias, 0)
    assert hidden.indices.shape == (values.shape[1], exciting.MOST)
    wanted = np.sort(values, axis=0)[::-1][: exciting.MOST].T
    assert np.allclose(hidden.values, wanted, atol=1e-4)
    kept = exciting.kept(own_run, few)
    assert np.array_equal(next(iter(kept.values())).indices, hidden.indices)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken"])
def test_what_was_kept_of_a_unit_and_is_damaged_is_not_there(own_run, digits, content):
    from mnist_core.evaluation import results

    file = results.kept_file(results.EXCITING, digits, results.model_sha256(own_run))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    assert exciting.kept(own_run, digits) is None
