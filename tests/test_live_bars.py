"""What the page hands to the bars."""

import base64

import numpy as np

from ui import canvas, live_bars


def stroke(points, width=20):
    (x, y), *rest = points
    return {"type": "Path", "strokeWidth": width, "path": [["M", x, y], *(["L", *p] for p in rest)]}


def points_of(strokes):
    data = base64.b64decode(strokes["points"])
    return np.frombuffer(data, "<i2").reshape(-1, 2) / 16


def test_strokes_are_handed_over_to_a_sixteenth_of_a_pixel():
    objects = [stroke([(10.3, 20), (30, 40.77), (300, 7)]), stroke([(5, 6)], 33.3)]
    marks = live_bars.marks(objects)
    wanted = np.concatenate([s.points for s in canvas.marks(objects)[0]])
    assert np.abs(points_of(marks["strokes"]) - wanted).max() <= 1 / 32
    assert marks["strokes"]["lengths"] == [3, 1]
    assert marks["strokes"]["widths"] == [20, 33.3]
    assert marks["count"] == 2
    assert not marks["picture"]


def test_an_empty_canvas_and_a_picture():
    nothing = live_bars.marks([])
    assert nothing["count"] == 0
    assert not points_of(nothing["strokes"]).size
    picture = canvas.picture_object(np.zeros((28, 28), np.uint8))
    assert live_bars.marks([picture, stroke([(1, 2), (3, 4)])])["picture"]


def test_points_far_outside_stay_outside():
    far = live_bars.marks([stroke([(90_000, -90_000), (10, 10)])])["strokes"]
    assert np.array_equal(points_of(far)[0], [2047.9375, -2048])


def test_a_reading_of_a_drawing_costs_little():
    random = np.random.default_rng(0)
    objects = [stroke(random.uniform(0, 340, (100, 2)).round(2)) for _ in range(2)]
    given = live_bars.reading_data(objects, np.full(10, 0.1, np.float32), "1", "words")
    assert given["probabilities"] == [0.1] * 10
    assert len(given["strokes"]["points"]) < 1200
