"""Digits as pictures in a web page."""

import base64
import io
import re

import numpy as np
from PIL import Image

from mnist_core.report import pictures
from mnist_core.report.pictures import Picture


def decoded(uri):
    assert uri.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))))


def test_a_picture_survives_the_way_into_the_page(digits):
    assert np.array_equal(decoded(pictures.data_uri(digits.x_train[0])), digits.x_train[0])
    share = digits.x_train[0].astype(np.float32) / 255
    assert np.array_equal(decoded(pictures.data_uri(share)), digits.x_train[0])


def test_a_grid_tells_right_from_wrong_by_a_sign(digits):
    image = digits.x_train[0]
    text = pictures.grid(
        [
            Picture(image, "3", "a 3", True),
            Picture(image, "4", "a 4", False),
            Picture(image, "5", "a 5"),
        ]
    )
    captions = re.findall("<figcaption>(.*?)</figcaption>", text)
    assert captions == ["✓ 3", "✗ 4", "5"]
    assert re.findall('alt="(.*?)"', text) == ["a 3", "a 4", "a 5"]


def test_words_from_outside_cannot_become_markup(digits):
    text = pictures.grid([Picture(digits.x_train[0], "<b>&", '"><script>', None)])
    assert "<b>" not in text
    assert "<script>" not in text


def test_an_atlas_holds_every_image_in_its_place(digits):
    images = digits.x_train[:10]
    sheet = pictures.atlas(images, 4)
    assert sheet.shape == (3 * 28, 4 * 28)
    for index, image in enumerate(images):
        row, column = divmod(index, 4)
        part = sheet[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
        assert np.array_equal(part, image)
    assert not sheet[2 * 28 :, 2 * 28 :].any()
