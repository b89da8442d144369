"""On the drawing page nothing is lost: what was cleared comes back, what is wrong is erased."""

import re
import shutil

import numpy as np
import pytest
from browser.hand import DIGITS, Hand, pick_network
from playwright.sync_api import expect

from mnist_core import runs

pytestmark = pytest.mark.browser


def test_what_was_cleared_comes_back_and_goes_stroke_by_stroke(visit):
    page = visit().page
    hand = Hand(page)
    hand.draw(4)
    assert hand.wait_for_guess("4") == "4"
    hand.wait_for_server()
    hand.clear()
    undo = page.locator(".st-key-undo button")
    undo.click()
    assert hand.wait_for_guess("4") == "4"
    hand.wait_for_server()
    hand.wait_for_rest()
    undo.click()  # its last stroke
    expect(page.locator(".st-key-model_input img")).to_have_attribute("alt", re.compile("Your"))
    assert hand.wait_for_guess() != "4"
    undo.click()
    assert hand.wait_for_guess("") == ""


def test_an_eraser_takes_away_a_stroke_that_does_not_belong_there(visit):
    page = visit().page
    hand = Hand(page)
    hand.draw(1, corner=(120, 60))
    assert hand.wait_for_guess("1") == "1"
    hand.stroke([(250, 310), (325, 310)])  # too long to be left out as a speck
    hand.wait_for_server()
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_role("button", name="Draw", exact=True)).to_be_visible()
    hand.wait_for_rest()
    before = page.locator(".st-key-model_input img").get_attribute("src")
    hand.stroke([(235, 310), (338, 310)])
    expect(page.locator(".st-key-model_input img")).not_to_have_attribute("src", before)
    assert hand.wait_for_guess("1") == "1"
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_role("button", name="Erase")).to_be_visible()


def test_a_test_digits_label_stands_beside_the_guess(visit):
    page = visit().page
    hand = Hand(page)
    page.locator(".st-key-test_digit button").click()
    label = page.locator(".st-key-label [data-label]")
    expect(label).to_be_visible()
    expect(page.locator(".st-key-confidence").last).to_contain_text("ure", timeout=60_000)
    hand.wait_for_server()
    guess = hand.guess()
    mark = {"": "", label.get_attribute("data-label"): "✓"}.get(guess, "✗")
    expect(label.locator(".mark")).to_have_text(mark)
    sizes = [
        page.locator(place).evaluate("place => getComputedStyle(place).fontSize")
        for place in (".st-key-guess p", ".st-key-label [data-label]")
    ]
    assert sizes[0] == sizes[1]
    tops = [page.locator(f".st-key-{key}").bounding_box()["y"] for key in ("guess", "label")]
    assert tops[0] == pytest.approx(tops[1], abs=2)
    hand.clear()
    expect(label).to_have_count(0)


def test_two_digits_on_the_canvas_for_one_are_taken_as_a_number(visit):
    page = visit().page
    hand = Hand(page)
    suggestion = page.get_by_role("button", name="Two digits?")
    hand.draw(4)
    assert hand.wait_for_guess("4") == "4"
    hand.wait_for_server()
    expect(suggestion).to_be_hidden()
    hand.clear()
    hand.draw(3, height=150, corner=(40, 90))
    hand.draw(2, height=150, corner=(200, 90))
    suggestion.click()
    assert hand.wait_for_guess("32") == "32"
    expect(page.locator(".st-key-canvas .live-boxes")).to_be_visible()


def test_a_picture_of_a_number_is_read(visit):
    from mnist_core.drawing import render
    from ui import canvas

    strokes = [
        stroke * 150 + (60 + 160 * place, 60)
        for place, digit in enumerate((2, 7))
        for stroke in DIGITS[digit]
    ]
    seen = 255 - np.asarray(render(strokes, (300, 420), 18))
    page = visit().page
    hand = Hand(page)
    page.get_by_text("A number", exact=True).click()
    expect(page.locator(".st-key-confidence").last).to_contain_text("several digits")
    page.get_by_role("button", name="Picture").click()
    file = {"name": "n.png", "mimeType": "image/png", "buffer": canvas.encode(seen)}
    page.locator("input[type=file]").set_input_files(file)
    assert hand.wait_for_guess("27") == "27"


def test_another_network_reads_once_the_one_that_was_picked_is_deleted(visit, server):
    shutil.copytree(runs.SHIPPED_DIR / "report-ann", server.models / "short-lived")
    page = visit().page
    Hand(page)
    pick_network(page, "short-lived")
    chosen = page.get_by_role("combobox", name="Network")
    expect(chosen).to_have_value(re.compile("short-lived"))
    shutil.rmtree(server.models / "short-lived")
    page.locator(".st-key-clear button").click()
    expect(page.get_by_text("short-lived is no longer there")).to_be_visible()
    expect(chosen).to_have_value(re.compile(runs.DEFAULT_RUN))


def test_why_says_where_it_looked_what_others_say_and_what_is_like_it(visit):
    window = visit()
    page = window.page
    hand = Hand(page)
    why = page.get_by_role("button", name="Why?")
    expect(why).to_be_hidden()  # there is nothing to ask about
    hand.draw(3)
    assert hand.wait_for_guess("3") == "3"
    why.click()
    expect(page.get_by_role("heading", name="Why a 3?")).to_be_visible()
    hand.draw(1, height=60, corner=(20, 20))  # drawing goes on meanwhile
    hand.wait_for_server()
    expect(page.locator(".st-key-why_networks")).to_contain_text("report-ann", timeout=120_000)
    nearest = page.locator(".st-key-why_nearest img")
    expect(nearest).to_have_count(12)
    labels = nearest.evaluate_all("images => images.map(image => image.alt)")
    assert labels.count("A training 3") >= 9, labels
    expect(page.locator(".st-key-why_maps img")).to_have_count(3, timeout=180_000)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Why a 3?")).to_have_count(0)
    assert not window.errors
