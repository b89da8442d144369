"""Augmentation: it stays in its bounds, and the same seed changes digits in the same way."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import datasets, drawing
from mnist_core.recipes import AUGMENTATIONS, RECIPES, STROKE_AUGMENTATIONS
from mnist_core.training.augmentation import augmenter, render_strokes, vary_strokes

SEVEN = [np.array([[0.0, 0.0], [10.0, 0.0], [4.0, 20.0]])]
FOUR = [np.array([[5.0, 0.0], [0.0, 10.0], [10.0, 10.0]]), np.array([[7.0, 5.0], [7.0, 20.0]])]
DOT = [np.array([[3.0, 3.0]])]


def augmented(images, amounts, seed=0):
    return augmenter(amounts, tf.random.Generator.from_seed(seed))(tf.constant(images)).numpy()


def centres_of_mass(images):
    at = np.arange(28)
    mass = images.sum(axis=(1, 2))
    return np.stack([images.sum(axis=1) @ at, images.sum(axis=2) @ at], axis=1) / mass[:, None]


@pytest.fixture(scope="module")
def images(digits):
    return datasets.scale(digits.x_train[:200])


# --- images --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*AUGMENTATIONS, "all", "cnn"])
def test_images_keep_their_shape_and_range(images, name):
    amounts = {"all": AUGMENTATIONS, "cnn": RECIPES["cnn"].augmentation}.get(
        name, {name: AUGMENTATIONS.get(name)}
    )
    changed = augmented(images, amounts)
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    assert changed.min() >= -1e-6
    assert changed.max() <= 1 + 1e-6
    assert (np.abs(changed - images).max(axis=(1, 2)) > 0.02).mean() > 0.8


@pytest.mark.parametrize("amounts", [{}, dict.fromkeys(AUGMENTATIONS, 0.0)])
def test_nothing_asked_changes_nothing(images, amounts):
    assert np.array_equal(augmented(images, amounts), images)


def test_a_tiny_change_changes_little(images):
    affine = dict.fromkeys(("rotation", "shift", "zoom", "shear", "elastic"), 1e-6)
    assert np.allclose(augmented(images, affine), images, atol=1e-3)


def test_the_same_seed_changes_alike(images):
    first, again, other = (augmented(images, AUGMENTATIONS, seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.1)


def test_every_batch_is_changed_anew(images):
    augment = augmenter({"rotation": 20.0}, tf.random.Generator.from_seed(0))
    first, second = augment(tf.constant(images)), augment(tf.constant(images))
    assert not np.allclose(first, second, atol=0.1)


def test_images_of_a_batch_are_changed_one_by_one(images):
    changed = augmented(np.repeat(images[:1], 50, axis=0), {"rotation": 20.0})
    assert len(np.unique(np.round(changed, 3), axis=0)) == 50


def test_a_shift_goes_no_further_than_asked(images):
    share = 0.1
    moved = augmented(images, {"shift": share})
    inside = np.isclose(moved.sum(axis=(1, 2)), images.sum(axis=(1, 2)), rtol=1e-4)
    assert inside.mean() > 0.5
    way = np.abs(centres_of_mass(moved) - centres_of_mass(images))[inside]
    assert way.max() <= share * 28 + 0.01
    assert way.max() > 0.8 * share * 28


def test_what_comes_in_from_outside_is_empty():
    full = np.ones((100, 28, 28), np.float32)
    moved = augmented(full, {"shift": 0.2})
    assert ((moved < 0.01).sum(axis=(1, 2)) > 28).mean() > 0.9
    turned = augmented(full, {"rotation": 45.0})
    assert turned[:, [0, 0, -1, -1], [0, -1, 0, -1]].min() < 0.01
    assert turned[:, 14, 14].min() > 0.99


def test_a_rotation_turns_no_further_than_asked():
    bar = np.zeros((300, 28, 28), np.float32)
    bar[:, 4:24, 13:15] = 1
    turned = augmented(bar, {"rotation": 30.0})
    y, x = np.mgrid[:28, :28] - 13.5
    moments = [(turned * weight).sum(axis=(1, 2)) for weight in (x * y, y * y - x * x)]
    angles = np.degrees(0.5 * np.arctan2(2 * moments[0], moments[1]))
    assert np.abs(angles).max() <= 31
    assert np.abs(angles).max() > 27
    assert abs(angles.mean()) < 4  # as much to the left as to the right


def test_a_zoom_stays_within_what_was_asked():
    square = np.zeros((300, 28, 28), np.float32)
    square[:, 9:19, 9:19] = 1
    areas = augmented(square, {"zoom": 0.2}).sum(axis=(1, 2))
    assert areas.max() <= 100 * 1.2**2 * 1.02
    assert areas.min() >= 100 / 1.2**2 * 0.98
    assert areas.max() > 115
    assert areas.min() < 87


def test_thickness_and_blur_leave_a_digit_in_its_place(images):
    for amounts in ({"thickness": 0.5}, {"blur": 1.0}):
        changed = augmented(images, amounts)
        assert np.abs(centres_of_mass(changed) - centres_of_mass(images)).max() < 1
    mass = augmented(images, {"thickness": 0.5}).sum(axis=(1, 2)) / images.sum(axis=(1, 2))
    assert mass.min() < 0.85  # some become thinner
    assert mass.max() > 1.15  # and some thicker


def test_noise_is_as_strong_as_asked():
    grey = np.full((50, 28, 28), 0.5, np.float32)
    assert (augmented(grey, {"noise": 0.1}) - grey).std() == pytest.approx(0.1, rel=0.05)


# --- strokes -------------------------------------------------------------------------


def test_every_digit_is_drawn_as_often_as_asked():
    shares = []
    drawn = render_strokes([SEVEN, FOUR, DOT], 4, {"rotation": 20.0}, 1, shares.append)
    assert drawn.shape == (12, 28, 28)
    assert drawn.dtype == np.uint8
    assert drawn.any(axis=(1, 2)).all()
    assert all(0 <= share <= 1 for share in shares)
    assert shares
    # The drawings of one digit lie together.
    four = drawing.from_strokes(FOUR) * 255
    likeness = [np.corrcoef(four.ravel(), image.ravel())[0, 1] for image in drawn]
    assert np.mean(likeness[4:8]) > max(np.mean(likeness[:4]), np.mean(likeness[8:]))


def test_no_digits_give_no_drawings():
    assert render_strokes([], 3, {}, 0).shape == (0, 28, 28)


@pytest.mark.parametrize("amounts", [{}, dict.fromkeys(STROKE_AUGMENTATIONS, 0.0)])
def test_unchanged_strokes_are_drawn_as_on_the_canvas(amounts):
    drawn = render_strokes([SEVEN, FOUR], 3, amounts, 0)
    for index, strokes in enumerate((SEVEN, FOUR)):
        expected = drawing.draw(strokes, drawing.PEN_WIDTH) * 255
        for image in drawn[3 * index : 3 * index + 3]:
            assert np.abs(image - expected).max() <= 3


def test_the_same_seed_draws_alike():
    first, again, other = (
        render_strokes([SEVEN, FOUR], 3, STROKE_AUGMENTATIONS, seed) for seed in (5, 5, 6)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(np.unique(first, axis=0)) == 6


def test_the_strokes_that_were_given_stay_as_they_are():
    before = [stroke.copy() for stroke in FOUR]
    render_strokes([FOUR], 2, STROKE_AUGMENTATIONS, 0)
    assert all(np.array_equal(a, b) for a, b in zip(before, FOUR, strict=True))


def test_the_pen_is_as_wide_as_asked():
    random = np.random.default_rng(0)
    pens = [vary_strokes(FOUR, {"thinnest": 1.5, "thickest": 3.0}, random)[1] for _ in range(200)]
    assert 1.5 <= min(pens) < 1.6
    assert 2.9 < max(pens) <= 3.0


def test_a_slant_leans_by_no_more_than_asked():
    random = np.random.default_rng(0)
    line = [np.array([[0.0, 0.0], [0.0, 20.0]])]
    for _ in range(100):
        (path,), _ = vary_strokes(line, {"slant": 0.3}, random)
        (x, y) = path[1] - path[0]
        assert y == pytest.approx(1)
        assert abs(x) <= 0.3


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=9).map(
            np.array
        ),
        min_size=1,
        max_size=3,
    ),
    st.fixed_dictionaries(
        {}, optional={k: st.floats(0, most) for k, most in STROKE_AUGMENTATIONS.items()}
    ),
    st.integers(0, 99),
)
def test_no_stroke_is_lost_and_every_number_is_finite(strokes, amounts, seed):
    varied, pen = vary_strokes(strokes, amounts, np.random.default_rng(seed))
    specks = len(varied) - len(strokes)
    assert specks == 0 or (specks == 1 and amounts["speck"] > 0 and np.isfinite(varied[-1]).all())
    for path, given_path in zip(varied[: len(strokes)], strokes, strict=True):
        assert 1 <= len(path) <= len(given_path)
        assert np.isfinite(path).all()
    assert 0 < pen <= max(8, drawing.PEN_WIDTH)
