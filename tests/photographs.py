"""Photographs made up: strokes in ink on paper, plain, ruled or squared, in uneven light."""

import numpy as np
from scipy import ndimage

from mnist_core import drawing

BLACK, BLUE, PENCIL = (25, 25, 30), (35, 55, 150), (110, 110, 115)
PLAIN, RULED, SQUARED = "plain", "ruled", "squared"


def paper(size, kind, random, pitch=None, line=None):
    """Light paper, float (h, w, 3), with printed lines, in pale blue, grey or red by default."""
    height, width = size
    sheet = np.full((height, width, 3), random.uniform(215, 250))
    pitch = pitch or random.uniform(0.16, 0.3) * min(size)
    line = line or random.choice([(150, 175, 215), (170, 170, 175), (190, 160, 170)])
    thick = max(1, round(min(size) / 150))
    for axis in range({PLAIN: 0, RULED: 1, SQUARED: 2}[kind]):
        for at in np.arange(random.uniform(0, pitch), size[axis], pitch).astype(int):
            stretch = (slice(at, at + thick), slice(None))[:: 1 if axis == 0 else -1]
            sheet[stretch] = line
    return sheet


def photograph(strokes, size, ink, kind, random, brush=None, pitch=None, line=None):
    """Strokes, in pixels of the picture, written on paper and photographed.

    Returns:
        uint8 (h, w, 3).
    """
    height, width = size
    brush = brush or 0.03 * min(size)
    cover = drawing.render(strokes, size, brush)[..., None] / 255
    scene = paper(size, kind, random, pitch, line)
    scene = scene * (1 - cover) + np.array(ink, float) * cover
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = random.uniform(0, 2 * np.pi)
    light = 0.78 + 0.2 * (np.cos(angle) * x + np.sin(angle) * y)  # from one side
    corner = np.exp(-((x - random.choice([-1, 1])) ** 2 + (y - 1) ** 2) / 0.8)
    scene = scene * (light - 0.15 * corner)[..., None]  # and the shadow of a hand
    scene = ndimage.gaussian_filter(scene, (0.7, 0.7, 0)) + random.normal(0, 3, scene.shape)
    return np.clip(scene, 0, 255).astype(np.uint8)


def fitted(strokes, size, share=0.6):
    """Strokes moved and scaled to that share of a picture's shorter side, in its middle."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    scale = share * min(size) / max(float((high - low).max()), 1e-9)
    middle = np.array(size[::-1]) / 2
    return [(path - (low + high) / 2) * scale + middle for path in strokes]
