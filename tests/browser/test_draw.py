"""A person draws with the mouse or a finger and reads the screen."""

import io
import re

import numpy as np
import pytest
from browser.hand import DIGITS, PHONE, Hand, pick_network
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def misread(hand):
    wrong = {}
    for digit in DIGITS:
        hand.draw(digit)
        read = hand.wait_for_guess(str(digit))
        if read != str(digit):
            wrong[digit] = read
        hand.clear()
    return wrong


def test_the_ten_digits_drawn_with_the_mouse(visit):
    window = visit()
    wrong = misread(Hand(window.page))
    assert len(wrong) <= 1, wrong
    assert not window.elsewhere  # nothing is asked of any other host
    assert not window.errors


def test_the_ten_digits_drawn_with_a_finger_on_a_phone(visit):
    page = visit(**PHONE).page
    hand = Hand(page, touch=True)
    wrong = misread(hand)
    assert len(wrong) <= 1, wrong
    box = hand.box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["width"] >= 300
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    page.locator(".st-key-guess").scroll_into_view_if_needed()


def test_an_empty_canvas_invites_and_a_drawing_is_saved_as_a_picture(visit):
    page = visit().page
    hand = Hand(page)
    assert hand.guess() == ""
    expect(page.locator(".st-key-confidence").last).to_contain_text("Draw a digit")
    hand.draw(7)
    assert hand.wait_for_guess("7") == "7"
    expect(page.locator(".st-key-confidence").last).to_contain_text("sure")
    hand.wait_for_server()  # until then what is saved is what lay there before
    hand.wait_for_rest()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    image = Image.open(download.value.path())
    assert np.asarray(image).max() == 255
    assert np.asarray(image).mean() > 5
    hand.clear()
    expect(page.locator(".st-key-confidence").last).to_contain_text("Draw a digit")


def test_the_answer_changes_with_every_stroke_and_undo_takes_one_back(visit):
    page = visit().page
    hand = Hand(page)
    hand.stroke([(170, 60), (165, 280)])
    assert hand.wait_for_guess("1") == "1"
    hand.wait_for_server()
    hand.wait_for_rest()  # the picture comes after the guess
    before = page.locator(".st-key-model_input img").get_attribute("src")
    hand.stroke([(150, 60), (70, 190), (230, 190)])
    assert hand.wait_for_guess("4") == "4"
    page.locator(".st-key-undo button").click()
    assert hand.wait_for_guess("1") == "1"
    expect(page.locator(".st-key-model_input img")).to_have_attribute("src", before)
    page.locator(".st-key-undo button").click()
    assert hand.wait_for_guess("") == ""
    hand.draw(3)  # the canvas is still there to be drawn on
    assert hand.wait_for_guess("3") == "3"


def test_nothing_jumps_while_ten_bars_in_fixed_order_change(visit):
    page = visit().page
    hand = Hand(page)
    parts = ["canvas", "guess", "confidence", "bars", "model_input", "undo", "run"]

    def places():
        return {part: page.locator(f".st-key-{part}").first.bounding_box() for part in parts}

    expect(page.locator(".st-key-bars .digit")).to_have_count(10)
    before = places()
    hand.draw(8)
    assert hand.wait_for_guess("8") == "8"
    assert places() == before
    hand.clear()
    assert places() == before
    # The winner is marked by more than its colour.
    hand.draw(2)
    assert hand.wait_for_guess("2") == "2"
    ticks = page.locator(".st-key-bars .digit")
    expect(ticks).to_have_text(["0", "1", "▸ 2", *"3456789"])
    chart = page.locator(".st-key-bars [aria-label*='most probable are 2']")
    expect(chart.first).to_be_attached()


def test_a_thick_and_a_thin_brush(visit):
    hand = Hand(visit().page)
    for key in ("Home", "End"):
        hand.take_brush(key)
        hand.draw(3, height=240)
        assert hand.wait_for_guess("3") == "3"
        hand.clear()


def test_a_stray_dot_moves_nothing_and_a_thick_brush_fills_no_hole(visit):
    page = visit().page
    hand = Hand(page)
    hand.draw(3, height=110, corner=(30, 40))
    assert hand.wait_for_guess("3") == "3"
    hand.wait_for_server()
    before = page.locator(".st-key-model_input img").get_attribute("src")
    hand.stroke([(310, 300), (311, 300)])
    hand.wait_for_server()
    hand.wait_for_rest()
    assert page.locator(".st-key-model_input img").get_attribute("src") == before
    assert hand.guess() == "3"
    hand.clear()
    hand.take_brush("End")
    hand.draw(8, height=90)
    assert hand.wait_for_guess("8") == "8"


def test_a_test_digit_comes_with_its_label_and_can_be_drawn_over(visit):
    page = visit().page
    hand = Hand(page)
    page.locator(".st-key-test_digit button").click()
    expect(page.get_by_text("Its label says")).to_be_visible()
    # A guess, or that the network is not sure; the picture comes a moment later.
    expect(page.locator(".st-key-confidence").last).to_contain_text("ure", timeout=60_000)
    expect(page.locator(".st-key-model_input img")).to_have_attribute("alt", re.compile("Your"))
    hand.wait_for_rest()
    before = page.locator(".st-key-model_input img").get_attribute("src")
    hand.stroke([(20, 20), (320, 320)])
    expect(page.locator(".st-key-model_input img")).not_to_have_attribute("src", before)
    page.locator(".st-key-undo button").click()
    expect(page.locator(".st-key-model_input img")).to_have_attribute("src", before)


def photograph():
    """A seven in dark ink on unevenly lit paper, as a JPEG file."""
    from mnist_core.drawing import render

    share = render([np.array([[200, 100], [400, 100], [260, 400]], float)], (480, 640), 26) / 255
    y, x = np.mgrid[-1:1:480j, -1:1:640j]
    noise = np.random.default_rng(0).normal(0, 3, x.shape)
    paper = (170 + 50 * x - 20 * y) * (1 - 0.7 * share) + noise
    file = io.BytesIO()
    Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)).save(file, "JPEG")
    return file.getvalue()


def test_a_photograph_is_read_and_a_broken_file_is_explained(visit):
    page = visit().page
    hand = Hand(page)
    page.get_by_role("button", name="Picture").click()
    field = page.locator("input[type=file]")
    field.set_input_files({"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": photograph()})
    assert hand.wait_for_guess("7") == "7"
    field.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no image"})
    expect(page.get_by_text("The file is no image that can be read")).to_be_visible()
    assert hand.guess() == "7"


def test_the_run_that_is_picked_reads(visit):
    page = visit().page
    hand = Hand(page)
    hand.stroke([(100, 60), (180, 280), (240, 100), (120, 200)])  # no digit: networks differ
    expect(page.locator(".st-key-confidence").last).to_contain_text("ure", timeout=20_000)
    hand.wait_for_server()
    words = page.locator(".st-key-bars [aria-label]").first.get_attribute("aria-label")
    pick_network(page, "report-ann")
    expect(page.get_by_role("combobox", name="Network")).to_have_value(re.compile("report-ann"))
    chart = page.locator(".st-key-bars [aria-label]").first
    expect(chart).not_to_have_attribute("aria-label", words, timeout=20_000)


def test_small_in_a_corner_and_as_large_as_the_canvas(visit):
    hand = Hand(visit().page)
    for digit, corner in ((2, (4, 4)), (5, (266, 4)), (8, (4, 266)), (2, (266, 266))):
        hand.draw(digit, height=70, corner=np.array(corner) + (8, 0))
        assert (corner, hand.wait_for_guess(str(digit))) == (corner, str(digit))
        hand.clear()
    for digit in (4, 6):
        hand.draw(digit, height=330)
        assert hand.wait_for_guess(str(digit)) == str(digit)
        hand.clear()


def test_what_is_no_digit_is_not_guessed(visit):
    page = visit().page
    hand = Hand(page)
    random = np.random.default_rng(0)
    for _ in range(3):
        hand.stroke(random.uniform(30, 310, (9, 2)))
    expect(page.locator(".st-key-confidence").last).to_contain_text("Not sure", timeout=20_000)
    assert hand.guess() == ""


def test_a_number_of_several_digits(visit):
    page = visit().page
    hand = Hand(page)
    page.get_by_text("A number", exact=True).click()
    expect(page.locator(".st-key-confidence").last).to_contain_text("several digits")
    hand.wait_for_width(704)
    hand.wait_for_rest()
    for place, digit in enumerate((4, 0, 7, 2)):
        hand.draw(digit, height=130, corner=(40 + 150 * place, 50))
    assert hand.wait_for_guess("4072") == "4072"
    hand.wait_for_server()
    boxes = page.locator(".st-key-bars [role=img]").last
    expect(boxes).to_have_attribute("aria-label", re.compile("4 .*%, 0 .*%, 7 .*%, 2 .*%"))
    page.locator(".st-key-undo button").click()
    assert hand.wait_for_guess("407") == "407"
    page.get_by_text("One digit", exact=True).click()
    assert hand.wait_for_guess("") == ""


def test_a_number_is_read_while_the_pen_moves_with_a_box_around_each_digit(visit):
    page = visit().page
    hand = Hand(page)
    page.get_by_text("A number", exact=True).click()
    hand.wait_for_width(704)
    hand.wait_for_rest()
    expect(page.locator(".live-bars[data-live=true]")).to_be_attached(timeout=60_000)
    hand.draw(3, height=130, corner=(60, 50))
    assert hand.wait_for_guess("3") == "3"
    hand.wait_for_server()
    seen = []

    def look(_):
        chart = page.locator(".live-bars[data-by=browser]")
        expect(chart).to_have_attribute("data-labels", re.compile("3 .*%, 7 .*%"))
        seen.append(hand.guess())

    hand.draw(7, height=130, corner=(300, 50), before_lifting=look)
    assert seen == ["37"]
    painted = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        .data.some(level => level > 0)"""
    assert page.locator(".st-key-canvas .live-boxes").evaluate(painted)
    assert hand.wait_for_guess("37") == "37"
    hand.wait_for_server()
    hand.clear()
    assert not page.locator(".st-key-canvas .live-boxes").evaluate(painted)


def test_a_number_fits_a_phone(visit):
    page = visit(**PHONE).page
    hand = Hand(page, touch=True)
    page.get_by_text("A number", exact=True).click()
    expect(page.locator(".st-key-confidence").last).to_contain_text("several digits")
    hand.wait_for_width(340)
    hand.wait_for_rest()
    assert hand.box()["x"] + hand.box()["width"] <= 390
    for place, digit in enumerate((1, 3)):
        hand.draw(digit, height=130, corner=(60 + 130 * place, 35))
    assert hand.wait_for_guess("13") == "13"


def test_nothing_lies_over_the_canvas(visit):
    page = visit().page
    hand = Hand(page)
    hand.wait_for_rest()
    box = hand.box()
    top = """([x, y]) => {
        let found = document.elementFromPoint(x, y);
        while (found?.shadowRoot?.elementFromPoint(x, y)) {
            found = found.shadowRoot.elementFromPoint(x, y);
        }
        return found.tagName;
    }"""
    for x in (3, 170, 300, 337):
        for y in (3, 12, 170, 337):
            assert page.evaluate(top, [box["x"] + x, box["y"] + y]) == "CANVAS"
