"""Digits changed a little at random, so that a network sees more hands than wrote them.

*Images* are changed in every step, as part of the training graph. Rotation, shift, zoom
and shear are one affine map; an elastic distortion (Simard, Steinkraus, Platt 2003, "Best
practices for convolutional neural networks applied to visual document analysis") moves the
points of a coarse grid. Both say together where each pixel of the result comes from, so
that a batch is resampled only once: on a CPU this costs a fraction of the training step,
where Keras' own random layers cost a multiple of it.

*Strokes* are changed before they are drawn, once before training: only there can the pen's
width change without the shape, and two strokes slip against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from mnist_core import drawing
from mnist_core.drawing import SIDE

GRID = 5  # points a side of the grid that an elastic distortion moves


def augmenter(
    amounts: Mapping[str, float], generator: tf.random.Generator
) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function that augments a batch, for use inside a `tf.function`.

    Args:
        amounts: those of `recipes.AUGMENTATIONS` in their units; what is missing is 0.
        generator: of the random numbers; its state decides what comes next.

    Returns:
        A function from float32 (n, 28, 28) in [0, 1] to the same.
    """
    rotation = amounts.get("rotation", 0.0) * np.pi / 180
    shift = amounts.get("shift", 0.0) * SIDE
    zoom = np.log1p(amounts.get("zoom", 0.0))
    shear = amounts.get("shear", 0.0)
    elastic = amounts.get("elastic", 0.0)
    thickness = amounts.get("thickness", 0.0)
    noise = amounts.get("noise", 0.0)
    blur = amounts.get("blur", 0.0)
    moves = any((rotation, shift, zoom, shear, elastic))
    centre = (SIDE - 1) / 2
    ys, xs = np.mgrid[:SIDE, :SIDE].reshape(2, -1).astype(np.float32) - np.float32(centre)
    grid_weights = tf.constant(_grid_weights(), tf.float32)

    def uniform(n: tf.Tensor, width: float) -> tf.Tensor:
        return generator.uniform((n, 1), -width, width)

    def moved(images: tf.Tensor) -> tf.Tensor:
        n = tf.shape(images)[0]
        angle, slant = uniform(n, rotation), uniform(n, shear)
        wide, high = tf.exp(uniform(n, zoom)), tf.exp(uniform(n, zoom))
        cos, sin = tf.cos(angle), tf.sin(angle)
        x = wide * (cos * xs - sin * ys) + slant * ys + uniform(n, shift) + centre
        y = high * (sin * xs + cos * ys) + uniform(n, shift) + centre
        if elastic:
            offset = generator.normal((2, n, GRID * GRID), stddev=elastic)
            x += tf.matmul(offset[0], grid_weights)
            y += tf.matmul(offset[1], grid_weights)
        return _resample(images, x, y, n)

    def augment(images: tf.Tensor) -> tf.Tensor:
        if moves:
            images = moved(images)
        n = tf.shape(images)[0]
        if thickness:
            images = _thickened(images, generator.uniform((n, 1, 1), -thickness, thickness))
        if blur:
            amount = generator.uniform((n, 1, 1), 0.0, blur)
            smooth = tf.nn.avg_pool2d(images[..., None], 3, 1, "SAME")[..., 0]
            images += amount * (smooth - images)
        if noise:
            images += generator.normal(tf.shape(images), stddev=noise)
            images = tf.clip_by_value(images, 0.0, 1.0)
        return images

    return augment


def _thickened(images: tf.Tensor, amount: tf.Tensor) -> tf.Tensor:
    """Images whose strokes are thicker, or thinner where the amount is below zero."""
    maps = images[..., None]
    thick = tf.nn.max_pool2d(maps, 3, 1, "SAME")[..., 0]  # the lightest of each pixel's neighbours
    thin = -tf.nn.max_pool2d(-maps, 3, 1, "SAME")[..., 0]  # the darkest
    return images + tf.abs(amount) * (tf.where(amount > 0, thick, thin) - images)


def _grid_weights() -> np.ndarray:
    """(GRID², 784): how much each point of the coarse grid moves each pixel."""
    at = np.linspace(0, SIDE - 1, GRID)
    width = at[1] - at[0]
    line = np.exp(-0.5 * ((np.arange(SIDE) - at[:, None]) / (0.6 * width)) ** 2)
    line /= np.sqrt((line**2).sum(axis=0))  # so that every pixel moves by the same deviation
    return np.einsum("ay,bx->abyx", line, line).reshape(GRID * GRID, SIDE * SIDE)


def _resample(images: tf.Tensor, x: tf.Tensor, y: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
    """Bilinear interpolation at x and y, (n, 784) in pixels; 0 outside the image."""
    padded = tf.reshape(tf.pad(images, ((0, 0), (1, 2), (1, 2))), (n, -1))
    row = SIDE + 3
    x = tf.clip_by_value(x + 1, 0.0, float(SIDE + 1))
    y = tf.clip_by_value(y + 1, 0.0, float(SIDE + 1))
    left, top = tf.floor(x), tf.floor(y)
    right_share, low_share = x - left, y - top
    corner = tf.cast(top, tf.int32) * row + tf.cast(left, tf.int32)

    def at(offset: int) -> tf.Tensor:
        return tf.gather(padded, corner + offset, batch_dims=1)

    upper = at(0) + right_share * (at(1) - at(0))
    lower = at(row) + right_share * (at(row + 1) - at(row))
    return tf.reshape(upper + low_share * (lower - upper), (n, SIDE, SIDE))


def render_strokes(
    digits: Sequence[Sequence[np.ndarray]],
    count: int,
    amounts: Mapping[str, float],
    seed: int,
    on_progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Draw every digit `count` times, each time with changed strokes and another pen.

    Args:
        digits: of each its strokes, arrays (n, 2) of x and y, y downward.
        amounts: those of `recipes.STROKE_AUGMENTATIONS` in their units.
        on_progress: called now and then with the share that is done.

    Returns:
        uint8 (len(digits) * count, 28, 28), the drawings of one digit together.
    """
    random = np.random.default_rng(seed)
    drawn = np.empty((len(digits), count, SIDE, SIDE), np.uint8)
    for index, strokes in enumerate(digits):
        for repeat in range(count):
            paths, pen = vary_strokes(strokes, amounts, random)
            if random.random() < amounts.get("canvas", 0.0):
                form = _seen_on_canvas(paths, pen, random)
            else:
                form = drawing.draw(paths, pen)
            drawn[index, repeat] = np.round(form * 255)
        if on_progress and index % 50 == 0:
            on_progress(index / len(digits))
    return drawn.reshape(-1, SIDE, SIDE)


def _seen_on_canvas(paths: list[np.ndarray], pen: float, random: np.random.Generator) -> np.ndarray:
    """Draw strokes as they look on a canvas, small ones with a thick brush too, and read that."""
    points = np.concatenate(paths)
    low, extent = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    side = np.exp(random.uniform(np.log(45), np.log(160)))  # pixels, without the brush
    brush = float(np.clip(side * pen / 20, 3, 28))
    size = int(side + 2 * brush) + 2
    pixels = [(path - low) * (side / extent) + brush for path in paths]
    return drawing.from_image(drawing.render(pixels, (size, size), brush))


def vary_strokes(
    strokes: Sequence[np.ndarray], amounts: Mapping[str, float], random: np.random.Generator
) -> tuple[list[np.ndarray], float]:
    """Change a digit's strokes at random.

    Returns:
        The strokes, with the digit's longer side about 1, and the pen's width in pixels
        of the 28×28 image.
    """
    points = np.concatenate(strokes)
    size = max(float(np.ptp(points, axis=0).max()), 1e-9)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2

    def uniform(name: str) -> float:
        amount = amounts.get(name, 0.0)
        return float(random.uniform(-amount, amount))

    angle, slant, aspect = np.radians(uniform("rotation")), uniform("slant"), uniform("aspect")
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    change = np.diag([np.exp(aspect / 2), np.exp(-aspect / 2)]) @ turn
    change = np.array([[1.0, 0.0], [slant, 1.0]]) @ change
    # Slow waves bend the whole digit; what is left shakes each point by itself.
    jitter = amounts.get("jitter", 0.0)
    waves = random.normal(0, 3.0, (3, 2)), random.uniform(0, 2 * np.pi, 3)
    sway = random.normal(0, jitter, (3, 2))
    varied = []
    for stroke in strokes:
        path = _trim(stroke, amounts.get("trim", 0.0), random)
        path = (path - centre) / size @ change
        path = path + np.sin(path @ waves[0].T + waves[1]) @ sway
        path = path + random.normal(0, jitter / 6, path.shape)
        varied.append(path + random.normal(0, amounts.get("slip", 0.0), 2))
    if random.random() < amounts.get("speck", 0.0):
        varied.append(_speck(varied, random))
    thin, thick = amounts.get("thinnest") or drawing.PEN_WIDTH, amounts.get("thickest", 0.0)
    pen = np.exp(random.uniform(np.log(thin), np.log(max(thin, thick))))
    return varied, float(pen)


def _speck(paths: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """A dot beside a digit, at most a quarter of its size from it."""
    points = np.concatenate(paths)
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.25 * max(float((high - low).max()), 0.1)  # a digit that is a dot itself has room too
    while True:
        dot = random.uniform(low - room, high + room)
        if ((points - dot) ** 2).sum(axis=1).min() > (room / 4) ** 2:
            return dot[None] + random.normal(0, room / 20, (random.integers(1, 4), 2))


def _trim(path: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Leave out up to a share of a stroke at either end."""
    first, last = (random.uniform(0, share, 2) * len(path)).astype(int)
    return path[first : len(path) - last]
