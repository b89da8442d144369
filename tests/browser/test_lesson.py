"""The lesson, gone through from beginning to end."""

import re

import pytest
from browser.hand import Hand
from playwright.sync_api import expect

from ui.lesson.steps import STEPS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("needs_mnist")]
SLOW = 180_000  # milliseconds that a busy machine may take to start a training
WIDTH = "document.querySelector('[data-testid=stMainBlockContainer]').clientWidth"


def begin(page, number):
    """Go to the lesson by the menu, and press a step's button."""
    page.get_by_role("link", name="Lesson").first.click()
    button = page.locator(f".st-key-ready-{number} button")
    expect(button).to_have_text(re.compile(re.escape(STEPS[number - 1].button)))
    button.click()


def drawn_on(page):
    hand = Hand(page)
    hand.wait_for_rest()
    return hand


def test_it_is_gone_through_from_beginning_to_end(visit):
    seen = visit("/lesson", viewport={"width": 1280, "height": 800})
    page = seen.page

    begin(page, 1)
    hand = drawn_on(page)
    hand.draw(3)
    assert hand.wait_for_guess("3") == "3"

    begin(page, 2)
    hand = drawn_on(page)
    assert hand.wait_for_guess("1") == "1"
    expect(page.locator(".st-key-model_input img").last).to_be_visible()

    begin(page, 3)
    watch, train = page.locator(".st-key-watch"), page.locator(".st-key-train button")
    expect(train).to_be_enabled(timeout=SLOW)
    width = page.evaluate(WIDTH)
    train.click()
    expect(watch.locator("h2")).to_have_text("lesson")
    expect(page.locator(".st-key-guesses figure")).to_have_count(9, timeout=SLOW)
    expect(watch).to_contain_text("Test accuracy", timeout=SLOW)
    page.get_by_role("button", name="Replay the training slowly").click()
    expect(page.get_by_text("shown slowly")).to_be_visible()
    assert page.evaluate(WIDTH) == width

    begin(page, 4)
    cell = page.get_by_role("button", name="4 read as 9")
    cell.first.click(timeout=SLOW)
    expect(page.locator(".st-key-samples button").first).to_be_visible()

    begin(page, 5)
    expect(page.locator(".st-key-conclusion")).to_be_visible()
    expect(page.locator(".st-key-study [role=combobox]")).to_have_value(re.compile("ropout"))

    begin(page, 6)
    hand = drawn_on(page)
    assert hand.wait_for_guess() != "1"

    begin(page, 7)
    hand = drawn_on(page)
    assert hand.wait_for_guess("") == ""
    hand.draw(7)
    hand.wait_for_server()
    page.locator(".st-key-correct button").nth(1).click()
    assert hand.wait_for_guess("1") == "1"
    assert seen.elsewhere == []
    assert seen.errors == []
