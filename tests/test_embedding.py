"""t-SNE in a process of its own: a result, its progress, and what is kept."""

import time

import numpy as np
import pytest

from mnist_core import datasets
from mnist_core.datasets import embedding


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path / "datasets"


def finished(found, seconds=240):
    until = time.monotonic() + seconds
    while not found.done:
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def test_alike_digits_come_close_together_and_are_kept(digits, cache):
    chosen = np.flatnonzero(np.isin(digits.y_train, (0, 1)))[:120]
    images, labels = digits.x_train[chosen], digits.y_train[chosen]
    found = finished(embedding.Embedding(images))
    assert found.error is None
    assert found.share == 1
    assert found.points.shape == (120, 2)
    apart = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (labels[apart.argmin(axis=1)] == labels).mean() > 0.9  # neighbours are the same digit
    assert [path.name for path in cache.iterdir()] == [found.path.name]  # nothing left lying about
    started = time.monotonic()
    again = embedding.Embedding(images)
    assert again.done
    assert time.monotonic() - started < 2
    assert np.array_equal(again.points, found.points)


def test_a_damaged_file_is_computed_again(digits, cache):
    images = digits.x_train[:30]
    path = embedding.Embedding(images).path
    other = embedding.Embedding(digits.x_train[30:60]).path
    assert path != other
    cache.mkdir(exist_ok=True)
    path.write_bytes(b"no array")
    found = finished(embedding.Embedding(images))
    assert found.points.shape == (30, 2)


def test_what_cannot_be_embedded_ends_in_a_sentence(digits):
    found = finished(embedding.Embedding(digits.x_train[:1]))
    assert found.points is None
    assert found.error.startswith("t-SNE failed")
    assert found.error.endswith("try again.")


@pytest.mark.parametrize("name", ["mnist", "pen-strokes", "optical-digits"])
def test_the_map_of_a_dataset_comes_with_the_program_as_coordinates(name):
    if not datasets.at_hand(name):
        pytest.skip(f"{name} is not on this machine")
    dataset = datasets.load(name, fetch=False)
    chosen = embedding.mapped(dataset)
    images, labels = dataset.x_train[chosen], dataset.y_train[chosen]
    points = embedding.kept(images)
    assert points.shape == (len(chosen), 2)
    assert (embedding.SHIPPED / embedding.place(images).name).stat().st_size < 13_000
    apart = ((points[:500, None] - points[None]) ** 2).sum(axis=2)
    apart[np.arange(500), np.arange(500)] = np.inf
    assert (labels[apart.argmin(axis=1)] == labels[:500]).mean() > 0.8  # alike lie together
