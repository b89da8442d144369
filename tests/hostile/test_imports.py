"""Hostile networks: each ends in its sentence, within a little time and memory."""

import pytest
from hostile import keras_files

from mnist_core.errors import InputError
from mnist_core.networks import keras_file

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("name", keras_files.CORPUS)
def test_a_hostile_file_is_refused_before_keras_opens_it(name, at_most):
    make, says = keras_files.CORPUS[name]
    data = make()
    with at_most(200), pytest.raises(InputError, match=says) as refusal:
        keras_file.read(data)
    assert "\n" not in str(refusal.value)


def test_what_was_looked_through_is_all_that_is_packed_again():
    data = keras_files.packed()
    found = keras_file.read(data)
    assert keras_file.read(found.packed()) == found
    assert found.config == keras_files.parts()["config.json"]
