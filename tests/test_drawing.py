"""Strokes and pixels into MNIST's form."""

import contextlib
import io

import hypothesis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFilter

from mnist_core import drawing
from mnist_core.drawing import SIDE, from_image, from_strokes, render
from mnist_core.errors import InputError

quick = settings(max_examples=40, deadline=None)


@st.composite
def digit_like(draw):
    """One to three wandering strokes, as a hand draws them, about 100 units large."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    strokes = []
    for _ in range(draw(st.integers(1, 3))):
        steps = random.normal(0, 1, (draw(st.integers(8, 40)), 2))
        path = np.cumsum(np.cumsum(steps, axis=0), axis=0)  # smooth, as a pen moves
        strokes.append(path / max(np.ptp(path, axis=0).max(), 1e-6) * 100)
    return strokes


def on_canvas(strokes, side=160, canvas=280, corner=(60.0, 60.0), brush=16.0):
    """Render strokes with their longer side `side` pixels long at `corner`."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0).max()
    placed = [(path - low) / size * side + np.array(corner) for path in strokes]
    return render(placed, (canvas, canvas), brush)


def difference(a, b):
    return float(np.abs(a - b).mean())


def centre_of_mass(image):
    at = np.arange(SIDE) + 0.5
    return image.sum(axis=0) @ at / image.sum(), image.sum(axis=1) @ at / image.sum()


class TestForm:
    @given(digit_like())
    @quick
    def test_ink_fills_the_box_and_is_centred(self, strokes):
        image = from_image(on_canvas(strokes))
        assert image.shape == (SIDE, SIDE)
        assert image.dtype == np.float32
        assert image.min() == 0
        assert image.max() <= 1
        rows, columns = np.flatnonzero(image.max(1) > 0.3), np.flatnonzero(image.max(0) > 0.3)
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
        free = rows[0] > 1 and columns[0] > 1 and rows[-1] < 26 and columns[-1] < 26
        if free:  # a lopsided drawing stops at the border instead
            assert np.allclose(centre_of_mass(image), 14.5, atol=0.25)

    @given(digit_like())
    @quick
    def test_a_picture_in_form_stays_as_it_is(self, strokes):
        image = from_image(on_canvas(strokes))
        again = from_image(np.round(image * 255).astype(np.uint8))
        assert difference(image, again) < 0.02

    def test_mnist_stays_as_it_is(self, mnist):
        for image in mnist.x_test[:300]:
            assert difference(from_image(image), image / 255) < 0.01


class TestWhereHowLargeAndWhichColour:
    """A drawing is read the same wherever, however large and in whichever colours it is."""

    @given(digit_like(), st.floats(0.01, 1000), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
    @quick
    def test_strokes(self, strokes, scale, x, y):
        moved = [path * scale + np.array([x, y]) for path in strokes]
        assert difference(from_strokes(moved), from_strokes(strokes)) < 0.01

    @given(digit_like(), st.integers(-40, 40), st.integers(-40, 40))
    @quick
    def test_moved_by_whole_pixels(self, strokes, x, y):
        image = on_canvas(strokes)
        assert difference(from_image(np.roll(image, (y, x), (0, 1))), from_image(image)) < 1e-6

    @given(digit_like(), st.floats(0, 100), st.floats(0, 100))
    @quick
    def test_moved_by_parts_of_pixels(self, strokes, x, y):
        here = from_image(on_canvas(strokes, corner=(10, 10)))
        assert difference(from_image(on_canvas(strokes, corner=(10 + x, 10 + y))), here) < 0.01

    @given(digit_like(), st.floats(0.5, 1.5))
    @quick
    def test_scaled(self, strokes, scale):
        here = from_image(on_canvas(strokes, corner=(20, 20)))
        there = from_image(on_canvas(strokes, side=160 * scale, corner=(20, 20), brush=16 * scale))
        assert difference(there, here) < 0.02

    @given(
        digit_like(),
        hnp.arrays(np.uint8, 3),
        hnp.arrays(np.uint8, 3),
    )
    @quick
    def test_recoloured(self, strokes, ink, paper):
        levels = np.array([0.299, 0.587, 0.114])
        if abs(float(levels @ ink) - float(levels @ paper)) < 40:
            return
        share = on_canvas(strokes)[..., None] / 255
        coloured = np.round(share * ink + (1 - share) * paper).astype(np.uint8)
        assert difference(from_image(coloured), from_image(on_canvas(strokes))) < 0.01

    @given(digit_like(), st.sampled_from([0, 255]))
    @quick
    def test_on_a_transparent_ground(self, strokes, level):
        image = on_canvas(strokes)
        rgba = np.full((*image.shape, 4), level, np.uint8)
        rgba[..., 3] = image
        assert difference(from_image(rgba), from_image(image)) < 0.01

    @given(digit_like())
    @quick
    def test_strokes_and_their_picture_agree(self, strokes):
        image = on_canvas(strokes, brush=18)
        width = 18 * np.ptp(np.concatenate(strokes), axis=0).max() / 160
        assert difference(from_image(image), from_strokes(strokes, width)) < 0.04

    def test_a_thick_brush_does_not_blot_out_a_small_digit(self):
        angle = np.linspace(0, 2 * np.pi, 60)
        ring = np.stack([np.cos(angle), np.sin(angle)], 1) * 20  # 40 px large, 30 px brush
        image = from_strokes([ring], width=30)
        assert image[13:16, 13:16].max() < 0.2
        assert image.max() > 0.9

    def test_nor_does_it_in_a_picture(self):
        angle = np.linspace(0, 2 * np.pi, 60)
        ring = np.stack([np.cos(angle), np.sin(angle)], 1) * 26 + 60
        image = from_image(render([ring], (280, 280), 28))
        lines = (image > 0.5).sum() / (2 * np.pi * 8.6)  # ink over the length of the ring
        assert image[13:16, 13:16].max() < 0.2
        assert 3 < lines < 5.5

    def test_thin_lines_and_blots_are_left_alone(self):
        thin = on_canvas([np.array([[0, 0], [60, 0], [20, 100]], float)], brush=12) / np.float32(
            255
        )
        assert np.array_equal(drawing.thin(thin), thin)
        blot = drawing.render([np.array([[140.0, 140.0]])], (280, 280), 100) / np.float32(255)
        assert from_image(np.round(blot * 255).astype(np.uint8)).mean() > 0.3


class TestPhotographs:
    """Digits on paper that is unevenly lit, noisy, and squeezed into a JPEG."""

    @pytest.mark.parametrize("dark_ink", [True, False])
    @pytest.mark.parametrize("tilt", [(60, 0), (-40, 40), (30, -70)])
    def test_uneven_light(self, dark_ink, tilt):
        random = np.random.default_rng(1)
        seven = [np.array([[0, 0], [60, 0], [20, 100]], float)]
        share = on_canvas(seven, side=300, canvas=480, corner=(150, 80), brush=26) / 255
        y, x = np.mgrid[-1:1:480j, -1:1:480j]
        light = 150 + tilt[0] * x + tilt[1] * y
        picture = light * (1 - 0.6 * share) + random.normal(0, 4, share.shape)
        picture = picture if dark_ink else 255 - picture
        file = io.BytesIO()
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).filter(
            ImageFilter.GaussianBlur(1)
        ).save(file, "JPEG", quality=60)
        image = from_image(drawing.read_image(file.getvalue()))
        clean = from_image(np.round(share * 255).astype(np.uint8))
        assert difference(image, clean) < 0.04

    def test_blank_paper_has_no_ink(self):
        random = np.random.default_rng(2)
        y, x = np.mgrid[-1:1:300j, -1:1:400j]
        paper = 180 + 40 * x + 20 * y + random.normal(0, 3, x.shape)
        assert not from_image(np.clip(paper, 0, 255).astype(np.uint8)).any()

    def test_specks_and_the_edge_of_the_table_are_left_out(self):
        random = np.random.default_rng(3)
        one = [np.array([[0, 0], [0, 100]], float)]
        share = on_canvas(one, side=200, canvas=400, corner=(200, 100), brush=18) / 255
        paper = 200 - 130 * share + random.normal(0, 2, share.shape)
        clean = paper.copy()
        paper[:, :12] = 60  # the table
        paper[350:354, 300:304] = 60  # a crumb
        images = [from_image(np.clip(p, 0, 255).astype(np.uint8)) for p in (paper, clean)]
        assert difference(*images) < 0.02

    @pytest.mark.parametrize("inverted", [False, True])
    def test_small_scans_that_fill_their_frame(self, mnist, inverted):
        wrong = 0
        for digit in mnist.x_test[:300]:
            rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
            cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            small = np.asarray(Image.fromarray(cut).resize((16, 16), Image.Resampling.BOX))
            wanted = drawing.normalise(small.astype(np.float32) / 255)
            wrong += difference(from_image(255 - small if inverted else small), wanted) > 0.1
        assert wrong <= 6  # slanted ones, stretched until they cover more than half


class TestOddInput:
    @pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (28, 28), (200, 300, 3)])
    @pytest.mark.parametrize("level", [0, 128, 255])
    def test_one_colour_is_no_ink(self, shape, level):
        assert not from_image(np.full(shape, level, np.uint8)).any()

    @given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=70)))
    @quick
    def test_any_grey_image_gives_a_finite_form(self, pixels):
        image = from_image(pixels)
        assert image.shape == (SIDE, SIDE)
        assert np.isfinite(image).all()
        assert image.min() >= 0
        assert image.max() <= 1

    @given(
        hnp.arrays(
            np.uint8,
            st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3, 4])),
        )
    )
    @hypothesis.example(np.array([[[0, 92, 92, 92], [93, 92, 92, 92], [92, 92, 92, 92]]], np.uint8))
    @quick
    def test_any_colour_image_gives_a_finite_form(self, pixels):
        assert np.isfinite(from_image(pixels)).all()

    @pytest.mark.parametrize(
        "pixels",
        [
            np.zeros((28, 28), np.float32),
            np.zeros((28, 28), np.uint16),
            np.zeros((2, 28, 28, 3), np.uint8),
            np.zeros((28, 28, 2), np.uint8),
            np.zeros((0, 5), np.uint8),
            np.array(["a"]),
        ],
    )
    def test_what_is_no_image_is_refused_in_a_sentence(self, pixels):
        with pytest.raises(InputError, match=r"^[A-Z].*\.$"):
            from_image(pixels)

    @given(
        st.lists(
            hnp.arrays(
                np.float64,
                st.tuples(st.integers(0, 12), st.just(2)),
                elements=st.floats(allow_nan=True, allow_infinity=True),
            ),
            max_size=4,
        )
    )
    @quick
    def test_any_strokes_give_a_finite_form(self, strokes):
        image = from_strokes(strokes)
        assert image.shape == (SIDE, SIDE)
        assert np.isfinite(image).all()

    def test_nothing_drawn(self):
        assert not from_strokes([]).any()
        assert not from_strokes([np.zeros((0, 2))]).any()
        assert not from_strokes([np.full((5, 2), np.nan)]).any()

    def test_a_point_is_a_dot_in_the_middle(self):
        image = from_strokes([np.array([[500.0, -300.0]])])
        assert 1 < image.sum() < 10
        assert np.allclose(centre_of_mass(image), 14.5, atol=0.1)

    def test_points_that_are_not_finite_are_left_out(self):
        path = np.array([[0, 0], [np.nan, 5], [0, 50], [np.inf, 1], [0, 100.0]])
        line = np.array([[0, 0], [0, 50], [0, 100.0]])
        assert np.array_equal(from_strokes([path]), from_strokes([line]))

    def test_thousands_of_points_are_thinned_and_look_the_same(self):
        t = np.linspace(0, 6 * np.pi, 200_000)
        spiral = np.stack([t * np.cos(t), t * np.sin(t)], 1)
        assert difference(from_strokes([spiral]), from_strokes([spiral[::200]])) < 0.01

    def test_tens_of_thousands_of_strokes(self):
        random = np.random.default_rng(0)
        strokes = [random.uniform(0, 100, (2, 2)) for _ in range(30_000)]
        assert from_strokes(strokes).mean() > 0.3

    @pytest.mark.parametrize("stroke", [np.zeros((3, 3)), np.zeros(4), "abc", [[1, "x"]]])
    def test_what_is_no_stroke_is_refused_in_a_sentence(self, stroke):
        with pytest.raises(InputError, match=r"^A stroke must"):
            from_strokes([stroke])

    @pytest.mark.parametrize("width", [0, -3, float("nan"), float("inf")])
    def test_a_nonsense_width_is_refused(self, width):
        with pytest.raises(InputError, match="width"):
            from_strokes([np.zeros((2, 2))], width)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


class TestImageFiles:
    """Image files of every kind show the same seven."""

    seven = Image.fromarray(
        on_canvas([np.array([[0, 0], [60, 0], [20, 100]], float)], side=160, brush=20)
    )

    def read(self, data):
        return from_image(drawing.read_image(data))

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
    @pytest.mark.parametrize("mode", ["L", "RGB", "1"])
    def test_kinds(self, kind, mode):
        image = self.seven.convert(mode)
        if mode == "1" and kind in ("JPEG", "WEBP"):
            image = image.convert("L")
        wanted = from_image(np.asarray(self.seven))
        assert difference(self.read(encoded(image, kind)), wanted) < 0.02

    def test_palette_cmyk_and_transparency(self):
        wanted = from_image(np.asarray(self.seven))
        palette = self.seven.convert("RGB").quantize(8)
        cmyk = self.seven.convert("RGB").convert("CMYK")
        clear = self.seven.convert("LA")
        clear.putalpha(self.seven)
        for data in (encoded(palette), encoded(cmyk, "JPEG"), encoded(clear)):
            assert difference(self.read(data), wanted) < 0.02

    def test_sixteen_bits(self):
        deep = Image.fromarray(np.asarray(self.seven).astype(np.uint16) * 257)
        faint = Image.fromarray(np.asarray(self.seven).astype(np.uint16) * 40)
        wanted = from_image(np.asarray(self.seven))
        for image in (deep, faint):
            assert difference(self.read(encoded(image)), wanted) < 0.02

    @pytest.mark.parametrize("orientation", range(2, 9))
    def test_turned_by_exif(self, orientation):
        turns = {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270,
        }
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = self.seven.transpose(turns[orientation])
        data = encoded(stored, "JPEG", exif=exif, quality=95)
        assert difference(self.read(data), from_image(np.asarray(self.seven))) < 0.02

    def test_a_photograph_of_many_pixels_is_read_quickly_enough_to_use(self):
        large = self.seven.resize((6000, 6000))
        data = encoded(large, "JPEG")
        assert difference(self.read(data), from_image(np.asarray(self.seven))) < 0.02

    def test_a_decompression_bomb_is_refused_unread(self):
        bomb = encoded(Image.new("1", (40_000, 40_000)))
        assert len(bomb) < 1_000_000
        with pytest.raises(InputError, match="too large"):
            drawing.read_image(bomb)

    def test_a_format_that_would_start_another_program_stays_shut(self):
        loop = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n%%EOF\n"
        for data in (loop, encoded(self.seven, "PPM"), encoded(self.seven, "ICO")):
            with pytest.raises(InputError, match="no image that can be read"):
                drawing.read_image(data)

    @pytest.mark.parametrize("data", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
    def test_no_image(self, data):
        with pytest.raises(InputError, match=r"^The file is .*\.$"):
            drawing.read_image(data)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_cut_short(self, kind):
        data = encoded(self.seven, kind)
        with pytest.raises(InputError, match="no image that can be read"):
            drawing.read_image(data[: len(data) // 2])

    @given(st.integers(0, 2**32 - 1))
    @quick
    def test_damaged_bytes_never_raise_anything_else(self, seed):
        random = np.random.default_rng(seed)
        data = bytearray(encoded(self.seven, random.choice(["PNG", "JPEG", "WEBP", "GIF", "BMP"])))
        for at in random.integers(0, len(data), 8):
            data[at] = random.integers(256)
        with contextlib.suppress(InputError):
            from_image(drawing.read_image(bytes(data)))

    def test_one_pixel(self):
        assert not self.read(encoded(Image.new("L", (1, 1), 255))).any()
