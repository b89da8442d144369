"""What is seen from the back row: wide windows, and the projector's switch."""

import pytest
from browser.hand import Hand
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

INSIDE = """() => ['canvas', 'guess', 'confidence', 'bars', 'model_input'].filter(key => {
    const box = document.querySelector(`.st-key-${key}`).getBoundingClientRect();
    return box.top < 0 || box.bottom > innerHeight || box.right > innerWidth;
})"""


@pytest.mark.parametrize(
    ("width", "height", "side"), [(1920, 1080, 700), (1280, 800, 500), (1024, 768, 450)]
)
def test_a_projector_shows_canvas_guess_and_bars_as_large_as_fits(visit, width, height, side):
    window = visit(viewport={"width": width, "height": height})
    page = window.page
    hand = Hand(page)
    page.locator(".st-key-projector label").first.click()
    page.wait_for_function(
        f"""() => document.querySelector('.st-key-canvas').getBoundingClientRect().width >= {side}
            && getComputedStyle(document.querySelector('.stMainBlockContainer')).maxWidth"""
    )
    box = hand.box()
    assert box["width"] >= side
    assert box["width"] == box["height"]
    hand.draw(7, height=200)  # in pixels of the canvas, however large it is on the screen
    assert hand.wait_for_guess("7") == "7"
    hand.wait_for_server()
    assert page.evaluate(INSIDE) == []
    # The rows of the bars have room for their digits.
    rows = page.locator(".st-key-bars .row")
    heights = rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)")
    bars = page.locator(".st-key-bars .live-bars").bounding_box()
    assert sum(heights) <= bars["height"] + 1
    assert not window.errors


def test_the_projector_stays_on_from_page_to_page(visit):
    page = visit(viewport={"width": 1920, "height": 1080}).page
    Hand(page)
    size = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert page.evaluate(size) == 16
    page.locator(".st-key-projector label").first.click()
    page.wait_for_function(f"() => ({size})() > 20")
    page.get_by_role("link", name="Data").click()
    expect(page.get_by_role("heading", name="The data")).to_be_visible()
    page.wait_for_function(f"() => ({size})() > 20")
    page.locator(".st-key-projector label").first.click()
    page.wait_for_function(f"() => ({size})() === 16")
