"""Drawing without a mouse, and hearing what was read."""

import re

import pytest
from browser.hand import Hand
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit):
    page = visit().page
    Hand(page)
    return page


def canvas_of(page):
    return page.get_by_role("application", name=re.compile("Canvas to draw on"))


def test_a_seven_is_drawn_with_arrows_and_the_space_bar(page):
    canvas = canvas_of(page)
    expect(canvas).to_be_visible()
    page.keyboard.press("Tab")
    for _ in range(40):
        if canvas.evaluate("canvas => canvas.getRootNode().activeElement === canvas"):
            break
        page.keyboard.press("Tab")
    expect(canvas).to_be_focused()
    outline = "canvas => getComputedStyle(canvas).outlineWidth"
    assert canvas.evaluate(outline) == "3px"
    page.keyboard.press("Space")
    for key, times in (("ArrowRight", 10), ("ArrowDown", 15)):
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.press("Space")
    hand = Hand(page)
    assert hand.wait_for_guess("7") == "7"
    hand.wait_for_server()  # the server has the stroke, too
    expect(page.locator(".live-spoken")).to_contain_text("7")
    canvas.focus()
    page.keyboard.press("Backspace")
    assert hand.wait_for_guess("") == ""


def test_a_digits_key_puts_one_on_the_canvas(page):
    canvas = canvas_of(page)
    canvas.focus()
    page.keyboard.press("6")
    expect(page.locator(".st-key-label [data-label]")).to_have_attribute("data-label", "6")
    page.keyboard.press("Delete")
    expect(page.locator(".st-key-label [data-label]")).to_have_count(0)


def test_the_guess_is_spoken_once_and_not_with_every_frame(page):
    hand = Hand(page)
    page.evaluate(
        """() => {
            window.spoken = [];
            const place = document.querySelector('.live-spoken');
            new MutationObserver(() => spoken.push(place.textContent)).observe(
                place, {childList: true, characterData: true, subtree: true});
        }"""
    )
    hand.draw(3)
    assert hand.wait_for_guess("3") == "3"
    hand.wait_for_server()
    page.wait_for_function("() => spoken.length")
    assert len(page.evaluate("spoken.filter(words => words)")) == 1
    assert page.evaluate("spoken.at(-1)").startswith("3, ")
    # Nothing else says so too; what was learnt is told where one teaches.
    regions = page.locator(".st-key-desk [aria-live], .st-key-desk [role=status]")
    speaking = regions.filter(has_not_text="Tap what it was")
    expect(speaking).to_have_class(["live-spoken"])
