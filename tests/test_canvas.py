"""What lies on the drawing canvas, as data."""

import base64
import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mnist_core import drawing
from mnist_core.errors import InputError
from ui import canvas


def path_object(points, width=20, **changes):
    """A stroke as the canvas reports it: Fabric's path with what places it."""
    points = np.asarray(points, float)
    low, high = points.min(axis=0), points.max(axis=0)
    path = [["M", *points[0]], *(["L", *point] for point in points[1:])]
    item = {
        "type": "Path",
        "originX": "left",
        "originY": "top",
        "left": low[0] - width / 2,
        "top": low[1] - width / 2,
        "width": high[0] - low[0],
        "height": high[1] - low[1],
        "strokeWidth": width,
        "scaleX": 1,
        "scaleY": 1,
        "angle": 0,
        "path": path,
    }
    return item | changes


SEVEN = [[100, 80], [240, 80], [150, 280]]


def test_a_stroke_comes_back_where_it_was_drawn():
    strokes, pictures = canvas.marks([path_object(SEVEN)])
    assert not pictures
    assert np.allclose(strokes[0].points, SEVEN)
    assert strokes[0].width == 20


def test_an_object_placed_by_its_middle():
    item = path_object(SEVEN, originX="center", originY="center", left=170, top=180)
    assert np.allclose(canvas.marks([item])[0][0].points, SEVEN)


def test_a_moved_scaled_and_turned_stroke():
    line = [[100, 100], [100, 200]]
    moved = canvas.marks([path_object(line, left=140, top=120)])[0][0].points
    assert np.allclose(moved, [[150, 130], [150, 230]])
    # Fabric turns about the corner by which an object is placed.
    turned = canvas.marks(
        [path_object(line, originX="center", originY="center", left=100, top=150, angle=90)]
    )[0][0].points
    assert np.allclose(turned, [[150, 150], [50, 150]])
    larger = canvas.marks(
        [
            path_object(
                line, originX="center", originY="center", left=100, top=150, scaleX=2, scaleY=2
            )
        ]
    )[0][0]
    assert np.allclose(larger.points, [[100, 50], [100, 250]])
    assert larger.width == 40


def test_curves_are_followed():
    item = path_object([[0, 0], [100, 100]])
    item["path"] = [["M", 0, 0], ["Q", 100, 0, 100, 100]]
    points = canvas.marks([item])[0][0].points
    assert len(points) > 3
    assert np.abs(points - [75, 25]).sum(axis=1).min() < 1  # where the curve is half way


def test_strokes_are_read_alike_whatever_the_brush_and_the_place():
    first = canvas.read([path_object(SEVEN, 20)])
    corner = canvas.read([path_object(np.array(SEVEN) / 5, 4)])
    assert first.any()
    assert np.abs(first - corner).mean() < 0.01


def test_an_empty_canvas_has_no_ink():
    assert not canvas.read([]).any()
    assert not canvas.image([]).any()


def test_a_digit_put_on_the_canvas_is_read_as_it_is(mnist):
    for digit in mnist.x_test[:50]:
        image = canvas.read([canvas.picture_object(digit)])
        assert np.abs(image - digit / 255).mean() < 0.01


def test_drawing_over_a_digit_changes_what_is_read(digits):
    picture = canvas.picture_object(digits.x_test[0])
    alone = canvas.read([picture])
    both = canvas.read([picture, path_object([[20, 20], [320, 320]])])
    assert np.abs(alone - both).mean() > 0.03


def test_the_saved_file_shows_the_drawing():
    image = Image.open(io.BytesIO(canvas.png([path_object(SEVEN)])))
    assert image.size == (canvas.SIDE, canvas.SIDE)
    assert image.getpixel((100, 80)) == 255
    assert image.getpixel((10, 10)) == 0


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "type",
        "path",
        "left",
        "top",
        "strokeWidth",
        "scaleX",
        "angle",
        "originX",
        "src",
        "width",
        "height",
    ]
)


@given(st.lists(st.dictionaries(names, values | st.sampled_from(["Path", "Image"])), max_size=4))
@settings(deadline=None, max_examples=200)
def test_whatever_a_browser_sends_is_read(objects):
    image = canvas.read(objects)
    assert image.shape == (drawing.SIDE, drawing.SIDE)
    assert np.isfinite(image).all()


NOTHING = "is no drawing"


@pytest.mark.parametrize(
    ("reported", "says"),
    [
        ("text", NOTHING),
        ({"type": "Path"}, NOTHING),
        ([["Path"]], NOTHING),
        ([path_object(SEVEN, path="M 0 0")], NOTHING),
        ([path_object(SEVEN, path=[["M", 0, [1]]])], NOTHING),
        ([path_object(SEVEN, path=[[]])], NOTHING),
        ([path_object(SEVEN, path=[7])], NOTHING),
        ([path_object(SEVEN, path=[["M", *range(5000)]])], NOTHING),
        ([path_object(SEVEN, left="far")], NOTHING),
        ([path_object(SEVEN, left=10**400)], NOTHING),
        ([path_object(SEVEN, path=[["M", 1e308, 0]])], "far outside"),
        ([path_object(SEVEN, scaleX=float("nan"))], "far outside"),
        ([path_object(SEVEN, angle=float("inf"))], "far outside"),
        ([path_object(SEVEN)] * (canvas.MOST_OBJECTS + 1), "strokes are too many"),
        ([path_object(SEVEN, path=[["M", 0, 0]] * (canvas.MOST_POINTS + 1))], "more ink"),
        ([canvas.picture_object(np.zeros((28, 28), np.uint8))] * 2, "Only one picture"),
    ],
)
def test_what_is_nobodys_drawing_is_told_in_a_sentence(reported, says):
    with pytest.raises(InputError, match=says):
        canvas.checked(reported)


def test_a_drawing_with_a_picture_is_taken_as_it_is():
    drawn = [canvas.picture_object(np.zeros((28, 28), np.uint8)), path_object(SEVEN)]
    assert canvas.checked(drawn) == drawn


@pytest.mark.parametrize("kind", ["JPEG", "EPS", "TIFF", "PPM"])
def test_a_picture_on_the_canvas_is_a_small_png(kind):
    file = io.BytesIO()
    Image.new("L", (20, 20), 200).save(file, kind)
    item = canvas.picture_object(np.zeros((28, 28), np.uint8))
    head = item["src"].partition(",")[0]
    foreign = item | {"src": f"{head},{base64.b64encode(file.getvalue()).decode()}"}
    assert not canvas.marks([foreign])[1]
    large = canvas.encode(np.zeros((2000, 2000), np.uint8))
    large = item | {"src": f"{head},{base64.b64encode(large).decode()}"}
    assert not canvas.marks([large])[1]


@given(st.lists(st.dictionaries(names, values | st.sampled_from(["Path", "Image"])), max_size=4))
@settings(max_examples=200)
def test_what_is_checked_is_taken_or_told(objects):
    with contextlib.suppress(InputError):
        canvas.read(canvas.checked(objects))


@given(values, values, st.floats(), st.floats())
@settings(deadline=None, max_examples=200)
def test_odd_numbers_in_a_stroke(left, angle, scale, coordinate):
    item = path_object(SEVEN, left=left, angle=angle, scaleX=scale)
    item["path"][1][1] = coordinate
    assert np.isfinite(canvas.read([item])).all()
    canvas.image([item])


@pytest.mark.parametrize(
    "source", ["http://127.0.0.1/x.png", "data:image/png;base64,AAAA", "", None]
)
def test_pictures_from_elsewhere_are_left_out(source):
    item = canvas.picture_object(np.zeros((28, 28), np.uint8)) | {"src": source}
    assert not canvas.marks([item])[1]


def test_a_number_is_read_digit_by_digit():
    left, right = path_object(SEVEN), path_object(np.array(SEVEN) + (300, 0))
    digits = canvas.read_number([right, left])
    assert len(digits) == 2
    assert digits[0].box == (90, 70, 250, 290)
    assert np.allclose(digits[0].form, digits[1].form)
    assert np.allclose(digits[0].form, canvas.read([left]))


def test_an_eraser_leaves_what_it_does_not_pass_over_and_only_what_was_there_before():
    before = path_object([[50, 100], [300, 100]])
    rubber = path_object([[170, 20], [170, 300]], 40, stroke=canvas.GROUND)
    after = path_object([[170, 50], [170, 150]])
    strokes, _ = canvas.marks([before, rubber, after])
    assert len(strokes) == 3
    left, right, whole = (stroke.points for stroke in strokes)
    assert left[:, 0].max() == pytest.approx(150, abs=2)
    assert right[:, 0].min() == pytest.approx(190, abs=2)
    assert np.ptp(whole[:, 1]) == pytest.approx(100, abs=25)


def test_an_eraser_takes_a_blot_out_of_a_picture():
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:16] = 255  # a one,
    pixels[2:8, 2:8] = 255  # and a blot that is too large to be left out as a speck
    clean = pixels.copy()
    clean[2:8, 2:8] = 0
    side = canvas.SIDE / 28
    rubber = path_object([[4 * side, 5 * side], [6 * side, 5 * side]], 96, stroke=canvas.GROUND)
    read = canvas.read([canvas.picture_object(pixels), rubber])
    assert np.array_equal(read, canvas.read([canvas.picture_object(clean)]))
    assert not np.array_equal(read, canvas.read([canvas.picture_object(pixels)]))


def test_a_number_is_read_from_a_picture():
    strokes = [
        np.array(points, float)
        for points in ([[120, 30], [110, 200]], [[400, 40], [500, 40], [420, 200]])
    ]
    seen = drawing.render(strokes, (240, 704), 20).copy()
    seen[5:8, 5:8] = 255  # dirt
    digits = canvas.read_number([canvas.picture_object(seen, canvas.NUMBER_SIZE)])
    assert [round(digit.box[0], -1) for digit in digits] == [100, 390]
    for digit, stroke in zip(digits, strokes, strict=True):
        assert np.abs(digit.form - drawing.from_strokes([stroke], 20)).mean() < 0.02


def test_strokes_that_are_fitted_to_another_canvas_are_the_same_digit():
    digit = path_object([[20, 30], [320, 30], [150, 330]], 22)
    [moved] = canvas.marks(canvas.fitted([digit], (340, 340), canvas.NUMBER_SIZE))[0]
    assert moved.points.max(axis=0)[1] <= 240
    assert moved.points[:, 0].mean() == pytest.approx(352, abs=30)
    assert (
        np.abs(canvas.read([digit]) - drawing.from_strokes([moved.points], moved.width)).max() < 0.2
    )
