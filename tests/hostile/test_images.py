"""Hostile images: refused in a sentence or read, within a little time and memory."""

import pytest
from hostile import images

from mnist_core import drawing
from mnist_core.errors import InputError

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("name", images.CORPUS)
def test_a_hostile_image_takes_little(name, at_most):
    make, says = images.CORPUS[name]
    data = make()
    with at_most(700):
        if says is None:
            assert drawing.from_image(drawing.read_image(data)).shape == (28, 28)
            return
        with pytest.raises(InputError, match=says):
            drawing.read_image(data)
